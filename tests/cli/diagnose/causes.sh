# Each with a symptom, whose likeliest cause is tried first. A sound conversion, one told the wrong colour order, one with boxes and scores on one scale, and boxes of another program.
model="$EXAMPLES/shapes_detector.onnx"
convert() { plumb convert -q "$model" --calib "$EXAMPLES/calib" --labels "$EXAMPLES/labels.txt" --calib-limit 6 --check-limit 1 --no-judge --force "$@" > /dev/null 2>&1; }
diagnose() { plumb diagnose -q "$@" --against "$model" --labels "$EXAMPLES/labels.txt" --data "$EXAMPLES/val" --limit 3; }
first() { grep -m 1 -o '^H[0-9]*' "$1"; }
convert -o good.plumb
diagnose good.plumb --symptom too-many-boxes > good.txt
head -1 good.txt | cut -d: -f1
first good.txt
convert --color bgr -o bgr.plumb
diagnose bgr.plumb --symptom low-score > bgr.txt
echo "exit $?"
head -1 bgr.txt
grep -c '^H' bgr.txt
grep '^next' bgr.txt
convert --one-scale-for-outputs -o one_scale.plumb
diagnose one_scale.plumb --symptom no-boxes > one_scale.txt
head -1 one_scale.txt
first one_scale.txt
plumb detect -q "$model" "$EXAMPLES"/val/val_00[0-5].jpg --labels "$EXAMPLES/labels.txt" --decode yolov5,sigmoid=raw --trust-contract --json > twice.json 2> /dev/null
diagnose --boxes twice.json --symptom shifted > twice.txt
head -1 twice.txt
first twice.txt
diagnose bgr.plumb --symptom differs-by-machine --json | python3 -c 'import json, sys; d = json.load(sys.stdin); print(d["healthy"], d["causes"][0]["code"], d["causes"][0]["cause"], d["causes"][0]["explained"] > 0.8, d["tried"][0]["code"], list(d))'
