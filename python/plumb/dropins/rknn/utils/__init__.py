from plumb.rknn.onnx_edit import onnx_edit

__all__ = ["onnx_edit"]
