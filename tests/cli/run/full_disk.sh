# Outputs on a disk with 4 KiB: exit code 6, no partial file left. Needs a mount of its own.
if ! unshare -rm true 2> /dev/null; then
  echo "skip: no new mount namespace allowed here" >&2
  exit 77
fi
unshare -rm bash -c '
mkdir small && mount -t tmpfs -o size=4k tmpfs small || exit 77
plumb run -q "$EXAMPLES/shapes_detector.onnx" --input "$EXAMPLES/val/val_002.jpg" --as-picture --save small > /dev/null 2> err.txt
echo "exit $?"
grep -c error err.txt
ls small'
