# Weights beside the model; what Plumb reads back computes the same.
"$PYTHON" "$CLI/make_input.py" good good.onnx
"$PYTHON" "$CLI/make_input.py" npy x.npy
plumb export good.onnx --external-data -o out.onnx 2> err.txt
echo "exit $?"
grep -c "no integers" err.txt
plumb run -q good.onnx --input x=x.npy --save a > /dev/null
plumb run -q out.onnx --input x=x.npy --save b > /dev/null
cmp a/y.npy b/y.npy && echo "the same outputs"
