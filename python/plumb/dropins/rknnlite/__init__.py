"""Plumb under the names of RKNN-Toolkit-Lite2."""
from plumb.rknn.picture_sources import watch as _watch

_watch()
