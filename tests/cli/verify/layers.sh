# Every layer's error, and the tensors of both networks as files; what cannot be written there is left as it was.
model="$EXAMPLES/shapes_detector.onnx"
plumb convert -q "$model" --calib "$EXAMPLES/calib" --calib-limit 2 --check-limit 1 --golden none --no-judge -o a.plumb > /dev/null || exit
layers() {
  plumb verify -q a.plumb --against "$model" --data "$EXAMPLES/val" "$@"
}
layers --dump-layers dump --dump-form text > /dev/null
"$PYTHON" - <<'END'
import array, json, math, os
rows = json.load(open("dump/layers.json"))["layers"]
files = [row["file"] for row in rows if row["file"]]
assert len(set(files)) == len(files) > 50 and sorted(files) == sorted(os.listdir("dump/0/float")) == sorted(os.listdir("dump/0/artifact"))
assert all(row["file"] is None for row in rows if row["held"] is None) and any(row["held"] is None for row in rows)
judged = 0
for row in rows:
    if not row["file"] or os.path.getsize(f"dump/0/float/{row['file']}") > 100000:
        continue
    judged += 1
    a, b = (array.array("f", map(float, open(f"dump/0/{part}/{row['file']}"))) for part in ("float", "artifact"))
    distance = math.sqrt(math.fsum((x - y) ** 2 for x, y in zip(a, b)))
    lengths = math.sqrt(math.fsum(x * x for x in a) * math.fsum(y * y for y in b))
    cosine = math.fsum(x * y for x, y in zip(a, b)) / lengths if lengths else 1
    assert len(a) == len(b) and abs(distance - row["entire"]["euclidean"]) <= 1e-9 * (1 + distance), row
    assert abs(cosine - row["entire"]["cosine"]) <= 1e-9, row
assert judged > 20
print("files, and distances as they say")
print({row["kind"] for row in rows} == {"input", "layer", "conversion"}, rows[0]["name"], rows[1]["name"], rows[-1]["name"])
END
layers --dump-layers dump | sed -n '2,4p'
ls dump/0/float | head -1
echo mine > dump/note.txt
layers --dump-layers dump
layers --dump-layers a.plumb
layers --dump-layers a.plumb/x
layers --dump-layers .
layers --dump-layers dump/x --full
plumb verify -q a.plumb --layer-errors
"$PYTHON" - "$model" "$EXAMPLES/val" <<'END'
import glob, signal, subprocess, sys, time
program = subprocess.Popen(["plumb", "verify", "-q", "a.plumb", "--against", sys.argv[1], "--data", sys.argv[2], "--dump-layers", "half",
                            "--dump-form", "text"], preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
while not glob.glob("half.*.tmp/0/artifact/*") and program.poll() is None:
    time.sleep(0.01)
program.send_signal(signal.SIGINT)
print("interrupted:", program.wait() == -signal.SIGINT, glob.glob("half*"))
END
ls
