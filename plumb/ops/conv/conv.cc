// conv(x, filter, bias?, m?, table?, residual?): each output is a sum of products over a window.
// Integer nodes have the form that their record has: x and filter s8, bias s32, m the
// requantization factors, table the function after them, residual a tensor added to the result.

#include "plumb/ops/conv/conv.h"

#include <algorithm>

#include "plumb/ops/lowering.h"
#include "plumb/ops/shape_rules.h"
#include "plumb/ops/window.h"

namespace plumb::ops {

std::vector<int64_t> KernelSizes(const NodeView& n) {
  const Shape w = n.shape(1);
  return IsNchw(n) ? std::vector<int64_t>(w.begin() + 2, w.end())
                   : std::vector<int64_t>(w.begin() + 1, w.end() - 1);
}
int64_t FilterDepth(const NodeView& n) { return IsNchw(n) ? n.shape(1)[1] : n.shape(1).back(); }
bool FilterRankFits(const NodeView& n) {
  if (n.rank(0) < 3 || n.rank(0) > 5 || n.rank(1) != n.rank(0)) {
    return false;
  }
  const Shape w = n.shape(1);
  return std::all_of(w.begin(), w.end(), [](int64_t size) { return size >= 1; });
}
bool GroupsAreSensible(const NodeView& n) {
  const int64_t groups = n.attributes().Int("groups", 1);
  return groups >= 1 && n.shape(0)[ChannelAxis(n)] % groups == 0;
}
std::string FoundGroups(const NodeView& n) {
  return StrCat("groups ", n.attributes().Int("groups", 1), ", ", FoundTypes(n));
}

namespace {

bool TypesFit(const NodeView& n) {
  if (n.dtype(0) == DType::kF32) {
    return n.dtype(1) == DType::kF32 && n.input_count() <= 3 &&
           (!n.HasInput(2) || n.dtype(2) == DType::kF32);
  }
  return IntegerProductTypesFit(n);
}
bool ChannelsFit(const NodeView& n) {
  const int64_t groups = n.attributes().Int("groups", 1);
  return FilterDepth(n) * groups == n.shape(0)[ChannelAxis(n)] && n.shape(1)[0] % groups == 0;
}
bool ParametersFit(const NodeView& n) {
  const Shape per_output = {n.shape(1)[0]};
  return (!n.HasInput(2) || n.shape(2) == per_output) &&
         (!n.HasInput(3) || n.shape(3) == per_output) &&
         (!n.HasInput(4) || (n.shape(4) == Shape{256} && n.dtype(4) == DType::kS8)) &&
         (!n.HasInput(5) || (n.dtype(5) == DType::kS8 && n.shape(5).back() == n.shape(1)[0]));
}
bool OutputLayoutIsKnown(const NodeView& n) {
  const std::string layout = n.attributes().String("output_layout", "nhwc");
  return layout == "nhwc" ||
         (layout == "nchw" && n.attributes().String("output_dtype", "s8") == "f32");
}
std::string FoundOutputLayout(const NodeView& n) {
  return StrCat("output_layout '", n.attributes().String("output_layout", ""), "', output_dtype '",
                n.attributes().String("output_dtype", "s8"), "'");
}
bool OutputTypeIsKnown(const NodeView& n) {
  const std::string type = n.attributes().String("output_dtype", "s8");
  return type == "s8" || type == "s16" || type == "f32";
}
std::string FoundOutputType(const NodeView& n) {
  return StrCat("output_dtype '", n.attributes().String("output_dtype", ""), "'");
}
constexpr Constraint kConstraints[] = {
    {"C1", "x, filter and, optionally, bias, factors, table and residual", TakesInputs<2, 6>,
     FoundInputCount},
    {"C2", "the layout is nchw or nhwc", LayoutIsKnown, FoundLayout},
    {"C3", "x and filter have one rank, 3 to 5, and the filter is not empty", FilterRankFits,
     FoundTypes},
    {"C4", "groups divides the input channels", GroupsAreSensible, FoundGroups},
    {"C5",
     "the filter has one plane for each input channel of a group, and groups divides its "
     "outputs",
     ChannelsFit, FoundGroups},
    {"C6",
     "all f32, or x and filter s8 with s32 bias, or x s16 with filter s8 or s16 and s64 bias; "
     "integers with f32 factors",
     TypesFit, FoundTypes},
    {"C7", "bias and factors have one entry for each output channel", ParametersFit, FoundTypes},
    {"C8", "strides and dilations from 1, pads from 0, for each axis of the window",
     WindowAttributesFit, FoundWindow},
    {"C9", "output_dtype is s8, s16 or f32", OutputTypeIsKnown, FoundOutputType},
    {"C10", "output_layout is nhwc, or nchw of f32", OutputLayoutIsKnown, FoundOutputLayout},
};

using Kind = AttributeRule::Kind;
constexpr AttributeRule kAttributes[] = {
    {"strides", Kind::kInts},        {"pads", Kind::kInts},           {"dilations", Kind::kInts},
    {"groups", Kind::kInt},          {"auto_pad", Kind::kString},     {"layout", Kind::kString},
    {"function", Kind::kString},     {"clamp_lo", Kind::kInt},        {"clamp_hi", Kind::kInt},
    {"mid_zero_point", Kind::kInt},  {"output_dtype", Kind::kString}, {"own_scale", Kind::kFloat},
    {"own_zero_point", Kind::kInt},  {"sum_clamp_lo", Kind::kInt},    {"sum_clamp_hi", Kind::kInt},
    {"output_layout", Kind::kString}};

Result<Types> InferConv(const NodeView& n) {
  const Window window = ResolveWindow(n, KernelSizes(n));
  const Shape counts = WindowCounts(window, SpatialSizes(n), false);
  if (std::any_of(counts.begin(), counts.end(), [](int64_t c) { return c < 1; })) {
    return NodeError(n, "a window of ", ShapeToString(window.kernel), " with dilations ",
                     ShapeToString(window.dilations), " does not fit ", n.type(0).ToString(),
                     " with pads ", ShapeToString(window.pads));
  }
  const DType type = n.dtype(0) == DType::kF32
                         ? DType::kF32
                         : *DTypeFromName(n.attributes().String("output_dtype", "s8"));
  Shape shape = WithSizes(n, n.shape(1)[0], counts);
  if (n.attributes().String("output_layout", "nhwc") == "nchw") {
    std::rotate(shape.begin() + 1, shape.end() - 1, shape.end());
  }
  return OneType(type, std::move(shape));
}

Status ImportConv(ForeignNode& node) {
  PLUMB_RETURN_IF_ERROR(node.RequireInputs(2, 3));
  ForeignAttributes in(node);
  Attributes attributes{{"layout", std::string("nchw")}, {"groups", in.Int("group", 1)}};
  PLUMB_RETURN_IF_ERROR(ReadWindow(in, node, attributes));
  node.EmitOutput("conv", node.inputs, std::move(attributes));
  return {};
}
constexpr ImportRule kImports[] = {{"onnx", "Conv", &ImportConv}};

void ResolveConv(const NodeView& n, Attributes& attributes) {
  WriteWindow(ResolveWindow(n, KernelSizes(n)), attributes);
}

Status LowerConv(const ir::Node& node, LowerContext& context) {
  const NodeView view(context.graph(), node);
  if (view.constant(1) == nullptr) {
    return NodeError(view, "the filter (input 1) is computed at run time; expected a constant");
  }
  if (IsNchw(view) || view.rank(0) != 4) {
    return NodeError(view, "convolution over ", view.rank(0) - 2, " axes in layout ",
                     IsNchw(view) ? "nchw" : "nhwc",
                     "; expected two axes in layout nhwc (convolutions over three axes are not ",
                     "supported)");
  }
  Attributes attributes = node.attributes;
  ResolveConv(view, attributes);
  attributes.Erase("layout");
  attributes.Erase("output_dtype");
  attributes.Set("groups", view.attributes().Int("groups", 1));
  std::vector<int32_t> inputs = context.TensorsOf(node.inputs);
  inputs.resize(std::max<size_t>(inputs.size(), 3), -1);
  context.AddRecord(node, "conv", std::move(inputs), context.TensorsOf(node.outputs),
                    std::move(attributes));
  return {};
}

constexpr OpDef kOps[] = {{"conv", "Sums of products over windows of a picture.", kAttributes,
                           kConstraints, &InferConv, kImports, QuantKind::kDot, &LowerConv, nullptr,
                           &ResolveConv}};

}  // namespace

std::span<const OpDef> ConvOps() { return kOps; }

}  // namespace plumb::ops
