# 16-bit activations: through convert, inspect, run and bench. Weights of 16 bits need them.
convert() { plumb convert -q "$EXAMPLES/shapes_detector.onnx" --calib "$EXAMPLES/calib" --calib-limit 8 --check-limit 4 --no-judge "$@"; }
convert --activations int16 -o a.plumb > verdict.txt
echo "exit $?"
grep -o '^verdict .*' verdict.txt
convert --activations int16 --weights int16 -o b.plumb > verdict.txt
echo "exit $?"
grep -o '^verdict .*' verdict.txt
plumb inspect a.plumb | grep -o 'conv (int[0-9]*)' | sort -u
for artifact in a b; do
  plumb run -q $artifact.plumb --input "$EXAMPLES/val/val_002.jpg" --as-picture --hashes > $artifact.hashes
  echo "exit $?"
done
PLUMB_ISA=scalar plumb run -q a.plumb --input "$EXAMPLES/val/val_002.jpg" --as-picture --hashes > scalar.hashes
cmp a.hashes scalar.hashes && echo "same bits"
plumb bench -q a.plumb --threads 1 > /dev/null
echo "exit $?"
convert --weights int16 -o c.plumb 2>&1
echo "exit $?"
convert --activations int4 -o c.plumb 2>&1
echo "exit $?"
