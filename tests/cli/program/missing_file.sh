# A file that is not there is a wrong argument: one line, exit code 2, from every verb that reads a model.
plumb convert no.onnx --calib "$EXAMPLES/calib" -o a.plumb 2>&1
echo "exit $?"
plumb detect no.onnx "$EXAMPLES/val/val_002.jpg" 2>&1
echo "exit $?"
plumb classify no.plumb "$EXAMPLES/val/val_002.jpg" 2>&1
echo "exit $?"
plumb run no.onnx 2>&1
echo "exit $?"
plumb eval no.onnx --task coco --data "$EXAMPLES/instances_val.json" --images "$EXAMPLES/val" 2>&1
echo "exit $?"
plumb inspect no.plumb 2>&1
echo "exit $?"
plumb bench no.onnx 2>&1
echo "exit $?"
ls
