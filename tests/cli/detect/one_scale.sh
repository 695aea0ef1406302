# An artifact that holds boxes and scores on one scale of 8 bits: it runs, and the pictures alone show what is wrong with it.
plumb convert -q "$EXAMPLES/shapes_detector.onnx" --calib "$EXAMPLES/calib" --calib-limit 4 --check-limit 1 --no-judge \
  --one-scale-for-outputs --force -o one.plumb > /dev/null 2>&1
plumb detect -q one.plumb "$EXAMPLES/val/val_002.jpg" "$EXAMPLES/val/val_003.jpg" --check --json > found.json 2> err.txt
echo "exit $?"
head -1 err.txt
"$PYTHON" -c '
import json
print([finding["code"] for finding in json.load(open("found.json"))["findings"]])'
