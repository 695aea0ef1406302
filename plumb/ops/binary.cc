// Functions of two elements, with broadcasting: one row per operator.

#include "plumb/ops/import_rules.h"
#include "plumb/ops/lowering.h"
#include "plumb/ops/shape_rules.h"

namespace plumb::ops {
namespace {

bool ShapesBroadcast(const NodeView& n) { return Broadcast(n.shape(0), n.shape(1)).has_value(); }
bool Numbers(const NodeView& n) {
  return n.dtype(0) == n.dtype(1) && (n.dtype(0) == DType::kF32 || IsInteger(n.dtype(0)));
}
bool NumbersOfAnyType(const NodeView& n) {
  const auto number = [](DType t) { return t == DType::kF32 || IsInteger(t); };
  return number(n.dtype(0)) && number(n.dtype(1));
}
bool Integers(const NodeView& n) { return n.dtype(0) == n.dtype(1) && IsInteger(n.dtype(0)); }

constexpr Constraint kTwoInputs = {"C1", "two inputs", TakesInputs<2, 2>, FoundInputCount};
constexpr Constraint kBroadcast = {"C3", "the shapes broadcast to one another", ShapesBroadcast,
                                   FoundTypes};
constexpr Constraint kNumber[] = {
    kTwoInputs,
    {"C2", "both inputs have the same type, f32 or an integer", Numbers, FoundTypes},
    kBroadcast};
constexpr Constraint kMixed[] = {
    kTwoInputs, {"C2", "the inputs are f32 or integers", NumbersOfAnyType, FoundTypes}, kBroadcast};
constexpr Constraint kInteger[] = {
    kTwoInputs, {"C2", "both inputs have the same integer type", Integers, FoundTypes}, kBroadcast};

Result<Types> InferBroadcast(const NodeView& n) {
  return OneType(n.dtype(0), *Broadcast(n.shape(0), n.shape(1)));
}

// Max, Min and Sum of any number of inputs are chains.
template <FixedString kOp>
Status ImportChain(ForeignNode& node) {
  PLUMB_RETURN_IF_ERROR(node.RequireInputs(1, SIZE_MAX));
  for (size_t i = 0; i < node.inputs.size(); ++i) {
    if (!node.HasInput(i)) {
      return InvalidModel(node.Describe(), ": input ", i, " is left out; expected a value");
    }
  }
  if (node.inputs.size() == 1) {
    node.EmitOutput("identity", node.inputs);
    return {};
  }
  ir::ValueId sum = node.inputs[0];
  for (size_t i = 1; i + 1 < node.inputs.size(); ++i) {
    sum = node.EmitHelper(kOp.view(), {sum, node.inputs[i]});
  }
  node.EmitOutput(kOp.view(), {sum, node.inputs.back()});
  return {};
}

constexpr ImportRule kAdd[] = {{"onnx", "Add", &ImportPlain<"add", 2>},
                               {"onnx", "Sum", &ImportChain<"add">}};
constexpr ImportRule kMax[] = {{"onnx", "Max", &ImportChain<"max">}};
constexpr ImportRule kMin[] = {{"onnx", "Min", &ImportChain<"min">}};

Status ImportMod(ForeignNode& node) {
  PLUMB_RETURN_IF_ERROR(node.RequireInputs(2, 2));
  ForeignAttributes in(node);
  const int64_t fmod = in.Int("fmod", 0);
  PLUMB_RETURN_IF_ERROR(in.status());
  node.EmitOutput("mod", node.inputs, {{"fmod", fmod}});
  return {};
}
constexpr ImportRule kMod[] = {{"onnx", "Mod", &ImportMod}};

Status ImportShift(ForeignNode& node) {
  PLUMB_RETURN_IF_ERROR(node.RequireInputs(2, 2));
  ForeignAttributes in(node);
  const std::string direction = in.String("direction", "");
  PLUMB_RETURN_IF_ERROR(in.status());
  if (direction != "LEFT" && direction != "RIGHT") {
    return InvalidModel(node.Describe(), ": direction is '", direction,
                        "'; expected LEFT or RIGHT");
  }
  node.EmitOutput("bit_shift", node.inputs,
                  {{"direction", std::string(direction == "LEFT" ? "left" : "right")}});
  return {};
}
constexpr ImportRule kShift[] = {{"onnx", "BitShift", &ImportShift}};

// The exponent may be of another type than the base: the record computes in one. An integer base
// with a float exponent is computed in f32 and brought back.
Status LowerPow(const ir::Node& node, LowerContext& context) {
  const DType base = context.value(node.inputs[0]).type.dtype;
  const ir::TensorType& exponent = context.value(node.inputs[1]).type;
  if (base == exponent.dtype) {
    context.AddPlainRecord(node);
    return {};
  }
  const auto cast = [&](ir::ValueId id, DType to) {
    const ir::Value& v = context.value(id);
    const int32_t out = context.AddTensor(StrCat(node.name, ".cast.", v.name), to, v.type.shape());
    context.AddRecord(node, "cast", {context.TensorOf(id)}, {out});
    return out;
  };
  const int32_t result = context.TensorOf(node.outputs[0]);
  if (IsFloat(exponent.dtype)) {
    const int32_t real = context.AddTensor(StrCat(node.name, ".real"), DType::kF32,
                                           context.value(node.outputs[0]).type.shape());
    context.AddRecord(
        node, "pow", {cast(node.inputs[0], DType::kF32), context.TensorOf(node.inputs[1])}, {real});
    context.AddRecord(node, "cast", {real}, {result});
    return {};
  }
  context.AddRecord(node, "pow", {context.TensorOf(node.inputs[0]), cast(node.inputs[1], base)},
                    {result});
  return {};
}

using Kind = AttributeRule::Kind;
constexpr AttributeRule kClamp[] = {{"clamp_lo", Kind::kInt}, {"clamp_hi", Kind::kInt}};
constexpr AttributeRule kFmod[] = {{"fmod", Kind::kInt}};
constexpr AttributeRule kDirection[] = {{"direction", Kind::kString}};

constexpr OpDef kOps[] = {
    {"add", "The sum of two tensors.", kClamp, kNumber, &InferBroadcast, kAdd, QuantKind::kAdd},
    {"sub", "The difference of two tensors.", kClamp, kNumber, &InferBroadcast,
     kPlainRule<"Sub", "sub", 2>, QuantKind::kAdd},
    {"mul", "The product of two tensors, element by element.", kClamp, kNumber, &InferBroadcast,
     kPlainRule<"Mul", "mul", 2>, QuantKind::kMul},
    {"div",
     "The quotient of two tensors; of integers, truncated.",
     {},
     kNumber,
     &InferBroadcast,
     kPlainRule<"Div", "div", 2>},
    {"pow",
     "The first tensor to the power of the second.",
     {},
     kMixed,
     &InferBroadcast,
     kPlainRule<"Pow", "pow", 2>,
     QuantKind::kFloat,
     &LowerPow},
    {"max", "The larger of two elements.", {}, kNumber, &InferBroadcast, kMax},
    {"min", "The smaller of two elements.", {}, kNumber, &InferBroadcast, kMin},
    {"mod", "The remainder, with the sign of the divisor, or of the dividend with fmod.", kFmod,
     kNumber, &InferBroadcast, kMod},
    {"prelu",
     "x, or slope * x where x is negative.",
     {},
     kNumber,
     &InferBroadcast,
     kPlainRule<"PRelu", "prelu", 2>},
    {"bitwise_and",
     "The bits set in both.",
     {},
     kInteger,
     &InferBroadcast,
     kPlainRule<"BitwiseAnd", "bitwise_and", 2>},
    {"bitwise_or",
     "The bits set in either.",
     {},
     kInteger,
     &InferBroadcast,
     kPlainRule<"BitwiseOr", "bitwise_or", 2>},
    {"bitwise_xor",
     "The bits set in one only.",
     {},
     kInteger,
     &InferBroadcast,
     kPlainRule<"BitwiseXor", "bitwise_xor", 2>},
    {"bit_shift", "The bits of the first moved by the second.", kDirection, kInteger,
     &InferBroadcast, kShift},
};

}  // namespace

std::span<const OpDef> BinaryOps() { return kOps; }

}  // namespace plumb::ops
