# One model converted twice: what changed, and which change moves the result most.
convert() { plumb convert -q "$EXAMPLES/shapes_detector.onnx" --calib "$EXAMPLES/calib" --calib-limit 6 --check-limit 1 --no-judge --no-lock --force "$@" > /dev/null; }
convert -o a.plumb
cp a.plumb same.plumb
plumb diff -q a.plumb same.plumb
echo "exit $?"
convert -o bgr.plumb --color bgr
plumb diff -q a.plumb bgr.plumb --data "$EXAMPLES/val" --limit 2 --layers 2 | head -2
layer=$(plumb inspect a.plumb --layers --json | "$PYTHON" -c 'import json, sys; print([r["name"] for r in json.load(sys.stdin)["layers"] if r["op"].startswith("conv")][2])')
convert -o spoiled.plumb --scale-fault "$layer=3"
plumb diff -q a.plumb spoiled.plumb --data "$EXAMPLES/val" --limit 2 | head -2 | sed "s|$layer|LAYER|g"
plumb diff -q a.plumb spoiled.plumb --strict > /dev/null
echo "exit $?"
plumb diff -q a.plumb spoiled.plumb --json | "$PYTHON" -c '
import json, sys
d = json.load(sys.stdin)
print(len(d["layers"]), d["same_file"], d["same_result"], d["alone"][0]["effect"]["sqnr"] < 100, d["samples"])'
