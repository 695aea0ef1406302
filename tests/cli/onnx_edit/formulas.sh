# Inputs and outputs in another form; wrong formulas are refused and leave no file.
model="$EXAMPLES/shapes_detector.onnx"
plumb onnx-edit "$model" -o e.onnx --inputs-transform 'images=a,b,c,d->a,c,d,b'
plumb inspect e.onnx | grep input
plumb onnx-edit "$model" -o f.onnx --inputs-transform 'images=a,b,c,d->a,c,d,b' --json > f.json
"$PYTHON" "$CLI/check_schema.py" "$CLI/../../docs/schema/onnx-edit.json" f.json
cmp e.onnx f.onnx && echo "same bytes"
for wrong in 'images' 'images=a,b,c->a,b,c' 'gone=a->a' 'images=a,b,c,d->a,b,c,e'; do
  plumb onnx-edit "$model" -o g.onnx --inputs-transform "$wrong" 2>&1; echo "exit $?"
done
plumb onnx-edit "$model" -o gone/g.onnx --inputs-transform 'images=a,b,c,d->a,c,d,b' 2>&1; echo "exit $?"
ls
