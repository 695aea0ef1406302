# An artifact and its float model; two conversions that compute the same; files that cannot be compared.
convert() { plumb convert -q "$EXAMPLES/shapes_detector.onnx" --calib "$EXAMPLES/calib" --calib-limit 6 --no-judge --no-lock --force "$@" > /dev/null; }
convert --check-limit 1 -o a.plumb
convert --check-limit 2 -o b.plumb
plumb diff -q a.plumb b.plumb | head -1
plumb diff -q a.plumb "$EXAMPLES/shapes_detector.onnx" --data "$EXAMPLES/val" --limit 1 --layers 2 > float.txt
echo "exit $?"
head -1 float.txt
sed -n 's/^moves the result most: layer .*/a layer is named/p' float.txt
head -c 1000 a.plumb > damaged.plumb
plumb diff -q a.plumb damaged.plumb 2>&1
echo "exit $?"
plumb diff -q a.plumb no_such.plumb 2>&1
echo "exit $?"
plumb diff -q a.plumb "$EXAMPLES/shapes_detector.onnx" --data nowhere 2>&1
echo "exit $?"
