# Tensors in, tensors out, under the output's name.
"$PYTHON" "$CLI/make_input.py" good good.onnx
"$PYTHON" "$CLI/make_input.py" npy x.npy
plumb run good.onnx --input x=x.npy --save out > /dev/null
echo "exit $?"
"$PYTHON" -c 'import struct; print(struct.unpack("<4f", open("out/y.npy", "rb").read()[-16:]))'
ls out
