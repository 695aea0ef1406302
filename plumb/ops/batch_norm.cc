// batch_norm(x, scale, bias, mean, variance) {epsilon, axis}: each channel shifted and scaled.
// Usually folded into the convolution before it; what remains is a product and a sum.

#include <cmath>

#include "plumb/ops/import_rules.h"
#include "plumb/ops/lowering.h"
#include "plumb/ops/shape_rules.h"

namespace plumb::ops {
namespace {

std::optional<int64_t> Axis(const NodeView& n) {
  return NormalizeAxis(n.attributes().Int("axis", 1), n.rank(0));
}
bool AllFloat(const NodeView& n) { return InputsShareDType(n) && n.dtype(0) == DType::kF32; }
bool AxisExists(const NodeView& n) { return Axis(n).has_value(); }
std::string FoundAxis(const NodeView& n) {
  return StrCat("axis ", n.attributes().Int("axis", 1), ", rank ", n.rank(0));
}
bool ParametersFit(const NodeView& n) {
  const Shape per_channel = {n.shape(0)[static_cast<size_t>(*Axis(n))]};
  for (size_t i = 1; i < 5; ++i) {
    if (n.shape(i) != per_channel) {
      return false;
    }
  }
  return true;
}
constexpr Constraint kConstraints[] = {
    {"C1", "x, scale, bias, mean and variance", TakesInputs<5, 5>, FoundInputCount},
    {"C2", "all inputs are f32", AllFloat, FoundTypes},
    {"C3", "the axis exists", AxisExists, FoundAxis},
    {"C4", "each parameter has one entry for each channel", ParametersFit, FoundTypes},
};
using Kind = AttributeRule::Kind;
constexpr AttributeRule kAttributes[] = {{"epsilon", Kind::kFloat}, {"axis", Kind::kInt}};

Status ImportBatchNorm(ForeignNode& node) {
  PLUMB_RETURN_IF_ERROR(node.RequireInputs(5, 5));
  ForeignAttributes in(node);
  const float epsilon = in.Float("epsilon", 1e-5f);
  const int64_t training = in.Int("training_mode", 0);
  const int64_t spatial = in.Int("spatial", 1);
  PLUMB_RETURN_IF_ERROR(in.status());
  if (training != 0 || spatial == 0) {
    return InvalidModel(node.Describe(), ": ", training ? "training_mode is 1" : "spatial is 0",
                        "; expected a network exported for inference");
  }
  node.EmitOutput("batch_norm", node.inputs, {{"epsilon", epsilon}, {"axis", int64_t{1}}});
  return {};
}
constexpr ImportRule kImports[] = {{"onnx", "BatchNormalization", &ImportBatchNorm}};

Status LowerBatchNorm(const ir::Node& node, LowerContext& context) {
  const NodeView view(context.graph(), node);
  const auto axis = static_cast<size_t>(*Axis(view));
  const float epsilon = view.attributes().Float("epsilon", 1e-5f);
  Shape channel(static_cast<size_t>(view.rank(0)) - axis, 1);
  channel[0] = view.shape(0)[axis];
  const auto temporary = [&](std::string_view suffix, const Shape& shape) {
    return context.AddTensor(StrCat(node.name, ".", suffix), DType::kF32, shape);
  };
  const int32_t x = context.TensorOf(node.inputs[0]);
  const int32_t y = context.TensorOf(node.outputs[0]);
  const int32_t product = temporary("product", view.shape(0));
  if (view.constant(1) && view.constant(2) && view.constant(3) && view.constant(4)) {
    // y = x * factor + offset, the two in double precision and rounded once.
    Tensor factor(DType::kF32, channel);
    Tensor offset(DType::kF32, channel);
    for (size_t c = 0; c < static_cast<size_t>(channel[0]); ++c) {
      const auto value = [&](size_t i) {
        return static_cast<double>(view.constant(i)->values<float>()[c]);
      };
      const double f = value(1) / std::sqrt(value(4) + static_cast<double>(epsilon));
      factor.values<float>()[c] = static_cast<float>(f);
      offset.values<float>()[c] = static_cast<float>(value(2) - value(3) * f);
    }
    context.AddRecord(
        node, "mul", {x, context.AddConstant(node.name + ".factor", std::move(factor))}, {product});
    context.AddRecord(
        node, "add", {product, context.AddConstant(node.name + ".offset", std::move(offset))}, {y});
    return {};
  }
  const auto parameter = [&](size_t i, std::string_view suffix) {
    const int32_t out = temporary(suffix, channel);
    context.AddRecord(node, "reshape", {context.TensorOf(node.inputs[i])}, {out});
    return out;
  };
  const int32_t eps = context.AddConstant(node.name + ".epsilon",
                                          Tensor::Of<float>({}, std::vector<float>{epsilon}));
  const int32_t variance = temporary("variance_epsilon", channel);
  const int32_t deviation = temporary("deviation", channel);
  const int32_t factor = temporary("factor", channel);
  const int32_t centered = temporary("centered", view.shape(0));
  context.AddRecord(node, "add", {parameter(4, "variance"), eps}, {variance});
  context.AddRecord(node, "sqrt", {variance}, {deviation});
  context.AddRecord(node, "div", {parameter(1, "scale"), deviation}, {factor});
  context.AddRecord(node, "sub", {x, parameter(3, "mean")}, {centered});
  context.AddRecord(node, "mul", {centered, factor}, {product});
  context.AddRecord(node, "add", {product, parameter(2, "bias")}, {y});
  return {};
}

constexpr OpDef kOps[] = {{"batch_norm", "Each channel shifted and scaled.", kAttributes,
                           kConstraints, &InferSameType, kImports, QuantKind::kFloat,
                           &LowerBatchNorm}};

}  // namespace

std::span<const OpDef> BatchNormOps() { return kOps; }

}  // namespace plumb::ops
