// Whether another program's boxes are what Plumb's tensors give under another rule of suppression.
#pragma once

#include <span>
#include <vector>

#include "plumb/api/boxes_file.h"
#include "plumb/artifact/decode_contract.h"
#include "plumb/verify/nms_check.h"
#include "plumb/vision/preprocess.h"

namespace plumb {

// One picture: our candidates down to a low score, in pixels of the network's input, where the
// picture lies in it, and what the other program found, in pixels of the picture.
struct ComparedPicture {
  std::vector<vision::Detection> candidates;
  vision::Placement placement;
  std::vector<FileBox> theirs;
};

// The least score of the candidates that ComparedPicture should hold: other programs keep weaker
// boxes than we do.
inline constexpr float kComparedScore = 0.005f;

// Numbers of classes are taken in the way that locates most boxes. A `plumb run --save` of both sides
// tells more where the tensors do not agree.
[[nodiscard]] verify::NmsExplanation CompareBoxes(std::span<const ComparedPicture> pictures,
                                                  const artifact::DecodeContract& contract);

}  // namespace plumb
