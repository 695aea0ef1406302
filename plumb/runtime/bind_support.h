// What the bindings of the plain kernels share: records made from a function, checks of ranks, axes
// and attributes.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "plumb/runtime/binding.h"

namespace plumb::runtime {

// Bytes of scratch: once, and for each thread.
struct Scratch {
  size_t fixed = 0;
  size_t per_thread = 0;
};

// A record that runs `run(context)`; what it needs it holds by value.
template <typename F>
class FunctionRecord final : public BoundRecord {
 public:
  FunctionRecord(F run, Scratch scratch) : run_(std::move(run)), scratch_(scratch) {}
  [[nodiscard]] size_t scratch_bytes(int threads) const override {
    return scratch_.fixed + static_cast<size_t>(threads) * scratch_.per_thread;
  }
  void Run(const RunContext& context) const override { run_(context); }

 private:
  F run_;
  Scratch scratch_;
};

template <typename F>
Result<std::unique_ptr<BoundRecord>> MakeRecord(F run, Scratch scratch = {}) {
  return std::unique_ptr<BoundRecord>(std::make_unique<FunctionRecord<F>>(std::move(run), scratch));
}

// Inputs 0..required-1 are there, and every tensor has a rank that the kernels' loops hold
// (kMaxTensorRank).
Status RequirePlain(const BindContext& context, size_t min_inputs, size_t max_inputs,
                    size_t outputs);
// Input i, required, has the type of output 0 and, where both have one scale, the same grid.
Status RequireOutputType(const BindContext& context, size_t i);
// What moves from one to the other is not rescaled: where both have one scale and zero point they
// are the same.
Status RequireSameGrid(const BindContext& context, const artifact::TensorInfo& from,
                       const artifact::TensorInfo& to);
Status RequireInputShape(const BindContext& context, size_t i, const Shape& expected);
// s32 or s64.
Status RequireIndexInput(const BindContext& context, size_t i);

// Attributes with a default; of another type: an error.
Result<int64_t> IntOr(const BindContext& context, std::string_view name, int64_t fallback);
Result<float> FloatOr(const BindContext& context, std::string_view name, float fallback);
Result<std::string> StringOr(const BindContext& context, std::string_view name,
                             std::string_view fallback);
// Exactly `count` integers within [low, high].
Result<std::vector<int64_t>> IntsWithin(const BindContext& context, std::string_view name,
                                        size_t count, int64_t low, int64_t high);
// "axis", within [-rank, rank), counted from the front.
Result<int64_t> AxisOr(const BindContext& context, int64_t fallback, size_t rank);

// "perm", a permutation of the axes of `in` that gives output 0 its shape.
Result<std::vector<int64_t>> PermutationOf(const BindContext& context, const Shape& in);

// Which entry of `names` the string attribute is; an error naming the choices when none.
Result<size_t> ChoiceOr(const BindContext& context, std::string_view name,
                        std::string_view fallback, const std::vector<std::string_view>& names);

inline int64_t ElementSize(const BindContext& context, size_t output) {
  return static_cast<int64_t>(DTypeSize(context.output(output).dtype));
}

// Product of shape[begin, end).
[[nodiscard]] int64_t ProductOf(const Shape& shape, size_t begin, size_t end);

}  // namespace plumb::runtime
