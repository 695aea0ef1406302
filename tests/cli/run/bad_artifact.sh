# Damaged artifacts: one line each, exit code 4, nothing written.
for kind in empty artifact_truncated random_bytes text artifact_flipped_bit artifact_huge_length; do
  "$PYTHON" "$CLI/make_input.py" $kind bad.plumb
  plumb run bad.plumb --save out 2>&1
  echo "$kind: exit $?"
done
ls
