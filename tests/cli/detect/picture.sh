plumb detect -q "$EXAMPLES/shapes_detector.onnx" "$EXAMPLES/val/val_002.jpg" --labels "$EXAMPLES/labels.txt" -o boxes.jpg > table.txt
echo "exit $?"
head -c 3 boxes.jpg | od -An -tx1
