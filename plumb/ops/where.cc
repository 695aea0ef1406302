// where(condition, a, b): a where the condition is true, else b.

#include "plumb/ops/import_rules.h"
#include "plumb/ops/shape_rules.h"

namespace plumb::ops {
namespace {

bool ConditionIsBool(const NodeView& n) { return n.dtype(0) == DType::kBool; }
bool ChoicesShareType(const NodeView& n) { return n.dtype(1) == n.dtype(2); }
bool AllBroadcast(const NodeView& n) {
  const std::optional<Shape> choices = Broadcast(n.shape(1), n.shape(2));
  return choices && Broadcast(n.shape(0), *choices);
}
constexpr Constraint kConstraints[] = {
    {"C1", "three inputs", TakesInputs<3, 3>, FoundInputCount},
    {"C2", "the condition is bool", ConditionIsBool, FoundTypes},
    {"C3", "both choices have one type", ChoicesShareType, FoundTypes},
    {"C4", "the shapes broadcast to one another", AllBroadcast, FoundTypes},
};

Result<Types> InferWhere(const NodeView& n) {
  return OneType(n.dtype(1), *Broadcast(n.shape(0), *Broadcast(n.shape(1), n.shape(2))));
}

constexpr OpDef kOps[] = {{"where",
                           "The first choice where the condition is true, else the second.",
                           {},
                           kConstraints,
                           &InferWhere,
                           kPlainRule<"Where", "where", 3>}};

}  // namespace

std::span<const OpDef> WhereOps() { return kOps; }

}  // namespace plumb::ops
