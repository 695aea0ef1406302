# Options that change nothing are said, each with a reason; those that do are not. A wrong name is an error that knows near ones.
convert() { plumb convert -q "$EXAMPLES/shapes_detector.onnx" --calib "$EXAMPLES/calib" --calib-limit 4 --check-limit 1 --no-judge -o a.plumb "$@" 2>&1; }
convert --percentile 99 --disable-pass recognize_gelu --resize stretch --pad 7 | grep 'no effect'
convert --observer percentile --percentile 90 --disable-pass recognize_silu --force | grep -c 'no effect'
convert --pad 114 --color rgb | grep -c 'no effect'
name=$(plumb inspect a.plumb --layers --json | "$PYTHON" -c 'import json, sys; print(json.load(sys.stdin)["layers"][1]["name"])')
convert --keep-float "${name}x" | sed "s|$name|NAME|g"
echo "exit $?"
