// The numbers of a product (a convolution or a matrix product) beside those of the same product made from the model: weights
// as real numbers, multipliers against what the scales beside them say.
#pragma once

#include "plumb/verify/diagnose/layer_comparison.h"

namespace plumb::verify {

// Both have constant weights.
[[nodiscard]] std::optional<LayerFault> CompareProducts(const artifact::Program& subject,
                                                        const artifact::Record& record,
                                                        const artifact::Program& twin,
                                                        const artifact::Record& other);

}  // namespace plumb::verify
