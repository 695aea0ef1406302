plumb detect -q "$EXAMPLES/shapes_detector.onnx" "$EXAMPLES/val/val_002.jpg" -o no/such/folder/boxes.jpg > /dev/null 2> err.txt
echo "exit $?"
cat err.txt
ls
