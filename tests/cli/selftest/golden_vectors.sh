# What convert puts in, selftest finds: with the artifact alone, whoever made it; and what it says where nothing was put in.
model="$EXAMPLES/shapes_detector.onnx"
convert() {
  plumb convert -q "$model" --calib "$EXAMPLES/calib" --calib-limit 5 --check-limit 1 --no-judge "$@" > /dev/null
}
convert --threads 2 -o a.plumb || exit
PLUMB_ISA=scalar convert --threads 1 -o b.plumb || exit
cmp a.plumb b.plumb && echo "the same bytes on plain C++ with one thread"
plumb selftest a.plumb --threads 2
plumb selftest a.plumb --threads 2 --full
PLUMB_ISA=scalar plumb selftest a.plumb --threads 1
plumb selftest a.plumb --json | "$PYTHON" -c 'import json, sys
r = json.load(sys.stdin)
print(r["passed"], r["golden_vectors"], r["problems"], r["plain_cpp"]["elements"] <= r["plain_cpp"]["all_elements"])'
for count in none 2; do
  convert --golden $count -o $count.plumb
  plumb selftest $count.plumb --threads 2 --strict
  echo "exit $?"
done
