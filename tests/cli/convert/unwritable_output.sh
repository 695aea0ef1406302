# Found before the work starts or after it: one line, and nothing is left behind.
convert() {
  plumb convert -q "$EXAMPLES/shapes_detector.onnx" --calib "$EXAMPLES/calib" --calib-limit 2 --check-limit 1 --no-judge \
    --force -o "$1" > /dev/null 2> err.txt
  echo "$1: exit $?"
  grep error err.txt
}
convert no/such/folder/a.plumb
mkdir taken
convert taken
ls
