// scatter_elements, scatter_nd: data with elements replaced, or combined with, by index.

#include <algorithm>

#include "plumb/ops/import_rules.h"
#include "plumb/ops/lowering.h"
#include "plumb/ops/shape_rules.h"

namespace plumb::ops {
namespace {

std::optional<int64_t> Axis(const NodeView& n) {
  return NormalizeAxis(n.attributes().Int("axis", 0), n.rank(0));
}
bool AxisExists(const NodeView& n) { return Axis(n).has_value(); }
std::string FoundAxis(const NodeView& n) {
  return StrCat("axis ", n.attributes().Int("axis", 0), ", rank ", n.rank(0));
}
bool IndexInput(const NodeView& n) { return IsIndex(n.dtype(1)); }
bool UpdatesShareType(const NodeView& n) { return n.dtype(0) == n.dtype(2); }
bool ReductionIsKnown(const NodeView& n) {
  const std::string r = n.attributes().String("reduction", "none");
  return r == "none" || r == "add" || r == "mul" || r == "max" || r == "min";
}
std::string FoundReduction(const NodeView& n) {
  return StrCat("reduction '", n.attributes().String("reduction", "none"), "'");
}
constexpr Constraint kInputs = {"C1", "data, indices and updates", TakesInputs<3, 3>,
                                FoundInputCount};
constexpr Constraint kIndices = {"C2", "indices are s32 or s64", IndexInput, FoundTypes};
constexpr Constraint kUpdates = {"C3", "data and updates have one type", UpdatesShareType,
                                 FoundTypes};
constexpr Constraint kReduction = {"C4", "the reduction is none, add, mul, max or min",
                                   ReductionIsKnown, FoundReduction};

bool ElementsFit(const NodeView& n) {
  if (n.rank(0) != n.rank(1) || n.shape(1) != n.shape(2)) {
    return false;
  }
  for (int64_t i = 0; i < n.rank(0); ++i) {
    const auto k = static_cast<size_t>(i);
    if (i != *Axis(n) && n.shape(1)[k] > n.shape(0)[k]) {
      return false;
    }
  }
  return true;
}
constexpr Constraint kElements[] = {
    kInputs,
    kIndices,
    kUpdates,
    kReduction,
    {"C5", "the axis exists", AxisExists, FoundAxis},
    {"C6", "indices and updates have one shape, within that of data", ElementsFit, FoundTypes}};

bool TuplesFit(const NodeView& n) {
  const Shape data = n.shape(0);
  const Shape indices = n.shape(1);
  if (indices.empty() || indices.back() < 1 || indices.back() > static_cast<int64_t>(data.size())) {
    return false;
  }
  Shape expected(indices.begin(), indices.end() - 1);
  expected.insert(expected.end(), data.begin() + indices.back(), data.end());
  return n.shape(2) == expected;
}
constexpr Constraint kNd[] = {
    kInputs,
    kIndices,
    kUpdates,
    kReduction,
    {"C5", "updates hold one slice of data for each tuple of indices", TuplesFit, FoundTypes}};

using Kind = AttributeRule::Kind;
constexpr AttributeRule kElementsAttributes[] = {{"axis", Kind::kInt},
                                                 {"reduction", Kind::kString}};
constexpr AttributeRule kNdAttributes[] = {{"reduction", Kind::kString}};

Status ImportElements(ForeignNode& node) {
  PLUMB_RETURN_IF_ERROR(node.RequireInputs(3, 3));
  ForeignAttributes in(node);
  Attributes attributes{{"axis", in.Int("axis", 0)}, {"reduction", in.String("reduction", "none")}};
  PLUMB_RETURN_IF_ERROR(in.status());
  node.EmitOutput("scatter_elements", node.inputs, std::move(attributes));
  return {};
}
Status ImportNd(ForeignNode& node) {
  PLUMB_RETURN_IF_ERROR(node.RequireInputs(3, 3));
  ForeignAttributes in(node);
  Attributes attributes{{"reduction", in.String("reduction", "none")}};
  PLUMB_RETURN_IF_ERROR(in.status());
  node.EmitOutput("scatter_nd", node.inputs, std::move(attributes));
  return {};
}
constexpr ImportRule kElementsRules[] = {{"onnx", "ScatterElements", &ImportElements},
                                         {"onnx", "Scatter", &ImportElements}};
constexpr ImportRule kNdRules[] = {{"onnx", "ScatterND", &ImportNd}};

void ResolveAxis(const NodeView& n, Attributes& attributes) { attributes.Set("axis", *Axis(n)); }

Status LowerElements(const ir::Node& node, LowerContext& context) {
  const NodeView view(context.graph(), node);
  context.AddRecord(
      node, node.op, context.TensorsOf(node.inputs), context.TensorsOf(node.outputs),
      {{"axis", *Axis(view)}, {"reduction", view.attributes().String("reduction", "none")}});
  return {};
}

constexpr OpDef kOps[] = {
    {"scatter_elements", "Data with elements along an axis replaced by index.", kElementsAttributes,
     kElements, &InferSameType, kElementsRules, QuantKind::kFloat, &LowerElements, nullptr,
     &ResolveAxis},
    {"scatter_nd", "Data with slices replaced by tuples of indices.", kNdAttributes, kNd,
     &InferSameType, kNdRules},
};

}  // namespace

std::span<const OpDef> ScatterOps() { return kOps; }

}  // namespace plumb::ops
