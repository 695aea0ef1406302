#!/bin/bash
# Times Plumb: the shipped detector always; YOLOv5s beside other runtimes where the shared models and build/venv are there.
#
#   PLUMB=build/release/bin/plumb tools/bench.sh OUTPUT_FOLDER
#
# Compare figures of one output only: absolute times of two runs do not compare.
set -euo pipefail
root="$(cd "$(dirname "$0")/.." && pwd)"
out="${1:-build/bench}"
plumb="${PLUMB:-plumb}"
shared="${PLUMB_SHARED:-$root/../shared}"
python="${PLUMB_JUDGE_PYTHON:-$root/build/venv/bin/python}"
mkdir -p "$out"

# name, model, calibration pictures: converted once, int8 timed beside float.
time_both() {
  local artifact="$out/$1.plumb"
  if [ ! -f "$artifact" ] || [ "$2" -nt "$artifact" ] || [ "$plumb" -nt "$artifact" ]; then
    "$plumb" convert -q "$2" --calib "$3" --calib-limit 20 --check-limit 2 --no-judge --force -o "$artifact" \
      > "$out/$1.verdict.txt"
  fi
  echo "== $1, int8, then float"
  "$plumb" bench -q "$artifact" --threads 1,2
  "$plumb" bench -q "$2" --threads 1,2
}

example="$root/examples/shapes_detector"
time_both shapes_detector "$example/shapes_detector.onnx" "$example/calib"

if [ ! -f "$shared/bench/make_yolov5.py" ] || [ ! -x "$python" ]; then
  echo "YOLOv5s and the other runtimes are left out: there is no $shared/bench, or no $python"
  exit 0
fi
model="$out/yolov5s_relu.onnx"
[ -f "$model" ] || "$python" "$shared/bench/make_yolov5.py" --size s --act relu --input 640 --out "$model"
time_both yolov5s_relu "$model" "$shared/images/coco-calib"
echo "== yolov5s_relu, other runtimes that are installed, int8"
"$python" "$shared/bench/peers.py" "$model" --int8 --images "$shared/images/coco-calib" --threads 1,2
