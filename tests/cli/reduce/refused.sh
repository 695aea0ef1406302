# What holds cannot be reduced; a check that cannot be read, a tensor that is not there, a model that is missing.
model="$EXAMPLES/shapes_detector.onnx"
try() {
  plumb reduce "$model" --data "$EXAMPLES/val/val_002.jpg" -o small "$@" 2>&1
  echo "exit $?"
}
try --check nan
try --check 'sqnr(output)>20'
try --check 'nan(nothing)'
try --check 'sqnr<20'
