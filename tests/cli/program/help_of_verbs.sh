# Every verb explains itself on standard output, its shared options included.
for verb in convert detect classify run eval inspect export bench list doctor completion; do
  plumb $verb --help > help.txt
  echo "$verb: exit $?, shared options: $(grep -c -- '^  --json \|^  --threads \|-v,--verbose\|-q,--quiet\|--strict\|^  --config ' help.txt)"
done
