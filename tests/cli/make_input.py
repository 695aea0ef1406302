#!/usr/bin/env python3
"""Writes small input files for the cases of this folder, good and bad ones. Standard library only.

    make_input.py KIND FILE [NUMBER...]

KIND is a function of this file: good, cycle, missing_initializer, ...; NUMBERs are its arguments.
"""
import pathlib
import random
import struct
import sys


# Protobuf by hand: a message is the concatenation of its fields.
def varint(value):
    value &= (1 << 64) - 1  # negative numbers take ten bytes
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes(out + bytes([value]))


def integer(field, value):
    return varint(field << 3) + varint(value)


def nested(field, payload):
    payload = payload.encode() if isinstance(payload, str) else payload
    return varint(field << 3 | 2) + varint(len(payload)) + payload


# ONNX, as little of it as the models below need. Field numbers are those of onnx.proto.
def value(field, name, shape):
    dims = b"".join(nested(1, nested(2, size) if isinstance(size, str) else integer(1, size)) for size in shape)
    return nested(field, nested(1, name) + nested(2, nested(1, integer(1, 1) + nested(2, dims))))


def node(kind, inputs, outputs):
    return nested(1, b"".join(nested(1, name) for name in inputs) + b"".join(nested(2, name) for name in outputs) +
                  nested(3, "node_" + outputs[0]) + nested(4, kind))


def constant(name, values, shape=None):
    return nested(5, b"".join(integer(1, size) for size in shape or [len(values)]) + integer(2, 1) + nested(8, name) +
                  nested(9, struct.pack(f"<{len(values)}f", *values)))


def model(nodes, shape=(1, 4), constants=b"", opset=13):
    graph = nodes + nested(2, "g") + constants + value(11, "x", shape) + value(12, "y", shape)
    return integer(1, 8) + nested(7, graph) + nested(8, integer(2, opset))


def good():
    return model(node("Add", ["x", "c"], ["s"]) + node("Relu", ["s"], ["y"]), constants=constant("c", [1, 2, 3, 4]))


def any_size():
    """A convolution of pictures of any size, without pads: 1x3xHxW to 1x4x(H-2)x(W-2)."""
    numbers = random.Random(1)
    weights = [numbers.uniform(-1, 1) for _ in range(4 * 3 * 9)]
    graph = (node("Conv", ["x", "w"], ["c"]) + node("Relu", ["c"], ["y"]) + nested(2, "g") + constant("w", weights, (4, 3, 3, 3)) +
             value(11, "x", (1, 3, "h", "w")) + value(12, "y", (1, 4, "h2", "w2")))
    return integer(1, 8) + nested(7, graph) + nested(8, integer(2, 13))


def two_inputs():
    scale = value(11, "scale", (1, 4))
    return model(node("Mul", ["x", "scale"], ["s"]) + node("Relu", ["s"], ["y"]), constants=scale)


def cycle():
    return model(node("Add", ["x", "b"], ["a"]) + node("Relu", ["a"], ["b"]) + node("Relu", ["a"], ["y"]))


def missing_initializer():
    return model(node("Add", ["x", "weight"], ["y"]))


def negative_dimension():
    return model(node("Relu", ["x"], ["y"]), shape=(1, -4))


def unknown_opset():
    return model(node("Relu", ["x"], ["y"]), opset=999)


def triangle():
    return model(node("Trilu", ["x"], ["y"]), opset=14)


def rknn_container():
    """A container of RKNN-Toolkit 1, not compiled: a header and its description."""
    text = (b'{"version": "1.7.5", "target_platform": ["RV1126"], "ori_network_platform": "ONNX", "name": "net", '
            b'"nodes": [{"op": "VSI_NN_OP_CONV2D", "name": "c"}, {"op": "VSI_NN_OP_RELU", "name": "r"}], '
            b'"graph": [{"left": "input", "right_tensor_id": 0}, {"left": "output", "right_tensor_id": 1}], '
            b'"norm_tensor": [{"tensor_id": 0, "url": "images", "size": [1, 3, 8, 8], "dtype": {"vx_type": "u8", '
            b'"qnt_type": "asymmetric", "scale": [0.5], "zero_point": [3]}}, {"tensor_id": 1, "url": "boxes", "size": [1, 6]}]}')
    return b"RKNN" + struct.pack("<IQQQ", 0, 2, 0, len(text)) + text


def unknown_operators():
    return model(node("Frobnicate", ["x"], ["a"]) + node("Relu", ["a"], ["b"]) + node("Unheard", ["b"], ["y"]))


def empty():
    return b""


def truncated():
    return good()[:-30]


def random_bytes():
    return random.Random(1).randbytes(4096)


def huge_length():
    """A graph that claims to be 2^62 bytes long."""
    return integer(1, 8) + varint(7 << 3 | 2) + varint(1 << 62) + b"abc"


def huge_tensor():
    """A constant that claims 2^60 elements and brings four."""
    tensor = integer(1, 1 << 60) + integer(2, 1) + nested(8, "c") + nested(9, struct.pack("<4f", 1, 2, 3, 4))
    return model(node("Add", ["x", "c"], ["y"]), constants=nested(5, tensor))


def text():
    return b"This is a letter, not what its name says.\n"


# Artifacts: pieces of a sound one of tests/golden.
SOUND = pathlib.Path(__file__).resolve().parent.parent / "golden/accept/tiny.plumb"


def artifact():
    return SOUND.read_bytes()


def artifact_truncated():
    return artifact()[:-100]


def artifact_flipped_bit():
    data = bytearray(artifact())
    data[len(data) // 2] ^= 1
    return bytes(data)


def artifact_huge_length():
    """The 64-bit numbers of the header and the table of sections all say 2^63 - 1."""
    data = artifact()
    return data[:16] + struct.pack("<q", 2**63 - 1) * 16 + data[144:]


# Tensors and pictures.
def npy():
    header = b"{'descr': '<f4', 'fortran_order': False, 'shape': (1, 4), }"
    header += b" " * (118 - len(header) - 1) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + struct.pack("<4f", -3, -2, -1, 0)


def array(*shape):
    """Numbers from -1 to 1."""
    count = 1
    for size in shape:
        count *= size
    header = f"{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}".encode()
    header += b" " * (118 - len(header) - 1) + b"\n"
    numbers = random.Random(1)
    values = [numbers.uniform(-1, 1) for _ in range(count)]
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + struct.pack(f"<{count}f", *values)


def npy_other_shape():
    return npy().replace(b"(1, 4)", b"(1, 3)")[:-4]


def npy_truncated():
    return npy()[:-3]


def picture_truncated():
    examples = pathlib.Path(__file__).resolve().parent.parent.parent / "examples/shapes_detector"
    return (examples / "val/val_002.jpg").read_bytes()[:300]


def black_picture():
    """A BMP of 64 by 48 pixels, 24 bits."""
    pixels = bytes(64 * 48 * 3)
    return b"BM" + struct.pack("<IHHI", 54 + len(pixels), 0, 0, 54) + struct.pack("<IiiHHIIiiII", 40, 64, 48, 1, 24, 0,
                                                                                  len(pixels), 2835, 2835, 0, 0) + pixels


if __name__ == "__main__":
    pathlib.Path(sys.argv[2]).write_bytes(globals()[sys.argv[1]](*map(int, sys.argv[3:])))
