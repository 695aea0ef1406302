# A float network that overflows: the first layer that does.
"$PYTHON" - <<'END'
import struct
header = "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 3, 320, 320), }"
header += " " * (63 - (10 + len(header)) % 64) + "\n"
with open("huge.npy", "wb") as file:
    file.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + struct.pack("<f", 3e38) * (3 * 320 * 320))
END
plumb reduce "$EXAMPLES/shapes_detector.onnx" --data huge.npy --check nan -o small
