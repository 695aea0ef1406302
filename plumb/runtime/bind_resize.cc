// resize.
#include <cmath>

#include "plumb/kernels/common/index_map.h"
#include "plumb/kernels/resize/resize.h"
#include "plumb/runtime/bind_support.h"

namespace plumb::runtime {
namespace {

using kernels::CoordinateMode;

struct AxisPass {
  kernels::ResizeTaps taps;
  int64_t outer = 1;
  int64_t inner = 1;
};

// Overwrites every output element whose coordinate on some axis lies outside (tf_crop_and_resize).
struct Extrapolation {
  std::vector<std::vector<uint8_t>> outside;  // for each axis, empty where nothing is outside
  float value = 0;

  [[nodiscard]] bool any() const {
    return std::any_of(outside.begin(), outside.end(),
                       [](const auto& axis) { return !axis.empty(); });
  }
  void Apply(std::span<const int64_t> shape, float* output) const {
    const int64_t count = NumElements(shape);
    for (int64_t at = 0; at < count; ++at) {
      int64_t rest = at;
      for (size_t d = shape.size(); d-- > 0;) {
        const int64_t i = rest % shape[d];
        rest /= shape[d];
        if (!outside[d].empty() && outside[d][static_cast<size_t>(i)] != 0) {
          output[at] = value;
          break;
        }
      }
    }
  }
};

Result<std::vector<kernels::ResizeAxis>> AxesOf(const BindContext& context, CoordinateMode mode) {
  const Shape& in = context.input(0).shape;
  const Shape& out = context.output(0).shape;
  if (in.size() != out.size()) {
    return context.Invalid(StrCat("an output of rank ", in.size()), ShapeToString(out));
  }
  std::vector<float> scales;
  if (context.attributes().Has("scales")) {
    PLUMB_ASSIGN_OR_RETURN(scales, context.attributes().RequireFloats("scales"));
  }
  std::vector<float> roi;
  if (context.attributes().Has("roi")) {
    PLUMB_ASSIGN_OR_RETURN(roi, context.attributes().RequireFloats("roi"));
  }
  if ((!scales.empty() && scales.size() != in.size()) ||
      (!roi.empty() && roi.size() != 2 * in.size()) ||
      (mode == CoordinateMode::kTfCropAndResize && roi.empty())) {
    return context.Invalid(
        StrCat("a scale for each of ", in.size(), " axes, and two values of roi where it is used"),
        StrCat(scales.size(), " scales, ", roi.size(), " roi"));
  }
  std::vector<kernels::ResizeAxis> axes;
  for (size_t d = 0; d < in.size(); ++d) {
    if (in[d] < 1 && out[d] > 0 && NumElements(out) > 0) {
      return context.Invalid(StrCat("something to resize along axis ", d), "0 elements");
    }
    kernels::ResizeAxis axis;
    axis.in = in[d];
    axis.out = out[d];
    axis.scale = scales.empty()
                     ? static_cast<float>(out[d]) / static_cast<float>(std::max<int64_t>(1, in[d]))
                     : scales[d];
    if (!(axis.scale > 0) || !std::isfinite(axis.scale)) {
      return context.Invalid("positive scales", StrCat("scale ", axis.scale));
    }
    if (!roi.empty()) {
      axis.roi_start = roi[d];
      axis.roi_end = roi[in.size() + d];
    }
    axes.push_back(axis);
  }
  return axes;
}

// Where the rows of the last axis lie apart, the plan must copy them whole.
Status SetPitches(const BindContext& context, kernels::IndexMapPlan& plan) {
  if (context.input(0).shape.empty()) {
    return {};
  }
  const int64_t size = ElementSize(context, 0);
  const int64_t in = context.input(0).shape.back(), out = context.output(0).shape.back();
  if (context.input_pitch(0) == in && context.output_pitch(0) == out) {
    return {};
  }
  if (plan.block_bytes != in * size || in != out) {
    return context.Invalid("channels that the resize leaves whole", "others");
  }
  for (auto& axis : plan.axes) {
    axis.source_step = axis.source_step / in * context.input_pitch(0);
  }
  plan.block_step = context.output_pitch(0) * size;
  return {};
}

}  // namespace

// Nearest neighbours of whole pixels, whose rows may lie apart.
Placement PlaceResize(const BindContext& context) {
  const Result<std::string> mode = StringOr(context, "mode", "nearest");
  const bool pixels = context.HasInput(0) && mode.ok() && *mode == "nearest" &&
                      context.input(0).shape.size() == 4 && context.output(0).shape.size() == 4 &&
                      context.input(0).shape[3] == context.output(0).shape[3] &&
                      context.input(0).shape[3] > 1 &&
                      context.input(0).shape[2] != context.output(0).shape[2];
  return {.pitched_inputs = pixels ? 1u : 0u, .pitched_output = pixels};
}

Result<std::unique_ptr<BoundRecord>> BindResize(const BindContext& context) {
  PLUMB_RETURN_IF_ERROR(RequirePlain(context, 1, 1, 1));
  PLUMB_RETURN_IF_ERROR(RequireOutputType(context, 0));
  PLUMB_ASSIGN_OR_RETURN(const size_t interpolation,
                         ChoiceOr(context, "mode", "nearest", {"nearest", "linear", "cubic"}));
  PLUMB_ASSIGN_OR_RETURN(const size_t coordinate,
                         ChoiceOr(context, "coordinate_transformation_mode", "half_pixel",
                                  {"half_pixel", "half_pixel_symmetric", "pytorch_half_pixel",
                                   "align_corners", "asymmetric", "tf_crop_and_resize"}));
  const auto mode = static_cast<CoordinateMode>(coordinate);
  PLUMB_ASSIGN_OR_RETURN(const size_t nearest,
                         ChoiceOr(context, "nearest_mode", "round_prefer_floor",
                                  {"round_prefer_floor", "round_prefer_ceil", "floor", "ceil"}));
  PLUMB_ASSIGN_OR_RETURN(const float extrapolation, FloatOr(context, "extrapolation_value", 0.0f));
  PLUMB_ASSIGN_OR_RETURN(const auto axes, AxesOf(context, mode));
  const Shape& in = context.input(0).shape;
  const Shape& out = context.output(0).shape;
  if (NumElements(out) == 0) {
    return MakeRecord([](const RunContext&) {});
  }
  if (interpolation == 0) {
    std::vector<std::vector<int64_t>> maps;
    bool outside = false;
    for (const auto& axis : axes) {
      maps.push_back(kernels::NearestMap(axis, mode, static_cast<kernels::NearestMode>(nearest)));
      outside =
          outside || std::find(maps.back().begin(), maps.back().end(), -1) != maps.back().end();
    }
    if (outside && context.output(0).dtype != DType::kF32) {
      return context.Invalid("f32 where values are extrapolated",
                             DTypeName(context.output(0).dtype));
    }
    kernels::IndexMapPlan whole =
        kernels::MakeIndexMapPlan(in, std::move(maps), ElementSize(context, 0));
    PLUMB_RETURN_IF_ERROR(SetPitches(context, whole));
    return MakeRecord([plan = std::move(whole), extrapolation](const RunContext& run) {
      const double none =
          0;  // wide enough for an element of any type; used where values are extrapolated, in f32
      const void* fill = plan.element_size == 4 ? static_cast<const void*>(&extrapolation) : &none;
      kernels::IndexMapCopy(plan, run.inputs[0].raw, fill, run.outputs[0].raw, run.pool);
    });
  }
  PLUMB_RETURN_IF_ERROR(context.RequireInput(0, DType::kF32));
  kernels::InterpolationOptions options;
  options.kind =
      interpolation == 1 ? kernels::Interpolation::kLinear : kernels::Interpolation::kCubic;
  options.mode = mode;
  PLUMB_ASSIGN_OR_RETURN(options.cubic_a, FloatOr(context, "cubic_coeff_a", -0.75f));
  PLUMB_ASSIGN_OR_RETURN(const int64_t exclude, IntOr(context, "exclude_outside", 0));
  PLUMB_ASSIGN_OR_RETURN(const int64_t antialias, IntOr(context, "antialias", 0));
  options.exclude_outside = exclude != 0;
  options.antialias = antialias != 0;
  // One pass for each axis that changes, outermost first; between passes the tensor lies in one of
  // two scratch buffers.
  std::vector<AxisPass> passes;
  Extrapolation outside;
  outside.value = extrapolation;
  Shape shape = in;
  int64_t largest = 0;
  for (size_t d = 0; d < in.size(); ++d) {
    outside.outside.emplace_back();
    if (in[d] == out[d] && axes[d].scale == 1.0f && mode != CoordinateMode::kTfCropAndResize) {
      continue;
    }
    AxisPass pass;
    pass.taps = kernels::MakeResizeTaps(axes[d], options);
    pass.outer = ProductOf(shape, 0, d);
    pass.inner = ProductOf(shape, d + 1, shape.size());
    outside.outside.back() = pass.taps.outside;
    passes.push_back(std::move(pass));
    shape[d] = out[d];
    largest = std::max(largest, NumElements(shape));
  }
  const size_t buffer = passes.size() > 1 ? static_cast<size_t>(largest) * sizeof(float) : 0;
  return MakeRecord(
      [passes = std::move(passes), outside = std::move(outside), buffer](const RunContext& run) {
        const auto* from = static_cast<const float*>(run.inputs[0].raw);
        auto* output = static_cast<float*>(run.outputs[0].raw);
        if (passes.empty()) {
          std::memcpy(output, from, run.outputs[0].bytes());
          return;
        }
        for (size_t i = 0; i < passes.size(); ++i) {
          const bool last = i + 1 == passes.size();
          auto* to =
              last ? output : reinterpret_cast<float*>(run.scratch.data() + (i % 2) * buffer);
          kernels::ResizeAlongAxis(passes[i].taps, passes[i].outer, passes[i].inner, from, to,
                                   run.pool);
          from = to;
        }
        if (outside.any()) {
          outside.Apply(run.outputs[0].shape, output);
        }
      },
      {2 * buffer, 0});
}

}  // namespace plumb::runtime
