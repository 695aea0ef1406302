// non_zero(x): the indices of the elements that are not zero, one column each. How many there are
// depends on the elements, so x must be known when the model is converted; it is folded and never
// run.

#include <algorithm>

#include "plumb/ops/import_rules.h"
#include "plumb/ops/lowering.h"
#include "plumb/ops/shape_rules.h"

namespace plumb::ops {
namespace {

bool XIsConstant(const NodeView& n) { return n.constant(0) != nullptr; }
constexpr Constraint kConstraints[] = {
    {"C1", "one input", TakesInputs<1, 1>, FoundInputCount},
    {"C2", "the input is known when the model is converted", XIsConstant, FoundTypes},
};

// Row-major positions; an element is zero when all its bytes are, or it is a float -0.
std::vector<int64_t> Positions(const Tensor& x) {
  const size_t size = DTypeSize(x.dtype());
  const auto* bytes = static_cast<const uint8_t*>(x.raw());
  std::vector<int64_t> positions;
  for (int64_t i = 0; i < x.size(); ++i) {
    const uint8_t* at = bytes + static_cast<size_t>(i) * size;
    bool set = std::any_of(at, at + size, [](uint8_t byte) { return byte != 0; });
    if (x.dtype() == DType::kF32) {
      set = x.values<float>()[static_cast<size_t>(i)] != 0.0f;
    }
    if (set) {
      positions.push_back(i);
    }
  }
  return positions;
}

Result<Types> InferNonZero(const NodeView& n) {
  const auto count = static_cast<int64_t>(Positions(*n.constant(0)).size());
  return OneType(DType::kS64, {n.rank(0), count});
}

std::vector<Tensor> FoldNonZero(const NodeView& n) {
  std::vector<Tensor> result;
  if (!XIsConstant(n)) {
    return result;
  }
  const std::vector<int64_t> positions = Positions(*n.constant(0));
  const Shape shape = n.shape(0);
  Tensor out(DType::kS64, {n.rank(0), static_cast<int64_t>(positions.size())});
  for (size_t k = 0; k < positions.size(); ++k) {
    int64_t rest = positions[k];
    for (size_t axis = shape.size(); axis-- > 0;) {
      out.values<int64_t>()[axis * positions.size() + k] = rest % shape[axis];
      rest /= shape[axis];
    }
  }
  result.push_back(std::move(out));
  return result;
}

Status LowerNonZero(const ir::Node& node, LowerContext& context) {
  std::vector<Tensor> value = FoldNonZero(NodeView(context.graph(), node));
  const int32_t constant = context.AddConstant(node.name + ".value", std::move(value[0]));
  context.AddRecord(node, "reshape", {constant}, {context.TensorOf(node.outputs[0])});
  return {};
}

constexpr OpDef kOps[] = {{"non_zero",
                           "The indices of the elements that are not zero.",
                           {},
                           kConstraints,
                           &InferNonZero,
                           kPlainRule<"NonZero", "non_zero">,
                           QuantKind::kFloat,
                           &LowerNonZero,
                           &FoldNonZero}};

}  // namespace

std::span<const OpDef> NonZeroOps() { return kOps; }

}  // namespace plumb::ops
