from plumb.rknn.toolkit import Toolkit


class RKNN(Toolkit):
    """RKNN-Toolkit2's class over Plumb: see docs/how_to/coming-from-rknn.md."""
