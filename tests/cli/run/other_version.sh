# What another release made: the thing, what was expected and found, what to do; exit code 5.
for artifact in "$CLI"/../golden/refuse/5-*.plumb; do
  plumb run "$artifact" 2>&1 | sed 's|/.*/5-|5-|'
  plumb run "$artifact" > /dev/null 2>&1
  echo "exit $?"
done
