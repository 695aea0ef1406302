evaluate() { plumb eval -q "$EXAMPLES/shapes_detector.onnx" --task coco --data "$1" --images "$EXAMPLES/val" 2>&1; echo "$1: exit $?"; }
evaluate no.json
"$PYTHON" "$CLI/make_input.py" text letter.json
evaluate letter.json
echo '{"images": []}' > empty.json
evaluate empty.json
