// range(start, limit, delta): counted numbers. Its parameters are constants, so it is folded and
// never run.

#include <cmath>

#include "plumb/ops/import_rules.h"
#include "plumb/ops/lowering.h"
#include "plumb/ops/shape_rules.h"

namespace plumb::ops {
namespace {

bool AreScalars(const NodeView& n) {
  for (size_t i = 0; i < 3; ++i) {
    if (NumElements(n.shape(i)) != 1) {
      return false;
    }
  }
  return true;
}
bool CountableType(const NodeView& n) { return n.dtype(0) == DType::kF32 || IsIndex(n.dtype(0)); }
constexpr Constraint kConstraints[] = {
    {"C1", "start, limit and delta", TakesInputs<3, 3>, FoundInputCount},
    {"C2", "all inputs have one type", InputsShareDType, FoundTypes},
    {"C3", "the type is f32, s32 or s64", CountableType, FoundTypes},
    {"C4", "each input has one element", AreScalars, FoundTypes},
};

constexpr int64_t kMostElements = int64_t{1} << 28;

Result<int64_t> Count(const NodeView& n) {
  double start = 0;
  double limit = 0;
  double delta = 0;
  if (n.dtype(0) == DType::kF32) {
    PLUMB_ASSIGN_OR_RETURN(const std::vector<float> s, ParameterFloats(n, 0, "start"));
    PLUMB_ASSIGN_OR_RETURN(const std::vector<float> l, ParameterFloats(n, 1, "limit"));
    PLUMB_ASSIGN_OR_RETURN(const std::vector<float> d, ParameterFloats(n, 2, "delta"));
    start = s[0], limit = l[0], delta = d[0];
  } else {
    PLUMB_ASSIGN_OR_RETURN(const int64_t s, ParameterInt(n, 0, "start"));
    PLUMB_ASSIGN_OR_RETURN(const int64_t l, ParameterInt(n, 1, "limit"));
    PLUMB_ASSIGN_OR_RETURN(const int64_t d, ParameterInt(n, 2, "delta"));
    start = static_cast<double>(s), limit = static_cast<double>(l), delta = static_cast<double>(d);
  }
  const double count = std::ceil((limit - start) / delta);
  if (!(delta != 0) || std::isnan(count) || count > static_cast<double>(kMostElements)) {
    return NodeError(n, "from ", start, " to ", limit, " by ", delta,
                     "; expected a step other than 0 and at most 2^28 elements");
  }
  return count > 0 ? static_cast<int64_t>(count) : 0;
}

Result<Types> InferRange(const NodeView& n) {
  PLUMB_ASSIGN_OR_RETURN(const int64_t count, Count(n));
  return OneType(n.dtype(0), {count});
}

template <typename T>
Tensor Fill(const NodeView& n, int64_t count) {
  Tensor out(DTypeOf<T>::value, {count});
  const T start = n.constant(0)->values<T>()[0];
  const T delta = n.constant(2)->values<T>()[0];
  for (int64_t i = 0; i < count; ++i) {
    if constexpr (std::is_floating_point_v<T>) {
      out.values<T>()[static_cast<size_t>(i)] = start + static_cast<T>(i) * delta;
    } else {
      // Wraps rather than overflows; Count has bounded what a file can ask for.
      out.values<T>()[static_cast<size_t>(i)] = static_cast<T>(
          static_cast<uint64_t>(start) + static_cast<uint64_t>(i) * static_cast<uint64_t>(delta));
    }
  }
  return out;
}

std::vector<Tensor> FoldRange(const NodeView& n) {
  const Result<int64_t> count = Count(n);
  if (!count.ok()) {
    return {};
  }
  std::vector<Tensor> out;
  switch (n.dtype(0)) {
    case DType::kF32:
      out.push_back(Fill<float>(n, *count));
      break;
    case DType::kS32:
      out.push_back(Fill<int32_t>(n, *count));
      break;
    default:
      out.push_back(Fill<int64_t>(n, *count));
      break;
  }
  return out;
}

Status LowerRange(const ir::Node& node, LowerContext& context) {
  std::vector<Tensor> value = FoldRange(NodeView(context.graph(), node));
  if (value.empty()) {
    return NodeError(NodeView(context.graph(), node), "expected constant parameters");
  }
  const int32_t constant = context.AddConstant(node.name + ".value", std::move(value[0]));
  context.AddRecord(node, "reshape", {constant}, {context.TensorOf(node.outputs[0])});
  return {};
}

constexpr OpDef kOps[] = {{"range",
                           "Numbers from start, by steps of delta, short of limit.",
                           {},
                           kConstraints,
                           &InferRange,
                           kPlainRule<"Range", "range", 3>,
                           QuantKind::kFloat,
                           &LowerRange,
                           &FoldRange}};

}  // namespace

std::span<const OpDef> RangeOps() { return kOps; }

}  // namespace plumb::ops
