# What has no self-test, and what cannot be run.
plumb selftest nowhere.plumb 2>&1
echo "exit $?"
plumb selftest "$EXAMPLES/shapes_detector.onnx" 2>&1
echo "exit $?"
plumb run "$EXAMPLES/shapes_detector.onnx" --selftest 2>&1
echo "exit $?"
plumb selftest "$CLI/../golden/refuse/5-numerics-version.plumb" 2>&1
echo "exit $?"
plumb convert "$EXAMPLES/shapes_detector.onnx" --golden 5 --calib x -o y 2>&1 | head -1
