# COCO results: one object with a list, boxes inside the picture, best first within the threshold.
plumb detect -q "$EXAMPLES/shapes_detector.onnx" "$EXAMPLES/val/val_002.jpg" --labels "$EXAMPLES/labels.txt" --json > found.json
echo "exit $?"
"$PYTHON" -c '
import json
found = json.load(open("found.json"))["detections"]
print(len(found) > 0, {tuple(sorted(one)) for one in found}, {one["file_name"] for one in found})
print(all(one["score"] >= 0.25 and len(one["bbox"]) == 4 for one in found))'
