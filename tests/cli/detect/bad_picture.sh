# A picture that is none: named, exit code 2 or 4, nothing drawn.
"$PYTHON" "$CLI/make_input.py" text letter.jpg
"$PYTHON" "$CLI/make_input.py" empty empty.jpg
"$PYTHON" "$CLI/make_input.py" picture_truncated cut.jpg
for picture in letter.jpg empty.jpg cut.jpg no.jpg; do
  plumb detect "$EXAMPLES/shapes_detector.onnx" $picture -o boxes.jpg 2> err.txt
  echo "$picture: exit $?"
  grep error err.txt
done
ls
