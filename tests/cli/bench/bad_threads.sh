"$PYTHON" "$CLI/make_input.py" good good.onnx
plumb bench good.onnx --threads 0 2>&1
echo "exit $?"
plumb bench good.onnx --threads two 2>&1
echo "exit $?"
