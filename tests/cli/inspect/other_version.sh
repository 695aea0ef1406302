# An artifact of another format or numerics is sound but not for this program: exit code 5.
for artifact in "$CLI"/../golden/refuse/5-*.plumb; do
  plumb inspect "$artifact" > /dev/null 2> err.txt
  code=$?
  echo "$(basename "$artifact"): exit $code, lines $(wc -l < err.txt)"
done
