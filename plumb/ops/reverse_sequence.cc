// reverse_sequence(x, lengths) {batch_axis, time_axis}: the first elements of each sequence in the
// opposite order.

#include "plumb/ops/import_rules.h"
#include "plumb/ops/shape_rules.h"

namespace plumb::ops {
namespace {

bool AxesAreTheFirstTwo(const NodeView& n) {
  const int64_t batch = n.attributes().Int("batch_axis", 1);
  const int64_t time = n.attributes().Int("time_axis", 0);
  return n.rank(0) >= 2 && batch + time == 1 && batch * time == 0;
}
std::string FoundAxes(const NodeView& n) {
  return StrCat("batch_axis ", n.attributes().Int("batch_axis", 1), ", time_axis ",
                n.attributes().Int("time_axis", 0), ", rank ", n.rank(0));
}
bool OneLengthEach(const NodeView& n) {
  const auto batch = static_cast<size_t>(n.attributes().Int("batch_axis", 1));
  return IsIndex(n.dtype(1)) && n.shape(1) == Shape{n.shape(0)[batch]};
}
constexpr Constraint kConstraints[] = {
    {"C1", "data and lengths", TakesInputs<2, 2>, FoundInputCount},
    {"C2", "batch and time axis are the first two", AxesAreTheFirstTwo, FoundAxes},
    {"C3", "one length, s32 or s64, for each sequence", OneLengthEach, FoundTypes},
};
using Kind = AttributeRule::Kind;
constexpr AttributeRule kAttributes[] = {{"batch_axis", Kind::kInt}, {"time_axis", Kind::kInt}};

Status ImportReverse(ForeignNode& node) {
  PLUMB_RETURN_IF_ERROR(node.RequireInputs(2, 2));
  ForeignAttributes in(node);
  Attributes attributes{{"batch_axis", in.Int("batch_axis", 1)},
                        {"time_axis", in.Int("time_axis", 0)}};
  PLUMB_RETURN_IF_ERROR(in.status());
  node.EmitOutput("reverse_sequence", node.inputs, std::move(attributes));
  return {};
}
constexpr ImportRule kImports[] = {{"onnx", "ReverseSequence", &ImportReverse}};

constexpr OpDef kOps[] = {{"reverse_sequence",
                           "The first elements of each sequence in the opposite order.",
                           kAttributes, kConstraints, &InferSameType, kImports}};

}  // namespace

std::span<const OpDef> ReverseSequenceOps() { return kOps; }

}  // namespace plumb::ops
