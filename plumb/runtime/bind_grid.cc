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

Result<float> RequireCentredScale(const BindContext& context, const artifact::TensorInfo& info) {
  PLUMB_ASSIGN_OR_RETURN(const TensorGrid grid, RequireTensorGrid(context, info));
  if (grid.zero_point != 0) {
    return context.Invalid(StrCat("zero point 0 for the 16-bit tensor '", info.name, "'"),
                           StrCat(grid.zero_point));
  }
  return grid.scale;
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

namespace {

struct ClampNames {
  std::string_view lo, hi;
};
Result<ClampRange> ReadClamp(const BindContext& context, const ClampNames& names, int64_t least,
                             int64_t most) {
  PLUMB_ASSIGN_OR_RETURN(const int64_t low, ReadIntWithin(context, names.lo, least, least, most));
  PLUMB_ASSIGN_OR_RETURN(const int64_t high, ReadIntWithin(context, names.hi, most, least, most));
  if (low > high) {
    return context.Invalid(StrCat(names.lo, " at most ", names.hi), StrCat(low, " and ", high));
  }
  return ClampRange{static_cast<int32_t>(low), static_cast<int32_t>(high)};
}

}  // namespace

Result<ClampRange> ReadClampRange(const BindContext& context, std::string_view lo,
                                  std::string_view hi) {
  return ReadClamp(context, {lo, hi}, -128, 127);
}
Result<ClampRange> ReadClampRange16(const BindContext& context) {
  return ReadClamp(context, {"clamp_lo", "clamp_hi"}, -32768, 32767);
}

}  // namespace plumb::runtime
