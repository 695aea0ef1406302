"""Plumb: converts neural networks to small quantized artifacts, proves that they are still the model, and runs them.

    result = plumb.convert("yolo.onnx", "yolo.plumb", calib="pictures/")
    with plumb.Session("yolo.plumb") as session:
        outputs = session.run(array)
    boxes = plumb.Detector("yolo.plumb").detect("street.jpg")

docs/how_to/python.md is the guide.
"""
from ._native import release as __version__
from .detector import Box, Class, Detector, Rule
from .errors import (Error, InternalError, ModelError, PlatformError, ResourceError, UsageError, VerificationError,
                     VersionError)
from .results import (Cause, ConvertResult, Diagnosis, Distance, Finding, Inspection, Layer, LayerErrors, OutputError, Rung,
                      VerifyResult)
from .session import PictureInput, Quantization, Session, TensorInfo, Variant
from .verbs import convert, diagnose, inspect, layer_errors, verify

__all__ = [
    "Box", "Cause", "Class", "ConvertResult", "Detector", "Diagnosis", "Distance", "Error", "Finding", "Inspection",
    "InternalError", "Layer", "LayerErrors", "ModelError", "OutputError", "PictureInput", "PlatformError", "Quantization",
    "ResourceError", "Rule", "Rung", "Session", "TensorInfo", "UsageError", "Variant", "VerificationError", "VerifyResult",
    "VersionError", "__version__", "convert", "diagnose", "inspect", "layer_errors", "verify",
]
