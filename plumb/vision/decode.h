// From a detector's output tensors to candidate boxes, by the decode contract. s is a level's
// stride, (i, j) the column and row of a cell, A(w,h) an anchor, sig the logistic function; sizes
// in pixels of the network's input.
//
//   yolov5           t = scores_activated ? v : sig(v), for all of a cell's values
//                    cx = (2 t0 - 0.5 + i) s   cy = (2 t1 - 0.5 + j) s   w = (2 t2)^2 Aw   h = (2
//                    t3)^2 Ah score = t4 * t[5 + class]                       decoded: cx, cy, w, h
//                    as they are
//   yolov8           l, t, r, b = sum over k of k * softmax(bins)[k], reg_max bins each (reg_max 1:
//   the value itself)
//                    x1 = (i + 0.5 - l) s   y1 = (j + 0.5 - t) s   x2 = (i + 0.5 + r) s   y2 = (j +
//                    0.5 + b) s score = class, through sig unless activated     decoded: cx, cy, w,
//                    h as they are
//   yolox            cx = (v0 + i) s   cy = (v1 + j) s   w = exp(v2) s   h = exp(v3) s
//                    score = objectness * class, each through sig unless activated    decoded: as
//                    yolov5
//   yolo-fastestv2   channels: 4 per anchor, 1 objectness per anchor, classes shared by the
//   anchors; box as yolov5;
//                    score = objectness * class; unless activated: sig on box and objectness,
//                    softmax over the classes
//   ssd              boxes x1, y1, x2, y2 in 0..1; score = class k + 1 (k = 0 is background;
//   softmax unless activated) yunet            cx = (v0 + i) s   cy = (v1 + j) s   w = exp(v2) s h
//   = exp(v3) s   keypoint = (v + (i, j)) s
//                    score = sqrt(class * objectness), both clamped to 0..1, through sig unless
//                    activated
//
// A level's cells come row by row; a tensor that holds all levels holds them in the order of
// `strides` (yolov5 undecoded: anchor by anchor within a level). Levels have ceil(W/s) x ceil(H/s)
// cells unless the tensor is a map with sides of its own. Candidates come in this order: level,
// anchor, cell, class. Boxes that are not finite are dropped.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "plumb/artifact/decode_contract.h"
#include "plumb/base/status.h"
#include "plumb/base/tensor.h"
#include "plumb/vision/detection.h"

namespace plumb::vision {

enum class ClassMode {
  kBest,   // the best class of a box (the first of equals): for detection
  kEvery,  // every class of a box whose score reaches the threshold: for evaluation
};

struct DecodeOptions {
  float score_threshold = 0.25F;  // candidates have at least this
  ClassMode class_mode = ClassMode::kBest;
};

// `outputs`: the program's outputs in order, f32, batch 1. `input_width`, `input_height`: of the
// network's input. Outputs that do not fit the contract are an invalid-model error that names the
// output, expected and found.
[[nodiscard]] Result<std::vector<Detection>> Decode(const artifact::DecodeContract& contract,
                                                    std::span<const ConstTensorView> outputs,
                                                    int input_width, int input_height,
                                                    const DecodeOptions& options);

// Whether outputs of these shapes fit the contract, without decoding.
Status CheckDecode(const artifact::DecodeContract& contract, std::span<const Shape> outputs,
                   int input_width, int input_height);

// "yolov5", "yolov8", "yolox", "yolo-fastestv2", "ssd", "yunet", "classifier", "none".
[[nodiscard]] std::string_view FamilyName(artifact::Family family);
// The family of a name; usage error that lists the known ones.
[[nodiscard]] Result<artifact::Family> FamilyFromName(std::string_view name);
[[nodiscard]] bool IsDetector(artifact::Family family);

}  // namespace plumb::vision
