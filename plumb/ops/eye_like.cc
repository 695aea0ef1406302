// eye_like {k, dtype}: ones on a diagonal. Its input's type alone decides it, so it is folded and
// never run.

#include "plumb/ops/import_rules.h"
#include "plumb/ops/lowering.h"
#include "plumb/ops/shape_rules.h"

namespace plumb::ops {
namespace {

DType ResultType(const NodeView& n) {
  const std::string name = n.attributes().String("dtype", "");
  const DType type = name.empty() ? n.dtype(0) : DTypeFromName(name).value_or(DType::kNone);
  return IsFloat(type) ? DType::kF32 : type;
}
bool IsMatrix(const NodeView& n) { return n.rank(0) == 2; }
bool TypeIsKnown(const NodeView& n) { return ResultType(n) != DType::kNone; }
std::string FoundType(const NodeView& n) {
  return StrCat("dtype '", n.attributes().String("dtype", ""), "'");
}
constexpr Constraint kConstraints[] = {
    {"C1", "one input", TakesInputs<1, 1>, FoundInputCount},
    {"C2", "the input is a matrix", IsMatrix, FoundTypes},
    {"C3", "dtype names an element type", TypeIsKnown, FoundType},
};
using Kind = AttributeRule::Kind;
constexpr AttributeRule kAttributes[] = {{"dtype", Kind::kString}, {"k", Kind::kInt}};

Result<Types> InferEye(const NodeView& n) { return OneType(ResultType(n), n.shape(0)); }

std::vector<Tensor> FoldEye(const NodeView& n) {
  const Shape shape = n.shape(0);
  const int64_t k = n.attributes().Int("k", 0);
  Tensor out(ResultType(n), shape);
  const size_t size = DTypeSize(out.dtype());
  for (int64_t row = 0; row < shape[0]; ++row) {
    if (k < -shape[0] || k > shape[1] || row + k < 0 || row + k >= shape[1]) {
      continue;
    }
    std::byte* at =
        static_cast<std::byte*>(out.raw()) + static_cast<size_t>(row * shape[1] + row + k) * size;
    if (out.dtype() == DType::kF32) {
      const float one = 1.0f;
      std::memcpy(at, &one, sizeof(one));
    } else {
      *at = std::byte{1};  // little-endian, as everything that Plumb stores
    }
  }
  std::vector<Tensor> result;
  result.push_back(std::move(out));
  return result;
}

Status ImportEye(ForeignNode& node) {
  PLUMB_RETURN_IF_ERROR(node.RequireInputs(1, 1));
  ForeignAttributes in(node);
  Attributes attributes{{"k", in.Int("k", 0)}};
  const int64_t number = in.Int("dtype", 0);
  PLUMB_RETURN_IF_ERROR(in.status());
  if (in.Has("dtype")) {
    const DType type = DTypeFromOnnx(number);
    if (type == DType::kNone) {
      return InvalidModel(node.Describe(), ": ONNX element type ", number, " is not supported");
    }
    attributes.Set("dtype", std::string(DTypeName(type)));
  }
  node.EmitOutput("eye_like", node.inputs, std::move(attributes));
  return {};
}
constexpr ImportRule kImports[] = {{"onnx", "EyeLike", &ImportEye}};

Status LowerEye(const ir::Node& node, LowerContext& context) {
  std::vector<Tensor> value = FoldEye(NodeView(context.graph(), node));
  const int32_t constant = context.AddConstant(node.name + ".value", std::move(value[0]));
  context.AddRecord(node, "reshape", {constant}, {context.TensorOf(node.outputs[0])});
  return {};
}

constexpr OpDef kOps[] = {{"eye_like", "Ones on a diagonal of a matrix of the input's shape.",
                           kAttributes, kConstraints, &InferEye, kImports, QuantKind::kFloat,
                           &LowerEye, &FoldEye}};

}  // namespace

std::span<const OpDef> EyeLikeOps() { return kOps; }

}  // namespace plumb::ops
