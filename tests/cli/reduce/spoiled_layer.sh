# One layer's weight scale is spoiled: what is left is that layer alone, with its input and the float network's output.
model="$EXAMPLES/shapes_detector.onnx"
plumb convert -q "$model" --calib "$EXAMPLES/calib" --calib-limit 4 --check-limit 1 --no-judge --force -o spoiled.plumb \
  --scale-fault '/model.6.cv1/act/Mul_output_0=16' > /dev/null 2>&1
plumb reduce spoiled.plumb --against "$model" --data "$EXAMPLES/val/val_002.jpg" --check 'sqnr(output)<25' -o small
echo "exit $?"
ls small small/test_data_set_0
plumb inspect small/model.onnx | grep -E '^(input|output)'
