for kind in truncated cycle unknown_operators; do
  "$PYTHON" "$CLI/make_input.py" $kind bad.onnx
  plumb convert -q bad.onnx --calib "$EXAMPLES/calib" -o a.plumb 2>&1
  echo "$kind: exit $?"
done
ls
