"""What the packages rknn and rknnlite are made of: RKNN's calls in terms of plumb.

Nothing is computed here. A call becomes one of plumb.convert, plumb.Session and so on; this package translates arguments,
arrays and return values, and says in the log what Plumb found.
"""
