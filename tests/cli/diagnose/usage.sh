# What is asked about is named once; files that do not fit say what was expected.
model="$EXAMPLES/shapes_detector.onnx"
diagnose() { plumb diagnose -q "$@" --against "$model" --data "$EXAMPLES/val" 2>&1; echo "exit $?"; }
diagnose
diagnose x.plumb --boxes y.json
diagnose missing.plumb
echo '[1, 2]' > list.json
diagnose --boxes list.json
echo '{"other.jpg": [[0, 0, 1, 1, 0.5, 0]]}' > other.json
diagnose --boxes other.json
echo 'no archive' > dump.npz
diagnose --outputs dump.npz
diagnose "$CLI/../golden/refuse/5-numerics-version.plumb" | grep -E '^(The|H|exit)'
plumb diagnose x.plumb --against "$model" --data nowhere --symptom odd 2>&1 | head -1
