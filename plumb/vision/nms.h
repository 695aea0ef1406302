// Non-maximum suppression, semantics version 1.
//
// Candidates are taken by falling score, equal scores in the order given. One is kept unless its
// intersection over union with a box kept before (of the same label, in the class-aware form) is
// above the threshold. IoU is of continuous boxes: area = (x2 - x1) * (y2 - y1), without + 1; 0
// when the union is empty; binary32. Stops at `max_detections` kept boxes of the picture.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "plumb/vision/decode.h"
#include "plumb/vision/detection.h"

namespace plumb::vision {

inline constexpr int kNmsVersion = 1;

enum class NmsScope { kClassAware, kClassAgnostic };

struct NmsOptions {
  float iou_threshold = 0.45F;
  NmsScope scope = NmsScope::kClassAware;
  int max_detections = 300;
};

[[nodiscard]] float Iou(const Detection& a, const Detection& b);
// The kept ones, by falling score.
[[nodiscard]] std::vector<Detection> Nms(std::vector<Detection> candidates,
                                         const NmsOptions& options);

// What differs from the decode contract.
struct BoxOptions {
  std::optional<float> score, iou;  // thresholds
  int max_detections = 0;           // 0: the contract's
  ClassMode class_mode = ClassMode::kBest;
};
[[nodiscard]] NmsOptions NmsOf(const artifact::DecodeContract& contract, const BoxOptions& options);
// Decode, then Nms: boxes in pixels of the network's input, by falling score.
[[nodiscard]] Result<std::vector<Detection>> Boxes(const artifact::DecodeContract& contract,
                                                   std::span<const ConstTensorView> outputs,
                                                   int input_width, int input_height,
                                                   const BoxOptions& options);

}  // namespace plumb::vision
