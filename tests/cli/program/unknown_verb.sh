plumb frobnicate
