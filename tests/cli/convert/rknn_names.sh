# rknn-toolkit2's names of options, in a job file and on the command line; what has no counterpart is refused with a sentence.
convert() { plumb convert "$EXAMPLES/shapes_detector.onnx" --calib "$EXAMPLES/calib" --calib-limit 4 --check-limit 1 --no-judge --no-lock "$@"; }
cat > job.yaml <<'YAML'
output: a.plumb
mean_values: [[0, 0, 0]]
std_values: [255, 255, 255]
quantized_dtype: asymmetric_quantized-8
quantized_algorithm: mmse
quantized_method: layer
custom_string: from my script
op_target: {conv1: cpu}
model_pruning: true
do_quantization: true
optimization_level: 3
target_platform: rk3588
quant_img_RGB2BGR: false
YAML
convert --force --config job.yaml 2>&1 > /dev/null | grep -v '^contract\|^\[\|%' | grep 'quant\|target\|pruning'
convert --force -q -o b.plumb --mean_values '[[0,0,0]]' --std_values=255,255,255 --quantized_dtype w8a8 --color rgb --observer mse --weight-scales layer \
  --custom_string 'from my script' > /dev/null 2>&1
cmp a.plumb b.plumb && echo "same bytes"
plumb inspect a.plumb --json | grep -c 'from my script'
for wrong in 'quantized_dtype: w4a16' 'quantized_algorithm: gdq' 'quantized_method: group32' 'dynamic_input: [[1,3,96,96],[1,3,64,64]]' \
             'rknn_batch_size: 0' 'mean_values: [[0, 0, 0], [1, 1, 1]]' 'quant_img_RGB2BGR: [true, false]'; do
  echo "$wrong" > wrong.yaml
  convert -q -o c.plumb --config wrong.yaml 2>&1
  echo "exit $?"
done
