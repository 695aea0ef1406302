"$PYTHON" "$CLI/make_input.py" good good.onnx
plumb bench 2>&1
echo "exit $?"
plumb bench good.onnx --compare 2>&1
echo "exit $?"
plumb bench good.onnx --input absent.npy 2>&1
echo "exit $?"
"$PYTHON" -c '
import struct
header = "{\x27descr\x27: \x27<f4\x27, \x27fortran_order\x27: False, \x27shape\x27: (1, 2), }\n"
open("small.npy", "wb").write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + bytes(8))'
plumb bench good.onnx --input small.npy 2>&1
echo "exit $?"
