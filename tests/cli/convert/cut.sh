# The same network, cut at its head convolutions: the decode tail is Plumb's, the boxes are the same; whoever reads the float
# model of the artifact later reads the same part.
model="$EXAMPLES/shapes_detector.onnx"
anchors=anchors=9.4:9.3:12.7:12.6:17.1:17.1:23.2:23.2:31.1:31.3:42.5:42.1:58.2:57.6:81.9:81.5:121.7:122.7
heads=/model.24.m.0/Conv_output_0,/model.24.m.1/Conv_output_0,/model.24.m.2/Conv_output_0
boxes() { plumb detect "$@" "$EXAMPLES/val/val_002.jpg" --json -q | grep '^  *[0-9]\|"label"\|"name"\|"score"' | sed 's/\.\([0-9]\)[0-9]*/.\1/'; }
boxes "$model" > whole.txt
boxes "$model" --outputs $heads --decode yolov5,$anchors > cut.txt
cmp whole.txt cut.txt && grep -c score cut.txt
given="--calib $EXAMPLES/calib --calib-limit 4 --check-limit 1 --golden 1"
plumb convert -q "$model" --outputs $heads --decode yolov5,$anchors $given --no-judge -o cut.plumb > text.txt
grep '^verdict' text.txt
plumb inspect cut.plumb | grep '^output\|family'
plumb inspect cut.plumb --json | grep '"outputs='
plumb verify -q cut.plumb --against "$model" --data "$EXAMPLES/calib" --limit 1 --judge none | grep '^  V[024]\|^verdict' | cut -c1-20
plumb convert -q "$model" --locked cut.lock -o again.plumb > /dev/null && cmp cut.plumb again.plumb && echo "same bytes from the lock"
plumb diagnose -q cut.plumb --against "$model" --data "$EXAMPLES/val/val_002.jpg" > diagnosis.txt
echo "diagnose: exit $?"
plumb diff -q cut.plumb "$model" --data "$EXAMPLES/val/val_002.jpg" | grep -c '^' | sed 's/^[1-9][0-9]*$/diff reads it/'
# In a job file.
printf 'outputs: [/model.24.m.2/Conv_output_0, /model.24.m.0/Conv_output_0]\nprecision: fp32\ngolden: none\n' > job.yaml
plumb convert -q "$model" --config job.yaml --no-judge -o two.plumb > /dev/null
plumb inspect two.plumb | grep '^output'
# An inner input has its shape from what lies before it.
plumb convert -q "$model" --inputs /model.24.m.2/Conv_output_0,/model.24.m.1/Conv_output_0,/model.24.m.0/Conv_output_0 --precision fp32 \
  --golden none --no-judge -o tail.plumb > /dev/null
plumb inspect tail.plumb | grep '^input\|^output'
refused() { plumb inspect "$model" "$@" 2>&1 | sed "s|$EXAMPLES/||"; }
refused --outputs /model.24.m.0/Conv_output
refused --outputs /model.24.m.0/Conv_output_0 --inputs /model.24.m.1/Conv_output_0
plumb inspect cut.plumb --outputs x 2>&1 | cut -c1-60
