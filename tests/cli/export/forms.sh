# Both forms of the shipped detector: every integer record has an exact form in one of them, and no temporary file is left.
plumb convert -q "$EXAMPLES/shapes_detector.onnx" --calib "$EXAMPLES/calib" --calib-limit 4 --check-limit 1 --no-judge \
  --force -o net.plumb > /dev/null
for format in onnx-qdq onnx-qoperator; do
  plumb export net.plumb --format $format -o $format.onnx -q
  echo "exit $?"
  plumb export net.plumb --format $format -o again.onnx -q > /dev/null && cmp $format.onnx again.onnx && echo "the same bytes"
  rm again.onnx
done
plumb export net.plumb --format onnx-qoperator --keep-tensors -o kept.onnx --json -q | "$PYTHON" -c '
import json, sys
facts = json.load(sys.stdin)
print(facts["format"], facts["file"], repr(facts["data_file"]))
integer = [r for r in facts["records"] if r["exact"]]
print("exact:", len(integer) > 20, facts["exact_records"] == facts["integer_records"] > 20)
print("tensors:", len(facts["tensors"]) > 20, sorted(facts["tensors"][0]))'
ls
