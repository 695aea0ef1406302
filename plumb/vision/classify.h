// The best classes of a classifier's output.
#pragma once

#include <span>
#include <vector>

#include "plumb/artifact/decode_contract.h"
#include "plumb/base/status.h"
#include "plumb/base/tensor.h"

namespace plumb::vision {

struct ClassScore {
  int32_t label = 0;
  float score = 0;  // probability
};

// The k best of one row of class scores, by falling value, equal ones by index; softmax over the
// row (sum in index order, binary32) unless `contract.scores_activated`. `output`: f32, its
// non-unit dimension the classes.
[[nodiscard]] Result<std::vector<ClassScore>> TopClasses(const artifact::DecodeContract& contract,
                                                         const ConstTensorView& output, int k);

}  // namespace plumb::vision
