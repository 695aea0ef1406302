// Comparisons and truth functions of two elements, with broadcasting: one row per operator.

#include "plumb/ops/import_rules.h"
#include "plumb/ops/shape_rules.h"

namespace plumb::ops {
namespace {

bool ShapesBroadcast(const NodeView& n) { return Broadcast(n.shape(0), n.shape(1)).has_value(); }
bool Booleans(const NodeView& n) {
  return n.dtype(0) == DType::kBool && n.dtype(1) == DType::kBool;
}

constexpr Constraint kTwoInputs = {"C1", "two inputs", TakesInputs<2, 2>, FoundInputCount};
constexpr Constraint kBroadcast = {"C3", "the shapes broadcast to one another", ShapesBroadcast,
                                   FoundTypes};
constexpr Constraint kCompare[] = {
    kTwoInputs, {"C2", "both inputs have the same type", InputsShareDType, FoundTypes}, kBroadcast};
constexpr Constraint kLogic[] = {
    kTwoInputs, {"C2", "both inputs are bool", Booleans, FoundTypes}, kBroadcast};

Result<Types> InferTruth(const NodeView& n) {
  return OneType(DType::kBool, *Broadcast(n.shape(0), n.shape(1)));
}

constexpr OpDef kOps[] = {
    {"equal",
     "Whether two elements are equal.",
     {},
     kCompare,
     &InferTruth,
     kPlainRule<"Equal", "equal", 2>},
    {"less",
     "Whether the first element is smaller.",
     {},
     kCompare,
     &InferTruth,
     kPlainRule<"Less", "less", 2>},
    {"greater",
     "Whether the first element is larger.",
     {},
     kCompare,
     &InferTruth,
     kPlainRule<"Greater", "greater", 2>},
    {"less_or_equal",
     "Whether the first element is not larger.",
     {},
     kCompare,
     &InferTruth,
     kPlainRule<"LessOrEqual", "less_or_equal", 2>},
    {"greater_or_equal",
     "Whether the first element is not smaller.",
     {},
     kCompare,
     &InferTruth,
     kPlainRule<"GreaterOrEqual", "greater_or_equal", 2>},
    {"and", "Whether both are true.", {}, kLogic, &InferTruth, kPlainRule<"And", "and", 2>},
    {"or", "Whether one or both are true.", {}, kLogic, &InferTruth, kPlainRule<"Or", "or", 2>},
    {"xor", "Whether exactly one is true.", {}, kLogic, &InferTruth, kPlainRule<"Xor", "xor", 2>},
};

}  // namespace

std::span<const OpDef> CompareOps() { return kOps; }

}  // namespace plumb::ops
