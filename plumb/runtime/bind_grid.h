// Grids of integer tensors as the kernels want them.
#pragma once

#include <vector>

#include "plumb/runtime/binding.h"

namespace plumb::runtime {

// One scale and zero point for each channel.
struct ChannelGrid {
  std::vector<float> scale;
  std::vector<int32_t> zero_point;
};

// The grid of the tensor, per tensor; an error where it has none or one per channel.
struct TensorGrid {
  float scale;
  int32_t zero_point;
};
Result<TensorGrid> RequireTensorGrid(const BindContext& context, const artifact::TensorInfo& info);
// The grid spread over the last axis; an error where it has none or one of another axis.
Result<ChannelGrid> RequireChannelGrid(const BindContext& context,
                                       const artifact::TensorInfo& info);
// The scale of a tensor whose one zero point is 0, as 16-bit tensors have it.
Result<float> RequireCentredScale(const BindContext& context, const artifact::TensorInfo& info);
// An attribute within [low, high]; `fallback` where it is left out.
Result<int64_t> ReadIntWithin(const BindContext& context, std::string_view name, int64_t fallback,
                              int64_t low, int64_t high);
// The limits of an output of signed 8 bits (or 16), from two attributes.
struct ClampRange {
  int32_t lo;
  int32_t hi;
};
Result<ClampRange> ReadClampRange(const BindContext& context, std::string_view lo = "clamp_lo",
                                  std::string_view hi = "clamp_hi");
Result<ClampRange> ReadClampRange16(const BindContext& context);  // clamp_lo, clamp_hi

}  // namespace plumb::runtime
