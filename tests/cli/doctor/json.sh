plumb doctor --json --threads 2 > report.json
"$PYTHON" -c '
import json
report = json.load(open("report.json"))
print(sorted(report))
print(report["threads"], report["isa"] in report["isas"])'
