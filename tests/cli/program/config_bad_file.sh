plumb doctor --config no.yaml 2>&1
echo "exit $?"
printf 'a: [1\n' > broken.yaml
plumb doctor --config broken.yaml 2>&1
echo "exit $?"
printf 'just words\n' > words.yaml
plumb doctor --config words.yaml 2>&1
echo "exit $?"
