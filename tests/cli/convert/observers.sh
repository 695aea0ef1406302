# --observer auto chooses for each tensor; the lock keeps the choice, and needs it.
convert() { plumb convert -q "$EXAMPLES/shapes_detector.onnx" --calib "$EXAMPLES/calib" --calib-limit 4 --check-limit 1 --no-judge "$@"; }
convert --observer auto -o one.plumb --json > one.json
plumb convert -q "$EXAMPLES/shapes_detector.onnx" --locked one.lock -o again.plumb > /dev/null
cmp one.plumb again.plumb && echo "same bytes from the lock"
"$PYTHON" - <<'PY'
import json, re
chosen = json.load(open("one.json"))["observers"]
noted = re.findall(r"^    observer: (\S+)$", open("one.lock").read(), re.M)
assert sum(chosen.values()) == len(noted) > 3, (chosen, noted)
assert {name: noted.count(name) for name in set(noted)} == chosen, (chosen, noted)
print("the lock says what was chosen:", set(chosen) <= {"min-max", "percentile", "mse", "kl"})
PY
convert --ranges one.lock --observer kl --no-lock -o kl.plumb 2>&1 | grep -o 'observer kl needs the histogram'
sed -i 's/^    observer: .*/    observer: best/' one.lock
convert --ranges one.lock --observer auto -o bad.plumb 2>&1 | sed 's/line [0-9]*/line N/'
