"$PYTHON" "$CLI/make_input.py" good good.onnx
plumb bench good.onnx --threads 1,2 --seconds 0.05 --json -q > times.json
echo "exit $?"
"$PYTHON" -c '
import json
for row in json.load(open("times.json"))["results"]:
    print(row["threads"], 0 <= row["ms_least"] <= row["ms_median"])'
