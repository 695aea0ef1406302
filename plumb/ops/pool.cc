// max_pool and average_pool {kernel, strides, pads, dilations, ceil_mode, count_include_pad}.

#include <algorithm>

#include "plumb/ops/lowering.h"
#include "plumb/ops/shape_rules.h"
#include "plumb/ops/window.h"

namespace plumb::ops {
namespace {

bool RankFits(const NodeView& n) { return n.rank(0) >= 3 && n.rank(0) <= 5; }
bool KernelFits(const NodeView& n) {
  const std::vector<int64_t> kernel = n.attributes().Ints("kernel");
  return kernel.size() == static_cast<size_t>(n.rank(0)) - 2 &&
         std::all_of(kernel.begin(), kernel.end(),
                     [](int64_t k) { return k >= 1 && k <= (int64_t{1} << 31); });
}
std::string FoundKernel(const NodeView& n) {
  return StrCat("kernel ", ShapeToString(n.attributes().Ints("kernel")), ", ", FoundTypes(n));
}
bool MaxType(const NodeView& n) {
  return n.dtype(0) == DType::kF32 || n.dtype(0) == DType::kS8 || n.dtype(0) == DType::kS16 ||
         n.dtype(0) == DType::kU8;
}
bool AverageType(const NodeView& n) {
  return n.dtype(0) == DType::kF32 || n.dtype(0) == DType::kS8;
}
constexpr Constraint kOneInput = {"C1", "one input", TakesInputs<1, 1>, FoundInputCount};
constexpr Constraint kLayout = {"C2", "the layout is nchw or nhwc", LayoutIsKnown, FoundLayout};
constexpr Constraint kRank = {"C3", "the input has rank 3 to 5", RankFits, FoundTypes};
constexpr Constraint kKernel = {"C4", "the kernel has a size from 1 for each axis of the window",
                                KernelFits, FoundKernel};
constexpr Constraint kWindow = {
    "C5", "strides and dilations from 1, pads from 0, for each axis of the window",
    WindowAttributesFit, FoundWindow};
constexpr Constraint kMax[] = {
    kOneInput, kLayout, kRank,
    kKernel,   kWindow, {"C6", "the input is f32, s8, s16 or u8", MaxType, FoundTypes}};
constexpr Constraint kAverage[] = {
    kOneInput, kLayout, kRank,
    kKernel,   kWindow, {"C6", "the input is f32 or s8", AverageType, FoundTypes}};

using Kind = AttributeRule::Kind;
constexpr AttributeRule kAttributes[] = {
    {"kernel", Kind::kInts},    {"strides", Kind::kInts},         {"pads", Kind::kInts},
    {"dilations", Kind::kInts}, {"auto_pad", Kind::kString},      {"layout", Kind::kString},
    {"ceil_mode", Kind::kInt},  {"count_include_pad", Kind::kInt}};

Result<Types> InferPool(const NodeView& n) {
  const Window window = ResolveWindow(n, n.attributes().Ints("kernel"));
  // With auto_pad the count of windows is given by the strides alone.
  const bool ceil_mode = n.attributes().Int("ceil_mode", 0) != 0 && !n.attributes().Has("auto_pad");
  const Shape counts = WindowCounts(window, SpatialSizes(n), ceil_mode);
  if (std::any_of(counts.begin(), counts.end(), [](int64_t c) { return c < 1; })) {
    return NodeError(n, "a window of ", ShapeToString(window.kernel), " with dilations ",
                     ShapeToString(window.dilations), " does not fit ", n.type(0).ToString(),
                     " with pads ", ShapeToString(window.pads));
  }
  return OneType(n.dtype(0), WithSizes(n, n.shape(0)[ChannelAxis(n)], counts));
}

template <FixedString kOp>
Status ImportPool(ForeignNode& node) {
  PLUMB_RETURN_IF_ERROR(node.RequireInputs(1, 1));
  if (node.HasOutput(1)) {
    return InvalidModel(node.Describe(),
                        ": second output (indices) is used, which is not supported");
  }
  ForeignAttributes in(node);
  Attributes attributes{{"layout", std::string("nchw")}, {"kernel", in.Ints("kernel_shape")}};
  if (in.Int("ceil_mode", 0) != 0) {
    attributes.Set("ceil_mode", int64_t{1});
  }
  if (kOp.view() == "average_pool" && in.Int("count_include_pad", 0) != 0) {
    attributes.Set("count_include_pad", int64_t{1});
  }
  PLUMB_RETURN_IF_ERROR(ReadWindow(in, node, attributes));
  node.EmitOutput(kOp.view(), node.inputs, std::move(attributes));
  return {};
}
constexpr ImportRule kMaxRule[] = {{"onnx", "MaxPool", &ImportPool<"max_pool">}};
constexpr ImportRule kAverageRule[] = {{"onnx", "AveragePool", &ImportPool<"average_pool">}};

void ResolvePool(const NodeView& n, Attributes& attributes) {
  if (n.attributes().Has("auto_pad")) {
    attributes.Erase("ceil_mode");
  }
  WriteWindow(ResolveWindow(n, n.attributes().Ints("kernel")), attributes);
}

Status LowerPool(const ir::Node& node, LowerContext& context) {
  const NodeView view(context.graph(), node);
  if (IsNchw(view) || view.rank(0) != 4) {
    return NodeError(
        view, "pool over ", view.rank(0) - 2, " axes in layout ", IsNchw(view) ? "nchw" : "nhwc",
        "; expected two axes in layout nhwc (pools over three axes are not supported)");
  }
  Attributes attributes{{"kernel", view.attributes().Ints("kernel")}};
  WriteWindow(ResolveWindow(view, view.attributes().Ints("kernel")), attributes);
  if (node.op == "average_pool") {
    attributes.Set("count_include_pad", view.attributes().Int("count_include_pad", 0));
  }
  context.AddRecord(node, node.op, context.TensorsOf(node.inputs), context.TensorsOf(node.outputs),
                    std::move(attributes));
  return {};
}

constexpr OpDef kOps[] = {
    {"max_pool", "The largest element of each window; padding never wins.", kAttributes, kMax,
     &InferPool, kMaxRule, QuantKind::kSameGrid, &LowerPool, nullptr, &ResolvePool},
    {"average_pool", "The mean of each window.", kAttributes, kAverage, &InferPool, kAverageRule,
     QuantKind::kAverage, &LowerPool, nullptr, &ResolvePool},
};

}  // namespace

std::span<const OpDef> PoolOps() { return kOps; }

}  // namespace plumb::ops
