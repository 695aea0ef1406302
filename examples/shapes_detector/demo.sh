#!/bin/bash
# The whole path on the shipped detector: convert it, compare int8 with float, time it, draw boxes. 'make demo' runs this.
#
#   PLUMB=path/to/plumb examples/shapes_detector/demo.sh OUTPUT_FOLDER
set -euo pipefail
here="$(dirname "$0")"
out="${1:-build/demo}"
plumb="${PLUMB:-plumb}"
model="$here/shapes_detector.onnx"
artifact="$out/shapes_detector.plumb"
mkdir -p "$out"

title() { printf '\n== %s\n' "$*"; }

title "1. Convert to int8: ranges from 32 pictures, then the verdict"
"$plumb" convert -q "$model" --calib "$here/calib" --labels "$here/labels.txt" -o "$artifact"

title "2. Float beside int8 on 64 pictures that were not used for calibration"
"$plumb" eval "$artifact" --compare "$model" --task coco --data "$here/instances_val.json" --images "$here/val" -q

title "3. Time for one picture, one and two threads: int8, then float"
"$plumb" bench "$artifact" --threads 1,2 -q
"$plumb" bench "$model" --threads 1,2 -q

title "4. Boxes"
"$plumb" detect "$artifact" "$here/val/val_002.jpg" -o "$out/boxes.jpg" -q

title "Look at"
printf '  %-34s %s\n' "$out/boxes.jpg" "the picture with its boxes" "$artifact" "the artifact: 'plumb inspect' says what is in it" \
  README.md "the same with your own network"
