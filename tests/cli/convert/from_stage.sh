# Going on from a stage file gives the tensors that the whole way gives.
convert() { plumb convert -q "$1" --calib "$EXAMPLES/calib" --calib-limit 4 --check-limit 2 --no-judge -o "$2" "${@:3}" > "$2.txt"; echo "exit $?"; }
convert "$EXAMPLES/shapes_detector.onnx" whole.plumb --save-stage stages
ls stages
convert stages/canonical.txt from_stage.plumb
for artifact in whole from_stage; do
  plumb run -q $artifact.plumb --input "$EXAMPLES/val/val_002.jpg" --as-picture --hashes > $artifact.hashes
done
wc -l < whole.hashes | sed 's/^[0-9]*[1-9][0-9]$/enough records/'
cmp whole.hashes from_stage.hashes && echo "same tensors"
