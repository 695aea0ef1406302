#include "plumb/runtime/bind_grid.h"

namespace plumb::runtime {

Result<TensorGrid> RequireTensorGrid(const BindContext& context, const artifact::TensorInfo& info) {
  const Quantization& grid = info.quantization;
  if (grid.empty() || grid.per_channel()) {
    return context.Invalid(
        StrCat("one scale and zero point for tensor '", info.name, "'"),
        grid.empty() ? std::string("none") : StrCat("one for each index of axis ", grid.axis));
  }
  return TensorGrid{grid.scale[0], grid.zero_point[0]};
}

Result<ChannelGrid> RequireChannelGrid(const BindContext& context,
                                       const artifact::TensorInfo& info) {
  const Quantization& grid = info.quantization;
  const size_t channels = info.shape.empty() ? 1 : static_cast<size_t>(info.shape.back());
  if (grid.empty()) {
    return context.Invalid(StrCat("a scale and zero point for tensor '", info.name, "'"), "none");
  }
  if (!grid.per_channel()) {
    return ChannelGrid{std::vector<float>(channels, grid.scale[0]),
                       std::vector<int32_t>(channels, grid.zero_point[0])};
  }
  if (grid.axis != static_cast<int>(info.shape.size()) - 1) {
    return context.Invalid(StrCat("a grid of tensor '", info.name, "' along its last axis"),
                           StrCat("axis ", grid.axis, " of ", info.shape.size()));
  }
  return ChannelGrid{grid.scale, grid.zero_point};
}

Result<int64_t> ReadIntWithin(const BindContext& context, std::string_view name, int64_t fallback,
                              int64_t low, int64_t high) {
  if (!context.attributes().Has(name)) {
    return fallback;
  }
  Result<int64_t> value = context.attributes().RequireInt(name);
  if (!value.ok()) {
    return context.Invalid(StrCat("an integer '", name, "'"), value.status().message());
  }
  if (*value < low || *value > high) {
    return context.Invalid(StrCat(name, " within ", low, "..", high), StrCat(*value));
  }
  return value;
}

Result<ClampRange> ReadClampRange(const BindContext& context, std::string_view lo,
                                  std::string_view hi) {
  PLUMB_ASSIGN_OR_RETURN(const int64_t low, ReadIntWithin(context, lo, -128, -128, 127));
  PLUMB_ASSIGN_OR_RETURN(const int64_t high, ReadIntWithin(context, hi, 127, -128, 127));
  if (low > high) {
    return context.Invalid(StrCat(lo, " at most ", hi), StrCat(low, " and ", high));
  }
  return ClampRange{static_cast<int32_t>(low), static_cast<int32_t>(high)};
}

}  // namespace plumb::runtime
