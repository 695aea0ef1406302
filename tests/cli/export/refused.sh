# What cannot be written, and where it cannot be written: one sentence, its exit code, nothing left.
"$PYTHON" "$CLI/make_input.py" good good.onnx
plumb export -q good.onnx -o no/out.onnx 2>&1
echo "no folder: exit $?"
plumb export -q good.onnx --format tflite -o out.tflite 2>&1
echo "no such format: exit $?"
plumb export -q good.onnx 2>&1
echo "no file named: exit $?"
"$PYTHON" "$CLI/make_input.py" random_bytes bad.plumb
plumb export -q bad.plumb -o out.onnx 2>&1
echo "no model: exit $?"
"$PYTHON" "$CLI/make_input.py" triangle triangle.onnx
plumb export -q triangle.onnx -o out.onnx 2>&1
echo "no form in ONNX that is known: exit $?"
ls
