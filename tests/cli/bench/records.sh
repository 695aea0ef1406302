"$PYTHON" "$CLI/make_input.py" good good.onnx
plumb bench good.onnx --seconds 0.05 --records
echo "exit $?"
plumb bench good.onnx --seconds 0.05 --records --json > records.json
"$PYTHON" -c '
import json
row = json.load(open("records.json"))["results"][0]
print(sorted(row))
print(sorted(row["peaks"][0]), row["memory_gbs"] > 0, row["cache_gbs"] > 0)
for record in row["records"]:
    print(record["index"], record["name"], record["layer"], record["macs"], record["bytes_read"], record["bytes_written"],
          record["bound"] in ("compute", "memory", "overhead"))
print(sum(record["macs"] for record in row["records"]) == row["macs"])'
