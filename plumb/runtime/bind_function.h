// The attribute `function` of conv, fully_connected and their like: a function of one number that
// the record ends with.
#pragma once

#include <array>
#include <string_view>

#include "plumb/kernels/unary/unary.h"
#include "plumb/runtime/binding.h"

namespace plumb::runtime {

// `apply` is null for no function. The parameters are the record's attributes of the same names
// (alpha, beta, ...).
struct BoundFunction {
  void (*apply)(const float* in, float* out, int64_t n, const float* parameters) = nullptr;
  std::array<float, 4> parameters = {};
};

// The function called `name` (a row of kernels/unary, or gelu with the attribute `approximate`),
// with its parameters read from the record's attributes.
[[nodiscard]] Result<BoundFunction> BindNamedFunction(const BindContext& context,
                                                      std::string_view name);
// What the attribute `function` names; absent or "none": no function.
[[nodiscard]] Result<BoundFunction> BindFunctionAttribute(const BindContext& context);

}  // namespace plumb::runtime
