# A code of a finding, in any case; an exit code; what is no code is a usage error that lists those that are.
plumb explain s5 | head -1
plumb explain 3 | head -1
plumb explain --all --json | "$PYTHON" -c 'import json, sys; rows = json.load(sys.stdin)["codes"]; print(len(rows) > 40, sorted(rows[0]))'
plumb explain X9 2>&1 | cut -c1-55
plumb explain > /dev/null 2>&1
echo "exit $?"
