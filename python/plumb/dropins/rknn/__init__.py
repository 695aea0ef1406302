"""Plumb under the names of RKNN-Toolkit2."""
from plumb.rknn.picture_sources import watch as _watch

_watch()
