# Damaged and senseless models: one line each, exit code 4, nothing written.
for kind in empty truncated random_bytes text huge_length huge_tensor cycle missing_initializer negative_dimension \
  unknown_opset unknown_operators; do
  "$PYTHON" "$CLI/make_input.py" $kind bad.onnx
  plumb run bad.onnx --save out 2>&1
  echo "$kind: exit $?"
done
ls
