# The same bytes from another folder, with other threads and on plain C++; again from the lock alone, without pictures; and what
# a lock refuses.
mkdir there elsewhere
cp "$EXAMPLES/shapes_detector.onnx" there/model.onnx
cp -r "$EXAMPLES/calib" there/pictures
given="--calib-limit 4 --check-limit 1 --golden 1 --no-judge --dense-channel-ratio 4"
plumb convert -q there/model.onnx --calib there/pictures $given --threads 1 -o there/a.plumb > verdict.txt
echo "exit $?"
grep -c '^lock  *there/a.lock$' verdict.txt
cp -r there/model.onnx there/pictures elsewhere
(cd elsewhere && PLUMB_ISA=scalar plumb convert -q model.onnx --calib pictures $given --threads 2 -o a.plumb > verdict.txt)
cmp there/a.plumb elsewhere/a.plumb && cmp there/a.lock elsewhere/a.lock && echo "same bytes"
rm -r elsewhere/pictures there/pictures
plumb convert -q --locked there/a.lock --threads 2 -o b.plumb > locked.txt
echo "exit $?"
head -1 locked.txt
grep -c '(from lock)' locked.txt | sed 's/^[1-9][0-9]*$/findings are marked/'
cmp there/a.plumb b.plumb && cmp there/a.lock b.lock && echo "same bytes"
PLUMB_ISA=avx2 plumb convert -q elsewhere/model.onnx --locked there/a.lock --no-lock -o c.plumb > /dev/null
cmp there/a.plumb c.plumb && echo "same bytes" && ls c.*
plumb verify -q there/a.plumb --rebuild
plumb verify -q there/a.plumb --rebuild --calib "$EXAMPLES/calib"

refused() { plumb convert -q --locked "$@" -o d.plumb 2>&1; echo "exit $?"; }
sed 's/^    range: -/&1/' there/a.lock > there/ranges.lock
refused there/ranges.lock
sed 's/"dense-channel-ratio", "4"/"dense-channel-ratio", "8"/' there/a.lock > there/options.lock
refused there/options.lock
sed 's/$/\r/' there/a.lock > there/other_line_ends.lock
refused there/other_line_ends.lock > /dev/null && cmp there/a.plumb d.plumb && echo "same bytes" && rm d.*
"$PYTHON" "$CLI/make_input.py" cycle other.onnx
refused there/a.lock other.onnx
refused there/a.lock --observer mse
refused b.lock
head -c 3000 there/a.lock > there/short.lock
refused there/short.lock
refused verdict.txt
ls d.* 2> /dev/null || echo "nothing written"
# Edited ranges have a way of their own, with samples for the check; what is made has a lock that holds them.
plumb convert -q there/model.onnx --ranges there/ranges.lock --calib "$EXAMPLES/calib" $given --force -o e.plumb > /dev/null 2>&1
plumb inspect e.plumb --json | grep -o '"ranges": "taken over'
plumb convert -q there/model.onnx --locked e.lock -o f.plumb > /dev/null 2>&1
cmp e.plumb f.plumb && echo "same bytes"
