// custom(inputs...) {custom_type, attributes of the model}: an operator that the embedding program defines; its outputs' types
// and values are asked of it.

#include "plumb/ops/custom.h"

#include <algorithm>
#include <cctype>

#include "plumb/base/custom_operator.h"
#include "plumb/ops/import_rules.h"
#include "plumb/ops/shape_rules.h"

namespace plumb::ops {
namespace {

std::string TypeOf(const NodeView& n) { return n.attributes().String(kCustomType, ""); }

bool Registered(const NodeView& n) { return FindCustomOperator(TypeOf(n)) != nullptr; }
std::string FoundType(const NodeView& n) { return StrCat("no operator '", TypeOf(n), "'"); }
bool EveryInput(const NodeView& n) {
  if (n.input_count() == 0) {
    return false;
  }
  for (size_t i = 0; i < n.input_count(); ++i) {
    if (!n.HasInput(i)) {
      return false;
    }
  }
  return true;
}

constexpr Constraint kConstraints[] = {
    {"C1", "one input or more, none left out", EveryInput, FoundInputCount},
    {"C2", "its type is registered", Registered, FoundType},
};
constexpr AttributeRule kAttributes[] = {{kCustomType, AttributeRule::Kind::kString}};

Result<Types> InferCustom(const NodeView& n) {
  std::vector<CustomTensor> inputs;
  for (size_t i = 0; i < n.input_count(); ++i) {
    inputs.push_back({n.dtype(i), n.shape(i)});
  }
  const auto outputs = FindCustomOperator(TypeOf(n))->Infer(n.attributes(), inputs);
  if (!outputs.ok()) {
    return outputs.status().WithContext(n.Describe());
  }
  Types types;
  for (const CustomTensor& output : *outputs) {
    types.emplace_back(output.dtype, output.shape);
  }
  return types;
}

// As the text form of a graph can have it.
bool IsWord(std::string_view name) {
  return !name.empty() &&
         std::ranges::all_of(name, [](unsigned char c) { return std::isalnum(c) || c == '_'; });
}

Status ImportCustom(ForeignNode& node) {
  if (!node.tensors.empty()) {
    return InvalidModel(node.Describe(), ": attribute '", node.tensors.begin()->first,
                        "' is a tensor, which a custom operator cannot have; make it an input");
  }
  Attributes attributes = node.attributes;
  for (const auto& [name, value] : attributes) {
    if (!IsWord(name) || name == kCustomType) {
      return InvalidModel(node.Describe(), ": attribute '", name,
                          "': expected a name of letters, digits and underscores");
    }
  }
  attributes.Set(std::string(kCustomType), node.type);
  node.EmitOutputs("custom", node.inputs, std::move(attributes));
  return {};
}
constexpr ImportRule kRule = {"onnx", "", &ImportCustom};

constexpr OpDef kOps[] = {{"custom",
                           "What the embedding program registered for its type.",
                           kAttributes,
                           kConstraints,
                           &InferCustom,
                           {},
                           QuantKind::kFloat}};

}  // namespace

const ImportRule* FindCustomRule(std::string_view type) {
  return FindCustomOperator(type) == nullptr ? nullptr : &kRule;
}

std::span<const OpDef> CustomOps() { return kOps; }

}  // namespace plumb::ops
