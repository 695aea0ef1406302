mkdir none
plumb detect -q "$EXAMPLES/shapes_detector.onnx" none
