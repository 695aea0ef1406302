# One artifact for two sets of shapes: which is which, what each gives, the same bytes again from the lock, and what is refused.
make() { "$PYTHON" "$CLI/make_input.py" "$@"; }
mkdir calib
make any_size any_size.onnx
make array calib/large.npy 1 3 24 32
make array small.npy 1 3 16 12
convert() { plumb convert -q any_size.onnx --calib calib --check-limit 1 --no-judge --force "$@"; }
convert --shape-set x=1x3x16x12 --shape-set x=1x3x24x32 -o sets.plumb > verdict.txt 2>&1
grep -o 'sets of input shapes, calibrated on .*' verdict.txt
grep -o 'X1 .*' verdict.txt | tr -s ' '
plumb inspect sets.plumb | grep shapes
# The calibrated set gives the bits of an artifact of its own.
plumb convert -q any_size.onnx --calib calib --check-limit 1 --no-judge --force --no-lock --input-shape x=1x3x24x32 -o alone.plumb > /dev/null 2>&1
plumb run alone.plumb --input calib/large.npy --save alone > /dev/null
plumb run sets.plumb --input calib/large.npy --save sets > /dev/null && cmp alone/y.npy sets/y.npy && echo "as alone"
plumb run sets.plumb --input small.npy | head -2
plumb selftest sets.plumb | head -1 | sed "s,stored bits on .*,stored bits,"
mkdir smalls && cp small.npy smalls
plumb verify -q sets.plumb --input-shape x=1x3x16x12 --against any_size.onnx --data smalls --judge none 2>&1 | grep -o '^ *V[45] .* ok\|^verify .*'
plumb convert -q --locked sets.lock any_size.onnx -o again.plumb > /dev/null && cmp sets.plumb again.plumb && echo "same bytes"
make array other.npy 1 3 8 8
plumb run sets.plumb --input other.npy 2>&1
plumb verify sets.plumb --input-shape x=1x3x8x8 2>&1
convert --shape-set x=1x3x16x12 --shape-set x=1x3x16x12 -o no.plumb 2>&1
convert --shape-set x=1x3x16x12 --shape-set y=1x3x24x32 -o no.plumb 2>&1
convert --shape-set x=1x3x16x12 --shape-set x=1x3x24x32 --input-shape x=1x3x8x8 -o no.plumb 2>&1
convert --shape-set x=1x3x16x12 --shape-set x=1x4x24x32 -o no.plumb 2>&1
convert --shape-set nonsense -o no.plumb 2>&1
ls no.plumb 2> /dev/null
# A batch: the network three times in one run.
convert --input-shape x=1x3x24x32 --batch 3 -o three.plumb > /dev/null 2>&1
plumb inspect three.plumb | grep '^batch\|^input\|^output' | cut -d, -f1 | tr -s ' '
plumb run three.plumb --input calib/large.npy 2>&1
echo "exit $?"
