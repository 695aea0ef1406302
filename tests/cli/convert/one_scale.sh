# Boxes and scores on one scale: the verdict is a failure that names the cause, and nothing is written; --force keeps the file.
convert() {
  plumb convert -q "$EXAMPLES/shapes_detector.onnx" --calib "$EXAMPLES/calib" --calib-limit 8 --check-limit 4 --no-judge \
    --one-scale-for-outputs -o a.plumb "$@" > verdict.txt
  echo "exit $?"
}
convert
grep -o '^verdict .*' verdict.txt
grep -c '^  S5 ' verdict.txt
ls *.plumb 2> /dev/null || echo "no artifact"
convert --force
ls *.plumb
plumb inspect a.plumb | grep '^verdict'
