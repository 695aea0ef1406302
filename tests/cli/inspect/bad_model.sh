for kind in empty truncated random_bytes; do
  "$PYTHON" "$CLI/make_input.py" $kind bad.onnx
  plumb inspect bad.onnx 2>&1
  echo "$kind: exit $?"
done
"$PYTHON" "$CLI/make_input.py" artifact_truncated bad.plumb
plumb inspect bad.plumb 2>&1
echo "artifact: exit $?"
