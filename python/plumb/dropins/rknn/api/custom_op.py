"""Attributes of nodes, for classes given to RKNN.reg_custom_op."""
from plumb.rknn.custom_ops import get_node_attr

__all__ = ["get_node_attr"]
