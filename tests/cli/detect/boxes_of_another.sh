# Another program's boxes of the same picture: the same rule, another rule, other tensors.
M="$EXAMPLES/shapes_detector.onnx"
P="$EXAMPLES/val/val_000.jpg $EXAMPLES/val/val_001.jpg $EXAMPLES/val/val_002.jpg $EXAMPLES/val/val_003.jpg $EXAMPLES/val/val_004.jpg"
plumb detect -q "$M" $P --json > same.json
plumb detect -q "$M" $P --boxes same.json > /dev/null
echo "exit $?"
plumb detect -q "$M" $P --decode yolov5,score=0.1,nms=agnostic --json > loose.json
plumb detect -q "$M" $P --boxes loose.json 2>&1 > /dev/null
"$PYTHON" -c '
import json
boxes = json.load(open("same.json"))["detections"]
for box in boxes:
    box["score"] = 0.25 + 0.2 * box["score"]
json.dump(boxes, open("other.json", "w"))'
plumb detect -q "$M" $P --boxes other.json 2>&1 > /dev/null
echo "[1, 2]" > bad.json
plumb detect -q "$M" $P --boxes bad.json 2>&1 > /dev/null
echo "exit $?"
plumb detect -q "$M" --frames "$EXAMPLES/val" --boxes same.json 2>&1
echo "exit $?"
