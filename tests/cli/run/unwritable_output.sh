"$PYTHON" "$CLI/make_input.py" good good.onnx
"$PYTHON" "$CLI/make_input.py" npy x.npy
echo "in the way" > taken
plumb run good.onnx --input x=x.npy --save taken 2>&1
echo "exit $?"
plumb run good.onnx --input x=x.npy --save taken/below 2>&1
echo "exit $?"
cat taken
