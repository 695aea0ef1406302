# Tensors that another runtime dumped, intermediate ones among them: the layer that it computes in another way is named.
model="$EXAMPLES/shapes_detector.onnx"
picture="$EXAMPLES/val/val_002.jpg"
plumb run -q "$model" --input "$picture" --as-picture --save right --keep-tensors > /dev/null
plumb inspect "$model" --json > layers.json
"$PYTHON" - <<'END'
import json, pathlib, struct, zipfile
layers = [(one["name"], one["op"]) for one in json.load(open("layers.json"))["layers"]]
names = [name for name, _ in layers[:[op for _, op in layers].index("split")]]  # up to there each makes one tensor
files = sorted(pathlib.Path("right").glob("tensor_*.npy"), key=lambda file: int(file.stem.split("_")[1]))
def doubled(data):
    at = 10 + struct.unpack_from("<H", data, 8)[0]
    values = struct.unpack_from(f"<{(len(data) - at) // 4}f", data, at)
    return data[:at] + struct.pack(f"<{len(values)}f", *(2 * v for v in values))
with zipfile.ZipFile("dump.npz", "w") as archive:
    for name, file in zip(names, files):
        data = file.read_bytes()
        archive.writestr(name + ".npy", doubled(data) if name == "/model.6.cv1/act/Mul_output_0" else data)
    archive.writestr("output.npy", doubled(pathlib.Path("right/output.npy").read_bytes()))
END
plumb diagnose -q --outputs dump.npz --against "$model" --data "$picture" --symptom nan > answer.txt
echo "exit $?"
head -1 answer.txt
grep -m 1 -o '^H[0-9]*' answer.txt
