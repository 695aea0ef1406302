# A file that the vendor's toolkit made tells of itself; whatever would run it says why that cannot be.
"$PYTHON" "$CLI/make_input.py" rknn_container net.rknn
plumb inspect net.rknn --layers
plumb inspect net.rknn --json > facts.json
"$PYTHON" "$CLI/check_schema.py" "$CLI/../../docs/schema/inspect_rknn.json" facts.json
plumb run net.rknn 2>&1
echo "run: exit $?"
plumb convert net.rknn -o net.plumb 2>&1
echo "convert: exit $?"
head -c 60 net.rknn > cut.rknn
plumb inspect cut.rknn 2>&1
echo "cut: exit $?"
printf 'CYPTRKNN and what nobody can read' > secret.rknn
plumb inspect secret.rknn | grep -e '^model' -e '^note'
