# What --json prints is what docs/schema says, of every verb, for good and bad ends alike; the check itself can fail.
model="$EXAMPLES/shapes_detector.onnx"
picture="$EXAMPLES/val/val_002.jpg"
schemas="$CLI/../../docs/schema"
valid() {
  echo "$1: $("$PYTHON" "$CLI/check_schema.py" "$schemas/$1.json" "${2:-$1.json}")"
}
convert() {
  plumb convert -q "$model" --calib "$EXAMPLES/calib" --calib-limit 4 --check-limit 1 --no-judge --json "$@" 2> /dev/null
}
convert -o a.plumb > convert.json
valid convert
convert -o b.plumb --one-scale-for-outputs --force > bad.json
valid convert bad.json
plumb verify -q a.plumb --json > alone.json
valid verify alone.json
plumb verify -q a.plumb --against "$model" --data "$EXAMPLES/val" --limit 1 --judge none --json > verify.json
valid verify
head -c 1000 a.plumb > short.plumb
plumb verify -q short.plumb --json > short.json 2> /dev/null
valid verify short.json
plumb verify -q a.plumb --against "$model" --rebuild --json > verify_rebuild.json
valid verify_rebuild
plumb verify -q a.plumb --against "$model" --data "$EXAMPLES/val" --dump-layers layers --json > verify_layers.json
valid verify_layers
for artifact in a b; do
  plumb diagnose -q $artifact.plumb --against "$model" --data "$EXAMPLES/val" --limit 1 --json > diagnose.json
  valid diagnose
done
plumb diff -q a.plumb b.plumb --data "$EXAMPLES/val" --limit 1 --layers 1 --json > diff.json
valid diff
plumb selftest a.plumb --json > selftest.json
valid selftest
plumb detect -q a.plumb "$picture" --check --json > detect.json
valid detect
plumb detect -q a.plumb --frames - --json < "$picture" > detect_frame.json
valid detect_frame
plumb inspect a.plumb --json > inspect.json
valid inspect
plumb inspect "$model" --json > float.json
valid inspect float.json
plumb reduce b.plumb --against "$model" --data "$picture" --check 'sqnr<60' -o small --json > reduce.json
valid reduce
plumb export a.plumb -o out.onnx --json -q > export.json
valid export
"$PYTHON" -c 'import json, sys
labels = json.load(sys.stdin)
labels["images"] = labels["images"][:2]
labels["annotations"] = [a for a in labels["annotations"] if a["image_id"] in {i["id"] for i in labels["images"]}]
json.dump(labels, open("two.json", "w"))' < "$EXAMPLES/instances_val.json"
plumb eval -q a.plumb --task coco --data two.json --images "$EXAMPLES/val" --json > eval.json
valid eval
plumb run -q a.plumb --input "$picture" --as-picture --hashes --json > run.json
valid run
plumb bench a.plumb --seconds 0.01 --records --json -q > bench.json
valid bench
plumb doctor --json > doctor.json
valid doctor
plumb explain S5 --json > explain.json
valid explain
plumb explain --all --json > explain_all.json
valid explain_all
for what in operators passes records; do
  plumb list $what --json > list.json
  valid list
done
echo "verbs without a schema:" $(plumb --help | sed -n '/^Subcommands/,$s/^  \([a-z]*\) .*/\1/p' | while read -r verb; do
  test -e "$schemas/$verb.json" || echo "$verb"
done)
sed 's/"verdict": "pass"/"verdict": "perhaps"/; s/"seconds": [0-9.e-]*/"seconds": -1/; s/"gate"/"gates"/' convert.json > spoiled.json
valid convert spoiled.json | sed 's/\[[0-9]*\]//' | sort -u | grep -c .
