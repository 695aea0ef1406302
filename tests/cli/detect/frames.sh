# A folder and a stream of its files give what the pictures give one by one; raw pixels too.
M="$EXAMPLES/shapes_detector.onnx"
plumb detect -q "$M" "$EXAMPLES/val" --labels "$EXAMPLES/labels.txt" > one_by_one.txt
plumb detect -q "$M" --frames "$EXAMPLES/val" --labels "$EXAMPLES/labels.txt" > folder.txt
cmp one_by_one.txt folder.txt && test -s folder.txt && echo "folder: the same"
cat "$EXAMPLES"/val/*.jpg | plumb detect -q "$M" --frames - --labels "$EXAMPLES/labels.txt" > stream.txt
sed 's/^val_[0-9]*\.jpg/frame/' one_by_one.txt > a.txt
sed 's/^frame [0-9]*/frame/' stream.txt > b.txt
cmp a.txt b.txt && echo "stream: the same"
cat "$EXAMPLES"/val/*.jpg | plumb detect -q "$M" --frames - --json > lines.json
"$PYTHON" -c '
import json
frames = [json.loads(line) for line in open("lines.json")]
print([f["frame"] for f in frames] == list(range(len(frames))), any(f["detections"] for f in frames))'
head -c 30000 /dev/zero | plumb detect -q "$M" --frames - --frame-size 100x100 > raw.txt
echo "exit $?"
cat raw.txt
