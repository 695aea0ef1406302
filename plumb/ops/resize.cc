// resize(x, roi?, scales?, sizes?): a tensor sampled at other positions.

#include <algorithm>
#include <cmath>
#include <numeric>

#include "plumb/ops/import_rules.h"
#include "plumb/ops/lowering.h"
#include "plumb/ops/shape_rules.h"

namespace plumb::ops {
namespace {

template <size_t kCount>
bool OneOf(const std::string& text, const std::string_view (&choices)[kCount]) {
  return std::find(std::begin(choices), std::end(choices), text) != std::end(choices);
}
constexpr std::string_view kModes[] = {"nearest", "linear", "cubic"};
constexpr std::string_view kCoordinates[] = {
    "half_pixel", "half_pixel_symmetric", "pytorch_half_pixel",  "align_corners",
    "asymmetric", "tf_crop_and_resize",   "tf_half_pixel_for_nn"};
constexpr std::string_view kNearest[] = {"round_prefer_floor", "round_prefer_ceil", "floor",
                                         "ceil"};
constexpr std::string_view kPolicies[] = {"stretch", "not_larger", "not_smaller"};

bool ModesAreKnown(const NodeView& n) {
  const Attributes& a = n.attributes();
  return OneOf(a.String("mode", "nearest"), kModes) &&
         OneOf(a.String("coordinate_transformation_mode", "half_pixel"), kCoordinates) &&
         OneOf(a.String("nearest_mode", "round_prefer_floor"), kNearest) &&
         OneOf(a.String("keep_aspect_ratio_policy", "stretch"), kPolicies);
}
std::string FoundModes(const NodeView& n) {
  const Attributes& a = n.attributes();
  return StrCat("mode '", a.String("mode", "nearest"), "', coordinate_transformation_mode '",
                a.String("coordinate_transformation_mode", "half_pixel"), "', nearest_mode '",
                a.String("nearest_mode", "round_prefer_floor"), "', keep_aspect_ratio_policy '",
                a.String("keep_aspect_ratio_policy", "stretch"), "'");
}
// An empty scales or sizes tensor counts as left out.
bool Given(const NodeView& n, size_t i) { return n.HasInput(i) && NumElements(n.shape(i)) != 0; }
bool ScalesOrSizes(const NodeView& n) { return Given(n, 2) != Given(n, 3); }
bool TypeFits(const NodeView& n) {
  return n.dtype(0) == DType::kF32 ||
         (DTypeSize(n.dtype(0)) <= 2 && n.attributes().String("mode", "nearest") == "nearest");
}
constexpr Constraint kConstraints[] = {
    {"C1", "x and, optionally, roi, scales and sizes", TakesInputs<1, 4>, FoundInputCount},
    {"C2", "mode, coordinates and nearest mode are known", ModesAreKnown, FoundModes},
    {"C3", "scales or sizes, not both", ScalesOrSizes, FoundTypes},
    {"C4", "x is f32, or of one or two bytes with mode nearest", TypeFits, FoundTypes},
};

using Kind = AttributeRule::Kind;
constexpr AttributeRule kAttributes[] = {{"mode", Kind::kString},
                                         {"coordinate_transformation_mode", Kind::kString},
                                         {"nearest_mode", Kind::kString},
                                         {"cubic_coeff_a", Kind::kFloat},
                                         {"exclude_outside", Kind::kInt},
                                         {"extrapolation_value", Kind::kFloat},
                                         {"antialias", Kind::kInt},
                                         {"keep_aspect_ratio_policy", Kind::kString},
                                         {"axes", Kind::kInts}};

struct Sampling {
  Shape sizes;
  std::vector<float> scales;
  std::vector<float> roi;  // 2 * rank: starts, then ends
};

Result<Sampling> Resolve(const NodeView& n) {
  const Shape in = n.shape(0);
  const size_t rank = in.size();
  std::vector<int64_t> axes(rank);
  std::iota(axes.begin(), axes.end(), 0);
  axes = n.attributes().Ints("axes", axes);
  if (!NormalizeAxes(axes, n.rank(0))) {
    return NodeError(n, "axes ", ShapeToString(axes), " of data of rank ", rank,
                     "; expected different axes that exist");
  }
  for (int64_t& axis : axes) {
    axis = *NormalizeAxis(axis, n.rank(0));
  }
  Sampling s{in, std::vector<float>(rank, 1.0f), std::vector<float>(2 * rank, 0.0f)};
  std::fill(s.roi.begin() + static_cast<ptrdiff_t>(rank), s.roi.end(), 1.0f);
  const bool crop =
      n.attributes().String("coordinate_transformation_mode", "half_pixel") == "tf_crop_and_resize";
  if (crop) {
    if (!n.HasInput(1)) {
      return NodeError(n, "roi is left out; expected it with tf_crop_and_resize");
    }
    PLUMB_ASSIGN_OR_RETURN(const std::vector<float> roi, ParameterFloats(n, 1, "roi"));
    if (roi.size() != 2 * axes.size()) {
      return NodeError(n, "roi has ", roi.size(), " entries; expected ", 2 * axes.size());
    }
    for (size_t i = 0; i < axes.size(); ++i) {
      s.roi[static_cast<size_t>(axes[i])] = roi[i];
      s.roi[static_cast<size_t>(axes[i]) + rank] = roi[i + axes.size()];
    }
  }
  constexpr float kMost = 4294967296.0f;
  if (Given(n, 2)) {
    PLUMB_ASSIGN_OR_RETURN(const std::vector<float> scales, ParameterFloats(n, 2, "scales"));
    if (scales.size() != axes.size()) {
      return NodeError(n, scales.size(), " scales; expected ", axes.size());
    }
    for (size_t i = 0; i < axes.size(); ++i) {
      const auto axis = static_cast<size_t>(axes[i]);
      float size = static_cast<float>(in[axis]) * scales[i];
      if (crop) {
        size *= s.roi[axis + rank] - s.roi[axis];
      }
      if (!(scales[i] > 0) || !(size >= 0 && size < kMost)) {
        return NodeError(n, "scale ", scales[i], " of axis ", axis,
                         "; expected a positive number that gives fewer than 2^32 positions");
      }
      s.scales[axis] = scales[i];
      s.sizes[axis] = static_cast<int64_t>(std::floor(size));
    }
    return s;
  }
  PLUMB_ASSIGN_OR_RETURN(std::vector<int64_t> sizes, ParameterInts(n, 3, "sizes"));
  if (sizes.size() != axes.size()) {
    return NodeError(n, sizes.size(), " sizes; expected ", axes.size());
  }
  const std::string policy = n.attributes().String("keep_aspect_ratio_policy", "stretch");
  float common = policy == "not_larger" ? kMost : 0.0f;
  for (size_t i = 0; i < axes.size(); ++i) {
    const auto axis = static_cast<size_t>(axes[i]);
    if (sizes[i] < 0 || in[axis] == 0) {
      return NodeError(n, "size ", sizes[i], " of an axis of size ", in[axis],
                       "; expected sizes from 0 of axes that are not empty");
    }
    s.sizes[axis] = sizes[i];
    s.scales[axis] = static_cast<float>(sizes[i]) / static_cast<float>(in[axis]);
    common = policy == "not_larger" ? std::min(common, s.scales[axis])
                                    : std::max(common, s.scales[axis]);
  }
  if (policy != "stretch") {
    for (int64_t a : axes) {
      const auto axis = static_cast<size_t>(a);
      s.scales[axis] = common;
      // Half a position counts as a whole one.
      s.sizes[axis] =
          static_cast<int64_t>(std::floor(common * static_cast<float>(in[axis]) + 0.5f));
    }
  }
  return s;
}

Result<Types> InferResize(const NodeView& n) {
  PLUMB_ASSIGN_OR_RETURN(const Sampling s, Resolve(n));
  return OneType(n.dtype(0), s.sizes);
}

// Resize of opset 10 and Upsample sample at x / scale and take the element before.
Attributes OldAttributes(ForeignAttributes& in) {
  std::string mode = in.String("mode", "nearest");
  return {{"mode", mode == "bilinear" ? std::string("linear") : mode},
          {"coordinate_transformation_mode", std::string("asymmetric")},
          {"nearest_mode", std::string("floor")}};
}

Status ImportUpsample(ForeignNode& node) {
  ForeignAttributes in(node);
  Attributes attributes = OldAttributes(in);
  const std::vector<float> scales = in.Floats("scales");
  PLUMB_RETURN_IF_ERROR(in.status());
  if (node.version >= 9) {
    PLUMB_RETURN_IF_ERROR(node.RequireInputs(2, 2));
    node.EmitOutput("resize", {node.inputs[0], ir::kNone, node.inputs[1]}, std::move(attributes));
    return {};
  }
  PLUMB_RETURN_IF_ERROR(node.RequireInputs(1, 1));
  const ir::ValueId constant =
      node.EmitConstant(Tensor::Of<float>({static_cast<int64_t>(scales.size())}, scales), "scales");
  node.EmitOutput("resize", {node.inputs[0], ir::kNone, constant}, std::move(attributes));
  return {};
}

Status ImportResize(ForeignNode& node) {
  ForeignAttributes in(node);
  if (node.version < 11) {
    PLUMB_RETURN_IF_ERROR(node.RequireInputs(2, 2));
    Attributes attributes = OldAttributes(in);
    PLUMB_RETURN_IF_ERROR(in.status());
    ir::ValueId x = node.inputs[0];
    ir::ValueId scales = node.inputs[1];
    // An axis that shrinks takes the element after, one that grows the element before: in two
    // steps.
    if (const Tensor* given = node.ConstantInput(1); given && given->dtype() == DType::kF32) {
      Tensor grow = *given;
      Tensor shrink = *given;
      for (size_t i = 0; i < static_cast<size_t>(given->size()); ++i) {
        grow.values<float>()[i] = std::max(given->values<float>()[i], 1.0f);
        shrink.values<float>()[i] = std::min(given->values<float>()[i], 1.0f);
      }
      const auto changes = [](const Tensor& t) {
        return std::any_of(t.values<float>().begin(), t.values<float>().end(),
                           [](float v) { return v != 1.0f; });
      };
      if (attributes.String("mode", "") == "nearest" && changes(shrink)) {
        if (changes(grow)) {
          x = node.EmitHelper("resize", {x, ir::kNone, node.EmitConstant(std::move(grow), "grow")},
                              attributes);
          scales = node.EmitConstant(std::move(shrink), "shrink");
        }
        attributes.Set("nearest_mode", std::string("ceil"));
      }
    }
    node.EmitOutput("resize", {x, ir::kNone, scales}, std::move(attributes));
    return {};
  }
  PLUMB_RETURN_IF_ERROR(node.RequireInputs(1, 4));
  Attributes attributes{
      {"mode", in.String("mode", "nearest")},
      {"coordinate_transformation_mode", in.String("coordinate_transformation_mode", "half_pixel")},
      {"nearest_mode", in.String("nearest_mode", "round_prefer_floor")},
      {"cubic_coeff_a", in.Float("cubic_coeff_a", -0.75f)},
      {"exclude_outside", in.Int("exclude_outside", 0)},
      {"extrapolation_value", in.Float("extrapolation_value", 0.0f)},
      {"antialias", in.Int("antialias", 0)}};
  if (in.Has("axes")) {
    attributes.Set("axes", in.Ints("axes"));
  }
  if (in.Has("keep_aspect_ratio_policy")) {
    attributes.Set("keep_aspect_ratio_policy", in.String("keep_aspect_ratio_policy", "stretch"));
  }
  PLUMB_RETURN_IF_ERROR(in.status());
  node.EmitOutput("resize", node.inputs, std::move(attributes));
  return {};
}
constexpr ImportRule kImports[] = {{"onnx", "Resize", &ImportResize},
                                   {"onnx", "Upsample", &ImportUpsample}};

Status LowerResize(const ir::Node& node, LowerContext& context) {
  const NodeView view(context.graph(), node);
  PLUMB_ASSIGN_OR_RETURN(Sampling s, Resolve(view));
  const Attributes& a = node.attributes;
  const std::string coordinates = a.String("coordinate_transformation_mode", "half_pixel");
  Attributes attributes{{"mode", a.String("mode", "nearest")},
                        {"coordinate_transformation_mode", coordinates},
                        {"nearest_mode", a.String("nearest_mode", "round_prefer_floor")},
                        {"cubic_coeff_a", a.Float("cubic_coeff_a", -0.75f)},
                        {"exclude_outside", a.Int("exclude_outside", 0)},
                        {"extrapolation_value", a.Float("extrapolation_value", 0.0f)},
                        {"antialias", a.Int("antialias", 0)},
                        {"scales", std::move(s.scales)}};
  if (coordinates == "tf_crop_and_resize") {
    attributes.Set("roi", std::move(s.roi));
  }
  context.AddRecord(node, "resize", {context.TensorOf(node.inputs[0])},
                    {context.TensorOf(node.outputs[0])}, std::move(attributes));
  return {};
}

constexpr OpDef kOps[] = {{"resize", "A tensor sampled at other positions.", kAttributes,
                           kConstraints, &InferResize, kImports, QuantKind::kSameGrid,
                           &LowerResize}};

}  // namespace

std::span<const OpDef> ResizeOps() { return kOps; }

}  // namespace plumb::ops
