# An input becomes a constant of the model; its values travel in the artifact's recipe.
"$PYTHON" "$CLI/make_input.py" two_inputs two.onnx
"$PYTHON" "$CLI/make_input.py" npy scale.npy
plumb convert -q two.onnx --constant scale=scale.npy --precision fp32 --golden none --no-judge -o one.plumb > /dev/null
plumb inspect one.plumb | grep '^input\|^output'
rm scale.npy
plumb convert -q two.onnx --locked one.lock -o again.plumb > /dev/null && cmp one.plumb again.plumb && echo "same bytes from the lock"
plumb verify -q one.plumb --against two.onnx | grep '^verdict'
plumb inspect two.onnx --constant scale=scale.npy 2>&1 | sed "s|'.*'|FILE|"
"$PYTHON" "$CLI/make_input.py" npy other.npy
plumb inspect two.onnx --constant other=other.npy 2>&1 | cat
