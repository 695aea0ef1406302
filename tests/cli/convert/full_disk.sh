# A disk with 64 KiB: exit code 6, the old artifact unharmed, no temporary file left. Needs a mount of its own.
if ! unshare -rm true 2> /dev/null; then
  echo "skip: no new mount namespace allowed here" >&2
  exit 77
fi
unshare -rm bash -c '
mkdir small && mount -t tmpfs -o size=64k tmpfs small || exit 77
echo old > small/a.plumb
plumb convert -q "$EXAMPLES/shapes_detector.onnx" --calib "$EXAMPLES/calib" --calib-limit 2 --check-limit 1 --no-judge \
  --force -o small/a.plumb > /dev/null 2> err.txt
echo "exit $?"
grep error err.txt
ls small
cat small/a.plumb'
