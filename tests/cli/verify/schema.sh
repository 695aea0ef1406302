# What --json prints is what docs/schema says, for good and bad ends alike; the check itself can fail.
model="$EXAMPLES/shapes_detector.onnx"
valid() {
  "$PYTHON" "$CLI/check_schema.py" "$CLI/../../docs/schema/$1.json" "$2"
}
plumb convert -q "$model" --calib "$EXAMPLES/calib" --calib-limit 4 --check-limit 2 --no-judge -o a.plumb --json > c.json
valid convert c.json
plumb convert -q "$model" --calib "$EXAMPLES/calib" --calib-limit 4 --check-limit 2 --no-judge -o b.plumb --json \
  --one-scale-for-outputs > f.json 2> /dev/null
valid convert f.json
plumb verify -q a.plumb --json > alone.json
valid verify alone.json
plumb verify -q a.plumb --against "$model" --data "$EXAMPLES/val" --limit 4 --judge none --json > v.json
valid verify v.json
head -c 1000 a.plumb > short.plumb
plumb verify -q short.plumb --json > short.json 2> /dev/null
valid verify short.json
sed 's/"verdict": "pass"/"verdict": "perhaps"/; s/"seconds": [0-9.e-]*/"seconds": -1/; s/"gate"/"gates"/' c.json > spoiled.json
valid convert spoiled.json | sed 's/\[[0-9]*\]//' | sort -u | grep -c .
