// transpose {perm}: axes in another order; reversed when perm is not given.

#include <algorithm>
#include <numeric>

#include "plumb/ops/import_rules.h"
#include "plumb/ops/lowering.h"
#include "plumb/ops/shape_rules.h"

namespace plumb::ops {
namespace {

std::vector<int64_t> Perm(const NodeView& n) {
  std::vector<int64_t> reversed(static_cast<size_t>(n.rank(0)));
  std::iota(reversed.rbegin(), reversed.rend(), 0);
  return n.attributes().Ints("perm", std::move(reversed));
}
bool IsPermutation(const NodeView& n) {
  std::vector<int64_t> perm = Perm(n);
  std::sort(perm.begin(), perm.end());
  for (size_t i = 0; i < perm.size(); ++i) {
    if (perm[i] != static_cast<int64_t>(i)) {
      return false;
    }
  }
  return perm.size() == static_cast<size_t>(n.rank(0));
}
std::string FoundPerm(const NodeView& n) {
  return StrCat("perm ", ShapeToString(Perm(n)), " of ", n.type(0).ToString());
}
constexpr Constraint kConstraints[] = {
    {"C1", "one input", TakesInputs<1, 1>, FoundInputCount},
    {"C2", "perm names each axis once", IsPermutation, FoundPerm},
};
constexpr AttributeRule kAttributes[] = {{"perm", AttributeRule::Kind::kInts}};

Result<Types> InferTranspose(const NodeView& n) {
  const Shape in = n.shape(0);
  Shape out;
  for (int64_t axis : Perm(n)) {
    out.push_back(in[static_cast<size_t>(axis)]);
  }
  return OneType(n.dtype(0), out);
}

Status ImportTranspose(ForeignNode& node) {
  PLUMB_RETURN_IF_ERROR(node.RequireInputs(1, 1));
  ForeignAttributes in(node);
  Attributes attributes;
  if (in.Has("perm")) {
    attributes.Set("perm", in.Ints("perm"));
  }
  PLUMB_RETURN_IF_ERROR(in.status());
  node.EmitOutput("transpose", node.inputs, std::move(attributes));
  return {};
}
constexpr ImportRule kImports[] = {{"onnx", "Transpose", &ImportTranspose}};

void ResolvePerm(const NodeView& n, Attributes& attributes) { attributes.Set("perm", Perm(n)); }

Status LowerTranspose(const ir::Node& node, LowerContext& context) {
  context.AddRecord(node, "transpose", context.TensorsOf(node.inputs),
                    context.TensorsOf(node.outputs),
                    {{"perm", Perm(NodeView(context.graph(), node))}});
  return {};
}

constexpr OpDef kOps[] = {{"transpose", "Axes in another order.", kAttributes, kConstraints,
                           &InferTranspose, kImports, QuantKind::kSameGrid, &LowerTranspose,
                           nullptr, &ResolvePerm}};

}  // namespace

std::span<const OpDef> TransposeOps() { return kOps; }

}  // namespace plumb::ops
