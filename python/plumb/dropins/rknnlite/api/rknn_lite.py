from plumb.rknn.lite import Lite


class RKNNLite(Lite):
    """RKNN-Toolkit-Lite2's class over Plumb: see docs/how_to/coming-from-rknn.md."""
