# A model_config.yml becomes an artifact under its name; the same bytes as convert makes with these options.
mkdir job && cp "$EXAMPLES/shapes_detector.onnx" job/ && ls "$EXAMPLES"/calib/* | head -n 4 > job/dataset.txt
cat > job/model_config.yml <<'YAML'
models:
    name: shapes
    platform: onnx
    model_file_path: ./shapes_detector.onnx
    subgraphs:
        input_size_list:
            - 1, 3, 320, 320
    quantize: True
    dataset: ./dataset.txt
    configs:
        quantized_dtype: asymmetric_quantized-8
        mean_values: [0, 0, 0]
        std_values: [255, 255, 255]
        quant_img_RGB2BGR: False
        quantized_algorithm: normal
YAML
plumb rknn-convert -q -t rk3588 -i job/model_config.yml -o out --json > result.json; echo "exit $?"
ls out
"$PYTHON" "$CLI/check_schema.py" "$CLI/../../docs/schema/rknn-convert.json" result.json
"$PYTHON" -c 'import json; r = json.load(open("result.json")); print(r["schema_version"], r["convert"]["artifact"], r["convert"]["samples"])'
plumb convert -q job/shapes_detector.onnx --calib job/dataset.txt --raw-samples --mean 0,0,0 --std 255,255,255 --color rgb --input-shape "$(plumb inspect job/shapes_detector.onnx --json | "$PYTHON" -c 'import json, sys; print(json.load(sys.stdin)["inputs"][0]["name"])')=1x3x320x320" --force --no-lock -o b.plumb > /dev/null
cmp out/shapes.rknn b.plumb && echo "same bytes"
sed 's/quantize: True/quantize: false/' job/model_config.yml > job/float.yml
plumb rknn-convert -t rk3588 -i job/float.yml -o out -e -d > text.txt 2> notes.txt; echo "exit $?"
grep 'target\|board' notes.txt
grep -c 'conv' text.txt
plumb rknn-convert -q -t rk3588 -i job/model_config.yml -o out2 --json -a "$(head -n 1 job/dataset.txt)" > analysed.json; echo "exit $?"
"$PYTHON" "$CLI/check_schema.py" "$CLI/../../docs/schema/rknn-convert.json" analysed.json
"$PYTHON" -c 'import json; r = json.load(open("analysed.json")); print(len(r["verify"]["layers"]) > 5)'
ls -A out2
for change in 's/platform: onnx/platform: caffe/' 's/name: shapes/nombre: shapes/' 's/quantized_algorithm: normal/quantized_algorithm: gdq/' \
              's/dataset: .*//' 's/quantize: True/quantize: maybe/' 's/model_file_path: .*/model_file_path: gone.onnx/' 's/models:/model:/'; do
  sed "$change" job/model_config.yml > job/wrong.yml
  plumb rknn-convert -q -t rk3588 -i job/wrong.yml -o other > /dev/null; echo "exit $?"
done
ls other 2> /dev/null
