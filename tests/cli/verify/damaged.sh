# A damaged artifact is V0's and nobody else's; another model is refused by name.
model="$EXAMPLES/shapes_detector.onnx"
plumb convert -q "$model" --calib "$EXAMPLES/calib" --calib-limit 4 --check-limit 1 --no-judge -o a.plumb > /dev/null || exit
"$PYTHON" - <<'END'
data = bytearray(open("a.plumb", "rb").read())
data[len(data) // 2] ^= 1
open("flipped.plumb", "wb").write(data)
open("short.plumb", "wb").write(data[:1000])
END
for file in flipped short; do
  plumb verify -q $file.plumb --against "$model" --data "$EXAMPLES/val" --json 2> /dev/null > r.json
  echo "$file: exit $?"
  "$PYTHON" -c 'import json
r = json.load(open("r.json"))
print(r["verdict"], [x["code"] for x in r["rungs"] if x["status"] == "failure"], [x["code"] for x in r["findings"] if x["level"] != "pass"])'
done
plumb verify -q "$model" 2>&1 | grep -o 'is no artifact'
plumb verify -q a.plumb --against a.plumb 2>&1 | grep -o 'expected the float model'
