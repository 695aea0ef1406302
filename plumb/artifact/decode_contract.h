// The decode contract: how the network's outputs become boxes or classes. plumb/vision/decode.h
// states the arithmetic.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "plumb/artifact/io_contract.h"

namespace plumb::artifact {

// Values of these enums are stored: never renumber.
enum class Family : uint8_t {
  kNone = 0,
  kYolov5 = 1,  // and v7: anchors, x,y,w,h,objectness,classes
  kYolov8 = 2,  // and 11: anchor-free, box distances (DFL), classes, no objectness
  kYolox = 3,
  kYoloFastestV2 = 4,
  kSsd = 5,  // boxes and softmax scores decoded in the graph (UltraFace)
  kYunet = 6,
  kClassifier = 7,
};

// What one output holds.
enum class OutputRole : uint8_t {
  kIgnored = 0,  // not read by the decoder
  kAll = 1,      // boxes, objectness and classes of one level, or of all levels when stride is 0
  kBox = 2,      // box values alone
  kObjectness = 3,
  kClasses = 4,
  kScoreSum = 5,   // the model zoo's sum of class scores: a shortcut, not read
  kKeypoints = 6,  // x, y pairs
};

// Where the values of one box lie.
enum class OutputLayout : uint8_t {
  kChannelsFirst = 0,  // [1,C,H,W] or [1,C,N]
  kChannelsLast = 1,   // [1,H,W,C] or [1,N,C]
  kAnchorsFirst = 2,   // [1,A,H,W,C]
};

struct DecodeOutput {
  int32_t output = 0;  // index into the program's outputs
  OutputRole role = OutputRole::kIgnored;
  OutputLayout layout = OutputLayout::kChannelsFirst;
  int32_t stride = 0;  // of the level, in input pixels; 0: all levels, one after another
  std::vector<float>
      anchors;  // w, h pairs in input pixels; families with anchors and undecoded heads only
  bool operator==(const DecodeOutput&) const = default;
};

struct DecodeContract {
  Family family = Family::kNone;
  std::vector<DecodeOutput> outputs;
  int32_t classes = 0;
  std::vector<std::string> labels;  // one per class
  bool boxes_decoded =
      false;  // the graph ends with boxes: pixels of the input (kSsd: corners in 0..1)
  bool scores_activated = false;  // sigmoid (softmax) applied in the graph: "sigmoid=in_graph"
  int32_t reg_max = 16;  // kYolov8: bins a side of the box distribution; 1: plain distances
  std::vector<int32_t>
      strides;  // of the levels, ascending; what a [.,N,.] output of all levels follows
  float score_threshold = 0.25F;  // defaults of `detect`
  float iou_threshold = 0.45F;
  bool class_agnostic_nms = false;
  int32_t max_detections = 300;  // a picture

  Source family_source = Source::kUnknown;
  Source scores_source = Source::kUnknown;  // of scores_activated
  Source anchors_source = Source::kUnknown;
  Source strides_source = Source::kUnknown;
  Source classes_source = Source::kUnknown;
  Source labels_source = Source::kUnknown;
  bool operator==(const DecodeContract&) const = default;
};

}  // namespace plumb::artifact
