# A detector does not name what a picture shows: said in one line.
plumb classify -q "$EXAMPLES/shapes_detector.onnx" "$EXAMPLES/val/val_002.jpg"
