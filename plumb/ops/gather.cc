// gather, gather_elements, gather_nd: elements picked by index.

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
constexpr Constraint kInputs = {"C1", "data and indices", TakesInputs<2, 2>, FoundInputCount};
constexpr Constraint kIndices = {"C2", "indices are s32 or s64", IndexInput, FoundTypes};
constexpr Constraint kGather[] = {
    kInputs, kIndices, {"C3", "the axis exists", AxisExists, FoundAxis}};

bool SameRank(const NodeView& n) { return n.rank(0) == n.rank(1); }
bool IndicesWithinData(const NodeView& n) {
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
    {"C3", "the axis exists", AxisExists, FoundAxis},
    {"C4", "data and indices have one rank", SameRank, FoundTypes},
    {"C5", "indices are no larger than data in the other axes", IndicesWithinData, FoundTypes}};

bool TuplesFit(const NodeView& n) {
  const int64_t batch = n.attributes().Int("batch_dims", 0);
  if (n.rank(0) < 1 || n.rank(1) < 1 || batch < 0 || batch >= std::min(n.rank(0), n.rank(1))) {
    return false;
  }
  for (size_t i = 0; i < static_cast<size_t>(batch); ++i) {
    if (n.shape(0)[i] != n.shape(1)[i]) {
      return false;
    }
  }
  return n.shape(1).back() >= 1 && n.shape(1).back() <= n.rank(0) - batch;
}
std::string FoundTuples(const NodeView& n) {
  return StrCat(FoundTypes(n), ", batch_dims ", n.attributes().Int("batch_dims", 0));
}
constexpr Constraint kNd[] = {
    kInputs,
    kIndices,
    {"C3", "the last axis of indices addresses axes of data behind shared batch axes", TuplesFit,
     FoundTuples}};

using Kind = AttributeRule::Kind;
constexpr AttributeRule kAxis[] = {{"axis", Kind::kInt}};
constexpr AttributeRule kBatch[] = {{"batch_dims", Kind::kInt}};

Result<Types> InferGather(const NodeView& n) {
  const Shape data = n.shape(0);
  const Shape indices = n.shape(1);
  const int64_t axis = *Axis(n);
  Shape out(data.begin(), data.begin() + axis);
  out.insert(out.end(), indices.begin(), indices.end());
  out.insert(out.end(), data.begin() + axis + 1, data.end());
  return OneType(n.dtype(0), out);
}
Result<Types> InferElements(const NodeView& n) { return OneType(n.dtype(0), n.shape(1)); }
Result<Types> InferNd(const NodeView& n) {
  const Shape data = n.shape(0);
  const Shape indices = n.shape(1);
  Shape out(indices.begin(), indices.end() - 1);
  out.insert(out.end(), data.begin() + n.attributes().Int("batch_dims", 0) + indices.back(),
             data.end());
  return OneType(n.dtype(0), out);
}

template <FixedString kOp, FixedString kAttribute>
Status ImportGather(ForeignNode& node) {
  PLUMB_RETURN_IF_ERROR(node.RequireInputs(2, 2));
  ForeignAttributes in(node);
  const int64_t value = in.Int(kAttribute.view(), 0);
  PLUMB_RETURN_IF_ERROR(in.status());
  node.EmitOutput(kOp.view(), node.inputs, {{std::string(kAttribute.view()), value}});
  return {};
}
constexpr ImportRule kGatherRule[] = {{"onnx", "Gather", &ImportGather<"gather", "axis">}};
constexpr ImportRule kElementsRule[] = {
    {"onnx", "GatherElements", &ImportGather<"gather_elements", "axis">}};
constexpr ImportRule kNdRule[] = {{"onnx", "GatherND", &ImportGather<"gather_nd", "batch_dims">}};

void ResolveAxis(const NodeView& n, Attributes& attributes) { attributes.Set("axis", *Axis(n)); }

Status LowerAxis(const ir::Node& node, LowerContext& context) {
  context.AddRecord(node, node.op, context.TensorsOf(node.inputs), context.TensorsOf(node.outputs),
                    {{"axis", *Axis(NodeView(context.graph(), node))}});
  return {};
}

constexpr OpDef kOps[] = {
    {"gather", "Slices of data along an axis, picked by index.", kAxis, kGather, &InferGather,
     kGatherRule, QuantKind::kSameGrid, &LowerAxis, nullptr, &ResolveAxis},
    {"gather_elements", "Elements of data along an axis, one for each index.", kAxis, kElements,
     &InferElements, kElementsRule, QuantKind::kSameGrid, &LowerAxis, nullptr, &ResolveAxis},
    {"gather_nd", "Slices of data picked by tuples of indices.", kBatch, kNd, &InferNd, kNdRule,
     QuantKind::kSameGrid},
};

}  // namespace

std::span<const OpDef> GatherOps() { return kOps; }

}  // namespace plumb::ops
