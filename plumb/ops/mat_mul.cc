// matmul(a, b): products of matrices, broadcast over the axes before them.

#include "plumb/ops/import_rules.h"
#include "plumb/ops/lowering.h"
#include "plumb/ops/shape_rules.h"

namespace plumb::ops {
namespace {

// Both operands as matrices or stacks of them: a vector is a row on the left and a column on the
// right.
struct Product {
  Shape a;
  Shape b;
  Shape full;  // with the axes that vectors got
  Shape result;
};

std::optional<Product> Resolve(const Shape& a, const Shape& b) {
  if (a.empty() || b.empty()) {
    return std::nullopt;
  }
  Product p{a, b, {}, {}};
  if (a.size() == 1) {
    p.a.insert(p.a.begin(), 1);
  }
  if (b.size() == 1) {
    p.b.push_back(1);
  }
  const std::optional<Shape> stack =
      Broadcast(Shape(p.a.begin(), p.a.end() - 2), Shape(p.b.begin(), p.b.end() - 2));
  if (!stack || p.a.back() != p.b[p.b.size() - 2]) {
    return std::nullopt;
  }
  p.full = *stack;
  p.result = *stack;
  p.full.push_back(p.a[p.a.size() - 2]);
  p.full.push_back(p.b.back());
  if (a.size() > 1) {
    p.result.push_back(p.full[p.full.size() - 2]);
  }
  if (b.size() > 1) {
    p.result.push_back(p.full.back());
  }
  return p;
}

bool AllFloat(const NodeView& n) { return n.dtype(0) == DType::kF32 && n.dtype(1) == DType::kF32; }
bool ShapesFit(const NodeView& n) { return Resolve(n.shape(0), n.shape(1)).has_value(); }
constexpr Constraint kConstraints[] = {
    {"C1", "two inputs", TakesInputs<2, 2>, FoundInputCount},
    {"C2", "both inputs are f32", AllFloat, FoundTypes},
    {"C3",
     "the columns of the first are as many as the rows of the second, and the axes before "
     "them broadcast",
     ShapesFit, FoundTypes},
};

Result<Types> InferMatMul(const NodeView& n) {
  return OneType(DType::kF32, Resolve(n.shape(0), n.shape(1))->result);
}

Status LowerMatMul(const ir::Node& node, LowerContext& context) {
  const NodeView view(context.graph(), node);
  const Product p = *Resolve(view.shape(0), view.shape(1));
  const auto as = [&](ir::ValueId id, const Shape& shape, std::string_view suffix) {
    const int32_t tensor = context.TensorOf(id);
    if (context.value(id).type.shape() == shape) {
      return tensor;
    }
    const int32_t reshaped = context.AddTensor(StrCat(node.name, ".", suffix), DType::kF32, shape);
    context.AddRecord(node, "reshape", {tensor}, {reshaped});
    return reshaped;
  };
  const int32_t a = as(node.inputs[0], p.a, "a");
  const int32_t b = as(node.inputs[1], p.b, "b");
  const int32_t y = context.TensorOf(node.outputs[0]);
  if (p.full == p.result) {
    context.AddRecord(node, "matmul", {a, b}, {y});
    return {};
  }
  const int32_t full = context.AddTensor(node.name + ".full", DType::kF32, p.full);
  context.AddRecord(node, "matmul", {a, b}, {full});
  context.AddRecord(node, "reshape", {full}, {y});
  return {};
}

constexpr OpDef kOps[] = {{"matmul",
                           "Products of matrices, broadcast over the axes before them.",
                           {},
                           kConstraints,
                           &InferMatMul,
                           kPlainRule<"MatMul", "matmul", 2>,
                           QuantKind::kDot,
                           &LowerMatMul}};

}  // namespace

std::span<const OpDef> MatMulOps() { return kOps; }

}  // namespace plumb::ops
