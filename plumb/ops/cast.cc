// cast {to} and cast_like(x, like): elements as another type.

#include "plumb/ops/import_rules.h"
#include "plumb/ops/lowering.h"
#include "plumb/ops/shape_rules.h"

namespace plumb::ops {
namespace {

bool NamesType(const NodeView& n) {
  return DTypeFromName(n.attributes().String("to", "")).has_value();
}
std::string FoundTo(const NodeView& n) {
  return StrCat("to '", n.attributes().String("to", ""), "'");
}
constexpr Constraint kConstraints[] = {
    {"C1", "one input", TakesInputs<1, 1>, FoundInputCount},
    {"C2", "attribute to names an element type", NamesType, FoundTo},
};
constexpr Constraint kLike[] = {{"C1", "x and like", TakesInputs<2, 2>, FoundInputCount}};
constexpr AttributeRule kAttributes[] = {{"to", AttributeRule::Kind::kString}};

Result<Types> InferCast(const NodeView& n) {
  const DType to = *DTypeFromName(n.attributes().String("to", ""));
  return OneType(IsFloat(to) ? DType::kF32 : to, n.shape(0));
}

Result<Types> InferLike(const NodeView& n) { return OneType(n.dtype(1), n.shape(0)); }

// Half, bfloat16 and double are computed in f32, so a cast to them is one to f32.
Status ImportCast(ForeignNode& node) {
  PLUMB_RETURN_IF_ERROR(node.RequireInputs(1, 1));
  ForeignAttributes in(node);
  const int64_t number = in.Int("to", 0);
  PLUMB_RETURN_IF_ERROR(in.status());
  const DType to = number == 21 || number == 22 ? DType::kNone : DTypeFromOnnx(number);
  if (to == DType::kNone) {
    return InvalidModel(node.Describe(), ": cast to ONNX element type ", number,
                        ", which is not supported; expected a float, integer or bool type of at ",
                        "least 8 bits");
  }
  node.EmitOutput("cast", node.inputs,
                  {{"to", std::string(DTypeName(IsFloat(to) ? DType::kF32 : to))}});
  return {};
}
constexpr ImportRule kImports[] = {{"onnx", "Cast", &ImportCast}};

Status LowerCast(const ir::Node& node, LowerContext& context) {
  const bool same =
      context.value(node.inputs[0]).type.dtype == context.value(node.outputs[0]).type.dtype;
  context.AddRecord(node, same ? "reshape" : "cast", {context.TensorOf(node.inputs[0])},
                    {context.TensorOf(node.outputs[0])});
  return {};
}

constexpr OpDef kOps[] = {
    {"cast", "Elements as another type; to an integer, towards zero.", kAttributes, kConstraints,
     &InferCast, kImports, QuantKind::kFloat, &LowerCast},
    {"cast_like",
     "Elements as the type of another tensor.",
     {},
     kLike,
     &InferLike,
     kPlainRule<"CastLike", "cast_like", 2>,
     QuantKind::kFloat,
     &LowerCast},
};

}  // namespace

std::span<const OpDef> CastOps() { return kOps; }

}  // namespace plumb::ops
