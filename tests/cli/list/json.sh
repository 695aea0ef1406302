for what in operators passes records; do
  plumb list $what --json | "$PYTHON" -c 'import json, sys; _, (name, rows) = json.load(sys.stdin).items(); print(name, len(rows) > 10)'
done
