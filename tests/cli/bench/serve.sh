"$PYTHON" "$CLI/make_input.py" good good.onnx
printf 'time 0.01\nload\nrecords 1\nquit\n' | plumb bench good.onnx --serve > answers.txt
echo "exit $?"
"$PYTHON" -c '
import json
for line in open("answers.txt"):
    print(*sorted(json.loads(line)))'
echo 'time soon' | plumb bench good.onnx --serve 2>&1 > answers.txt
echo "exit $?"
echo 'stop' | plumb bench good.onnx --serve 2>&1 > answers.txt
echo "exit $?"
