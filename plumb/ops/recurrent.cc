// lstm, gru, rnn: recurrent layers with ONNX's inputs: x [T, N, I], W [D, G*H, I], R [D, G*H, H],
// bias [D, 2*G*H], sequence_lens [N], initial_h [D, N, H]; lstm also initial_c [D, N, H] and
// peepholes P [D, 3*H]. D is 2 when bidirectional, G the number of gates. One row per operator.

#include "plumb/ops/import_rules.h"
#include "plumb/ops/lowering.h"
#include "plumb/ops/shape_rules.h"

namespace plumb::ops {
namespace {

int64_t Gates(const NodeView& n) {
  return n.node().op == "lstm" ? 4 : n.node().op == "gru" ? 3 : 1;
}
bool DirectionIsKnown(const NodeView& n) {
  const std::string d = n.attributes().String("direction", "forward");
  return d == "forward" || d == "reverse" || d == "bidirectional";
}
std::string FoundDirection(const NodeView& n) {
  return StrCat("direction '", n.attributes().String("direction", "forward"), "'");
}
int64_t Directions(const NodeView& n) {
  return n.attributes().String("direction", "forward") == "bidirectional" ? 2 : 1;
}
int64_t Hidden(const NodeView& n) { return n.attributes().Int("hidden_size", 0); }
bool TypesFit(const NodeView& n) {
  for (size_t i = 0; i < n.input_count(); ++i) {
    if (n.HasInput(i) && n.dtype(i) != (i == 4 ? DType::kS32 : DType::kF32)) {
      return false;
    }
  }
  return true;
}
bool ShapesFit(const NodeView& n) {
  const int64_t h = Hidden(n);
  if (n.rank(0) != 3 || h < 1 || h > (int64_t{1} << 31)) {
    return false;
  }
  const int64_t d = Directions(n);
  const int64_t g = Gates(n);
  const Shape x = n.shape(0);
  const auto is = [&](size_t i, const Shape& shape) {
    return !n.HasInput(i) || n.shape(i) == shape;
  };
  return is(1, {d, g * h, x[2]}) && is(2, {d, g * h, h}) && is(3, {d, 2 * g * h}) &&
         is(4, {x[1]}) && is(5, {d, x[1], h}) && is(6, {d, x[1], h}) && is(7, {d, 3 * h});
}
std::string FoundShapes(const NodeView& n) {
  return StrCat(FoundTypes(n), ", hidden_size ", Hidden(n));
}
constexpr Constraint kDirection = {"C2", "the direction is forward, reverse or bidirectional",
                                   DirectionIsKnown, FoundDirection};
constexpr Constraint kTypes = {"C3", "inputs are f32, sequence lengths s32", TypesFit, FoundTypes};
constexpr Constraint kShapes = {"C4", "the shapes agree with x [T, N, I] and hidden_size",
                                ShapesFit, FoundShapes};
constexpr Constraint kLstm[] = {
    {"C1", "x, W, R and, optionally, bias, lengths, initial h and c, peepholes", TakesInputs<3, 8>,
     FoundInputCount},
    kDirection,
    kTypes,
    kShapes};
constexpr Constraint kOther[] = {
    {"C1", "x, W, R and, optionally, bias, lengths, initial h", TakesInputs<3, 6>, FoundInputCount},
    kDirection,
    kTypes,
    kShapes};

using Kind = AttributeRule::Kind;
constexpr AttributeRule kAttributes[] = {
    {"direction", Kind::kString},       {"hidden_size", Kind::kInt},
    {"activations", Kind::kStrings},    {"activation_alpha", Kind::kFloats},
    {"activation_beta", Kind::kFloats}, {"clip", Kind::kFloat},
    {"input_forget", Kind::kInt},       {"linear_before_reset", Kind::kInt}};

Result<Types> InferRecurrent(const NodeView& n) {
  const Shape x = n.shape(0);
  const int64_t d = Directions(n);
  const int64_t h = Hidden(n);
  const ir::TensorType last(DType::kF32, Shape{d, x[1], h});
  Types types = {ir::TensorType(DType::kF32, Shape{x[0], d, x[1], h}), last};
  if (n.node().op == "lstm") {
    types.push_back(last);
  }
  return types;
}

// Layout 1 has the batch first: brought to layout 0 and back by transposes.
template <FixedString kOp>
Status ImportRecurrent(ForeignNode& node) {
  constexpr bool kIsLstm = kOp.view() == "lstm";
  PLUMB_RETURN_IF_ERROR(node.RequireInputs(3, kIsLstm ? 8 : 6));
  ForeignAttributes in(node);
  Attributes attributes{{"direction", in.String("direction", "forward")},
                        {"hidden_size", in.Int("hidden_size", 0)}};
  if (in.Has("activations")) {
    attributes.Set("activations", in.Strings("activations"));
  }
  for (std::string_view name : {"activation_alpha", "activation_beta"}) {
    if (in.Has(name)) {
      attributes.Set(std::string(name), in.Floats(name));
    }
  }
  if (in.Has("clip")) {
    attributes.Set("clip", in.Float("clip", 0.0f));
  }
  for (std::string_view name : {"input_forget", "linear_before_reset"}) {
    if (in.Has(name)) {
      attributes.Set(std::string(name), in.Int(name, 0));
    }
  }
  const bool batch_first = in.Int("layout", 0) != 0;
  if (!in.Has("hidden_size") && node.ConstantInput(2) != nullptr &&
      node.ConstantInput(2)->shape().size() == 3) {
    attributes.Set("hidden_size", node.ConstantInput(2)->shape()[2]);
  }
  PLUMB_RETURN_IF_ERROR(in.status());
  const size_t outputs = kIsLstm ? 3 : 2;
  if (node.output_names.size() > outputs) {
    return InvalidModel(node.Describe(), ": ", node.output_names.size(), " outputs; expected ",
                        outputs);
  }
  node.output_names.resize(outputs);
  if (!batch_first) {
    node.EmitOutputs(kOp.view(), node.inputs, std::move(attributes));
    return {};
  }
  using Perm = std::vector<int64_t>;
  std::vector<ir::ValueId> inputs = node.inputs;
  for (size_t i : {0, 5, 6}) {
    if (node.HasInput(i)) {
      inputs[i] = node.EmitHelper("transpose", {inputs[i]}, {{"perm", Perm{1, 0, 2}}});
    }
  }
  ForeignNode inner = node;
  for (size_t i = 0; i < outputs; ++i) {
    inner.output_names[i] = StrCat(node.name, ".time_first.", i);
  }
  inner.EmitOutputs(kOp.view(), std::move(inputs), std::move(attributes));
  node.EmitOutput("transpose", {inner.results[0]}, {{"perm", Perm{2, 0, 1, 3}}}, 0);
  for (size_t i = 1; i < outputs; ++i) {
    node.EmitOutput("transpose", {inner.results[i]}, {{"perm", Perm{1, 0, 2}}}, i);
  }
  return {};
}

constexpr ImportRule kLstmRule[] = {{"onnx", "LSTM", &ImportRecurrent<"lstm">}};
constexpr ImportRule kGruRule[] = {{"onnx", "GRU", &ImportRecurrent<"gru">}};
constexpr ImportRule kRnnRule[] = {{"onnx", "RNN", &ImportRecurrent<"rnn">}};

Status LowerRecurrent(const ir::Node& node, LowerContext& context) {
  const NodeView view(context.graph(), node);
  for (size_t i : {1, 2, 3, 7}) {
    if (view.HasInput(i) && view.constant(i) == nullptr) {
      return NodeError(view, "the weights (input ", i,
                       ") are computed at run time; expected a constant");
    }
  }
  context.AddPlainRecord(node);
  return {};
}

constexpr OpDef Row(std::string_view name, std::string_view summary,
                    std::span<const Constraint> constraints, std::span<const ImportRule> imports) {
  return {name,    summary,           kAttributes,    constraints, &InferRecurrent,
          imports, QuantKind::kFloat, &LowerRecurrent};
}

constexpr OpDef kOps[] = {
    Row("lstm", "A long short-term memory layer.", kLstm, kLstmRule),
    Row("gru", "A gated recurrent layer.", kOther, kGruRule),
    Row("rnn", "A plain recurrent layer.", kOther, kRnnRule),
};

}  // namespace

std::span<const OpDef> RecurrentOps() { return kOps; }

}  // namespace plumb::ops
