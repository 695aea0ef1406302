# Calibrated on one black picture: a failure, exit code 3, nothing written.
"$PYTHON" "$CLI/make_input.py" black_picture black.bmp
echo black.bmp > list.txt
plumb convert -q "$EXAMPLES/shapes_detector.onnx" --calib list.txt --no-judge -o a.plumb > verdict.txt
echo "exit $?"
grep -o '^verdict .*' verdict.txt
ls *.plumb 2> /dev/null || echo "no artifact"
