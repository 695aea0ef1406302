"$PYTHON" "$CLI/make_input.py" good good.onnx
"$PYTHON" "$CLI/make_input.py" npy x.npy
for kind in npy_other_shape npy_truncated text empty; do
  "$PYTHON" "$CLI/make_input.py" $kind bad.npy
  plumb run good.onnx --input x=bad.npy --save out 2>&1
  echo "$kind: exit $?"
done
plumb run good.onnx --input x=no.npy --save out 2>&1
echo "no file: exit $?"
plumb run good.onnx --input z=x.npy --save out 2>&1
echo "no such input: exit $?"
plumb run good.onnx --save out 2>&1
echo "no input given: exit $?"
ls
