// quantize and dequantize, by the grid of the integer tensor (Value::quantization); table, a
// function of s8 elements.

#include <algorithm>

#include "plumb/ops/import_rules.h"
#include "plumb/ops/lowering.h"
#include "plumb/ops/shape_rules.h"

namespace plumb::ops {
namespace {

bool FloatInput(const NodeView& n) { return n.dtype(0) == DType::kF32; }
bool IntegerInput(const NodeView& n) { return IsInteger(n.dtype(0)); }
bool InputHasGrid(const NodeView& n) { return !n.quantization(0).empty(); }
std::string FoundGrid(const NodeView& n) { return StrCat(FoundTypes(n), ", without a grid"); }
bool TypeIsInteger(const NodeView& n) {
  const std::optional<DType> type = DTypeFromName(n.attributes().String("dtype", "s8"));
  return type && IsInteger(*type);
}
std::string FoundType(const NodeView& n) {
  return StrCat("dtype '", n.attributes().String("dtype", "s8"), "'");
}
bool PermFits(const NodeView& n) {
  std::vector<int64_t> perm = n.attributes().Ints("perm");
  std::sort(perm.begin(), perm.end());
  for (size_t i = 0; i < perm.size(); ++i) {
    if (perm[i] != static_cast<int64_t>(i)) {
      return false;
    }
  }
  return perm.empty() || perm.size() == static_cast<size_t>(n.rank(0));
}
std::string FoundPerm(const NodeView& n) {
  return StrCat("perm ", ShapeToString(n.attributes().Ints("perm")), " of ", n.type(0).ToString());
}
constexpr Constraint kOneInput = {"C1", "one input", TakesInputs<1, 1>, FoundInputCount};
constexpr Constraint kQuantize[] = {
    kOneInput,
    {"C2", "the input is f32", FloatInput, FoundTypes},
    {"C3", "dtype names an integer type", TypeIsInteger, FoundType},
    {"C4", "perm, where given, names each axis once", PermFits, FoundPerm}};
constexpr Constraint kDequantize[] = {
    kOneInput,
    {"C2", "the input has an integer type", IntegerInput, FoundTypes},
    {"C3", "the input has a grid", InputHasGrid, FoundGrid}};

bool TableInput(const NodeView& n) { return n.dtype(0) == DType::kS8 && n.dtype(1) == DType::kS8; }
bool TableFits(const NodeView& n) {
  return n.shape(1) == Shape{256} ||
         (n.rank(0) >= 1 && n.shape(1) == Shape{n.shape(0).back(), 256});
}
constexpr Constraint kTable[] = {
    {"C1", "x and table", TakesInputs<2, 2>, FoundInputCount},
    {"C2", "x and table are s8", TableInput, FoundTypes},
    {"C3", "the table has 256 entries, or that many for each channel of the last axis", TableFits,
     FoundTypes}};

constexpr AttributeRule kAttributes[] = {{"dtype", AttributeRule::Kind::kString},
                                         {"perm", AttributeRule::Kind::kInts}};

Result<Types> InferQuantize(const NodeView& n) {
  const std::vector<int64_t> perm = n.attributes().Ints("perm");
  Shape shape = n.shape(0);
  for (size_t d = 0; d < perm.size(); ++d) {
    shape[d] = n.shape(0)[static_cast<size_t>(perm[d])];
  }
  return OneType(*DTypeFromName(n.attributes().String("dtype", "s8")), shape);
}
Result<Types> InferDequantize(const NodeView& n) { return OneType(DType::kF32, n.shape(0)); }

Status LowerBoundary(const ir::Node& node, LowerContext& context) {
  Attributes attributes;
  if (node.attributes.Has("perm")) {
    attributes.Set("perm", node.attributes.Ints("perm"));
  }
  context.AddRecord(node, node.op, context.TensorsOf(node.inputs), context.TensorsOf(node.outputs),
                    std::move(attributes));
  return {};
}

constexpr OpDef kOps[] = {
    {"quantize",
     "Real elements to the nearest step of the output's grid; with perm, axes in another order.",
     kAttributes,
     kQuantize,
     &InferQuantize,
     {},
     QuantKind::kBoundary,
     &LowerBoundary},
    {"dequantize",
     "Steps of the input's grid to real elements.",
     {},
     kDequantize,
     &InferDequantize,
     {},
     QuantKind::kBoundary,
     &LowerBoundary},
    {"table",
     "Each s8 element replaced by its entry in a table.",
     {},
     kTable,
     &InferSameType,
     {},
     QuantKind::kTable},
};

}  // namespace

std::span<const OpDef> QuantizeOps() { return kOps; }

}  // namespace plumb::ops
