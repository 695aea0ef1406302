# A stream that goes wrong is named by frame; what came before it has been reported.
M="$EXAMPLES/shapes_detector.onnx"
(cat "$EXAMPLES/val/val_002.jpg"; head -c 5000 "$EXAMPLES/val/val_002.jpg") > cut.bin
plumb detect -q "$M" --frames - < cut.bin > out.txt 2> err.txt
echo "exit $?"
grep -c "^frame 0" out.txt
cat err.txt
echo "no picture" | plumb detect -q "$M" --frames - 2>&1
head -c 100 /dev/zero | plumb detect -q "$M" --frames - --frame-size 100x100 2>&1
plumb detect -q "$M" --frames - --frame-size 100by100 2>&1 < /dev/null
plumb detect -q "$M" --frames - "$EXAMPLES/val/val_002.jpg" 2>&1 < /dev/null
echo "exit $?"
plumb detect -q "$M" 2>&1
