# Types by layer, by hand and found; errors name what is wrong; the lock does without the file and the search.
convert() { plumb convert -q "$EXAMPLES/shapes_detector.onnx" --calib "$EXAMPLES/calib" --calib-limit 4 --check-limit 1 --no-judge "$@" 2>&1; }
cat > hybrid.yaml <<'YAML'
layers:
  /model.1/act/Mul_output_0: int16
  /model.23.cv3/act/Mul_output_0: float
ranges:
  /model.2/Concat_output_0: [-0.3, 5]
YAML
plumb convert -q "$EXAMPLES/shapes_detector.onnx" --calib "$EXAMPLES/calib" --calib-limit 4 --check-limit 1 --no-judge --force --hybrid hybrid.yaml --auto-hybrid layer-cosine=0.999 -o a.plumb --json > a.json 2> /dev/null
"$PYTHON" - <<'PY'
import json
found = json.load(open("a.json"))
hybrid = found["auto_hybrid"]
first, last = hybrid["curve"][0], hybrid["curve"][-1]
form = {layer["name"]: layer["form"] for layer in found["layers"]}
assert form["/model.1/act/Mul_output_0"].startswith("int16"), form
assert any(layer["name"] == "/model.23.cv3/act/Mul_output_0" for layer in found["kept_float"])
assert 0 < first["macs_16"] <= last["macs_16"] <= first["macs"] == last["macs"], hybrid
print("named and found layers compute as they should:", len(hybrid["curve"]), "points")
PY
plumb convert -q "$EXAMPLES/shapes_detector.onnx" --locked a.lock -o again.plumb > /dev/null 2>&1
cmp a.plumb again.plumb && echo "same bytes from the lock"
refuse() { printf "$1" > wrong.yaml; convert --hybrid wrong.yaml -o x.plumb | grep 'error:'; }
refuse 'layers:\n  no_such: int16\n'
refuse 'layers:\n  a: int4\n'
refuse 'types:\n  a: int16\n'
refuse 'ranges:\n  a: [3, 1]\n'
refuse 'ranges:\n  no_such: [0, 1]\n'
convert --hybrid missing.yaml -o x.plumb
convert --auto-hybrid better -o x.plumb
