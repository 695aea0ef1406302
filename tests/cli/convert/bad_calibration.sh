# What calibration cannot use is named, with its line number where it stands in a list.
convert() { plumb convert -q "$EXAMPLES/shapes_detector.onnx" --calib "$1" -o a.plumb 2>&1; echo "$1: exit $?"; }
printf '%s\n' "$EXAMPLES/calib/calib_000.jpg" "$EXAMPLES/calib/calib_001.jpg" no_such.jpg > list.txt
convert list.txt
printf '\n\n' > empty.txt
convert empty.txt
mkdir none
convert none
convert no_such_folder
"$PYTHON" "$CLI/make_input.py" text letter.jpg
printf '%s\n' "$EXAMPLES/calib/calib_000.jpg" letter.jpg > letter.txt
convert letter.txt
ls
