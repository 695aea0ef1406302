# The ladder on a good artifact: what runs without a model, without pictures, with both, and in full.
model="$EXAMPLES/shapes_detector.onnx"
plumb convert -q "$model" --calib "$EXAMPLES/calib" --calib-limit 8 --check-limit 2 --no-judge -o a.plumb > /dev/null || exit
rungs() {
  grep -E '^  V[0-9] ' | cut -c1-21
}
echo "alone"
plumb verify -q a.plumb --threads 2 | rungs
echo "with everything"
plumb verify -q a.plumb --against "$model" --data "$EXAMPLES/val" --limit 2 --judge none > verdict.txt
echo "exit $?"
rungs < verdict.txt
grep -A 1 '^verdict' verdict.txt
echo "full, as JUnit"
plumb verify -q a.plumb --against "$model" --data "$EXAMPLES/val" --limit 2 --judge none --full --junit r.xml > /dev/null
"$PYTHON" - <<'END'
import xml.etree.ElementTree as tree
suite = tree.parse("r.xml").getroot()
print(suite.attrib["failures"], [c.attrib["name"].split()[0] for c in suite if c.attrib["name"].startswith("V")])
END
