# One result for every instruction set and thread count: each line four times.
"$PYTHON" "$CLI/make_input.py" good good.onnx
"$PYTHON" "$CLI/make_input.py" npy x.npy
fast=$(plumb doctor --json | "$PYTHON" -c 'import json, sys; print(json.load(sys.stdin)["isa"])')
for isa in scalar $fast; do
  for threads in 1 2; do
    PLUMB_ISA=$isa plumb run -q good.onnx --input x=x.npy --hashes --threads $threads
  done
done | sort | uniq -c
