// ONNX operators that are no primitives here: constants, and compositions of others (layer
// normalization, Gemm).
#pragma once

#include <span>
#include <string_view>

#include "plumb/ops/op_def.h"

namespace plumb::onnx {

[[nodiscard]] const ops::ImportRule* FindComposite(std::string_view type);

// One function for each file of rules.
std::span<const ops::ImportRule> ConstantRules();
std::span<const ops::ImportRule> EinsumRules();
std::span<const ops::ImportRule> NormalizationRules();
std::span<const ops::ImportRule> ProductRules();
std::span<const ops::ImportRule> QuantizedRules();
std::span<const ops::ImportRule> SimpleRules();

}  // namespace plumb::onnx
