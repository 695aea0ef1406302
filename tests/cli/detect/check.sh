# The rules over pictures: a healthy detector fires none; the sigmoid stated away is refused, and found by --check.
M="$EXAMPLES/shapes_detector.onnx"
P="$EXAMPLES/val/val_002.jpg"
plumb detect -q "$M" "$P" "$EXAMPLES/val/val_003.jpg" --check --json > found.json
echo "exit $?"
"$PYTHON" -c '
import json
found = json.load(open("found.json"))
rules = {rule["code"]: rule["state"] for rule in found["rules"]}
print(found["findings"], len(found["detections"]) > 0, [code for code, state in rules.items() if state == "fine"])'
WRONG="yolov5,sigmoid=raw,boxes=in_graph"
plumb detect "$M" "$P" --decode "$WRONG" 2> err.txt
echo "exit $?"
cat err.txt
plumb detect -q "$M" "$P" --decode "$WRONG" --check --json > wrong.json 2> /dev/null
echo "exit $?"
"$PYTHON" -c '
import json
for finding in json.load(open("wrong.json"))["findings"]:
    print(finding["code"], finding["level"], all(finding[key] for key in ("text", "fix", "evidence")))'
plumb detect -q "$M" "$P" --decode "$WRONG" --trust-contract 2> err.txt | head -1
cut -c 1-64 err.txt
# Pixels divided by nothing: most scores are 1, and the contract is not to blame.
plumb detect -q "$M" "$P" --std 1 2>&1 > /dev/null | cut -c 1-90
