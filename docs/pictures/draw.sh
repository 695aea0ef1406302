#!/bin/sh
# Draws the pictures of docs/wrong-boxes.md: one drawn scene, read rightly and wrongly.
#
#   docs/pictures/draw.sh [PLUMB]        default: plumb
set -eu
plumb=${1:-plumb}
here=$(cd "$(dirname "$0")" && pwd)
shapes=$here/../../examples/shapes_detector
draw() {
  name=$1
  shift
  "$plumb" detect -q "$shapes/shapes_detector.onnx" "$shapes/val/val_002.jpg" --labels "$shapes/labels.txt" \
    -o "$here/$name.jpg" "$@" > /dev/null 2>&1
}
draw right
draw sigmoid_twice --decode yolov5,sigmoid=raw,boxes=in_graph --trust-contract
draw no_suppression --iou 0.95
draw wrong_scale --std 1
