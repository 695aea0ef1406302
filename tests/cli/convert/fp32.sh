# An artifact of the float network: without samples, checked, with golden vectors, the bits of the float model.
plumb convert -q "$EXAMPLES/shapes_detector.onnx" --precision fp32 --observer mse --no-judge -o float.plumb > text.txt
grep 'in integers\|no effect\|^  V4\|^  V5\|^verdict' text.txt | sed 's/^.*shapes_detector.onnx/MODEL/; s/skip .* s  /skip  /'
plumb selftest float.plumb > /dev/null && echo "selftest passes"
picture="$EXAMPLES/val/val_002.jpg"
plumb detect "$EXAMPLES/shapes_detector.onnx" "$picture" --json -q | grep -v '"model"\|seconds\|_ms' > model.json
plumb detect float.plumb "$picture" --json -q | grep -v '"model"\|seconds\|_ms' > artifact.json
cmp model.json artifact.json && grep -c '"score"' artifact.json | sed 's/^[1-9][0-9]*$/the same boxes/'
plumb convert -q "$EXAMPLES/shapes_detector.onnx" --locked float.lock -o again.plumb > /dev/null
cmp float.plumb again.plumb && echo "same bytes from the lock"
plumb verify -q float.plumb --against "$EXAMPLES/shapes_detector.onnx" --data "$EXAMPLES/calib" --limit 2 --judge none | grep '^  V4\|^  V5\|^verdict' | sed 's/skip .* s  /skip  /'
plumb convert -q "$EXAMPLES/shapes_detector.onnx" --precision fp32 --auto-hybrid sqnr=30 -o x.plumb
echo "exit $?"
plumb convert -q "$EXAMPLES/shapes_detector.onnx" --precision fp16 -o x.plumb
echo "exit $?"
