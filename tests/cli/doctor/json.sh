# What would need what is said one way or the other, never both or neither.
plumb doctor --json --threads 2 > report.json
"$PYTHON" -c '
import json, os
report = json.load(open("report.json"))
print(sorted(report))
print(report["threads"], report["isa"] in report["isas"])
print(all(os.path.exists(file) for file in report["files"]) and len(report["files"]) > 3,
      all(bool(one["found"]) == one["available"] == (not one["needs"]) for one in report["capabilities"]))'
