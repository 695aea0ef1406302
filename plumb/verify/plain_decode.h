// Rung V8: a second decoder and suppression, written from the formulas that plumb/vision/decode.h and nms.h state, with
// everything copied out and looped over. Slow, and not a line shared with the first.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "plumb/artifact/decode_contract.h"
#include "plumb/base/status.h"
#include "plumb/base/tensor.h"
#include "plumb/vision/detection.h"

namespace plumb::verify {

// What vision::Boxes gives with the contract's own thresholds. Outputs must fit the contract.
[[nodiscard]] Result<std::vector<vision::Detection>> PlainBoxes(
    const artifact::DecodeContract& contract, std::span<const ConstTensorView> outputs,
    int input_width, int input_height);

struct DecodeCheck {
  size_t pictures = 0;
  size_t boxes = 0;        // found by both, the same and in the same order
  std::string difference;  // the first; empty: none
  [[nodiscard]] bool agrees() const { return difference.empty(); }
};

// Adds one picture's comparison.
Status AddDecodeCheck(const artifact::DecodeContract& contract,
                      std::span<const ConstTensorView> outputs, int input_width, int input_height,
                      DecodeCheck& check);

}  // namespace plumb::verify
