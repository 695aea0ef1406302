#include "plumb/ops/foreign_node.h"

#include <algorithm>

namespace plumb::ops {
namespace {

std::string Origin(const ForeignNode& node) {
  return StrCat(node.type, " '", node.name, "' (", node.format, ")");
}

std::string NameOfResult(const ForeignNode& node, size_t index) {
  return node.HasOutput(index) ? node.output_names[index] : StrCat(node.name, ".output", index);
}

}  // namespace

std::string ForeignNode::Describe() const {
  return StrCat(type, " '", name, "' (", format, ", opset ", version, ")");
}

Status ForeignNode::RequireInputs(size_t min, size_t max) const {
  if (inputs.size() < min || inputs.size() > max) {
    return InvalidModel(Describe(), ": ", inputs.size(), " inputs; expected ", min,
                        max == min ? "" : StrCat(" to ", max));
  }
  for (size_t i = 0; i < min; ++i) {
    if (!HasInput(i)) {
      return InvalidModel(Describe(), ": input ", i, " is left out; expected a value");
    }
  }
  return {};
}

void ForeignNode::EmitOutput(std::string_view op, std::vector<ir::ValueId> in,
                             Attributes attributes, size_t index) {
  results.resize(std::max({results.size(), output_names.size(), index + 1}), ir::kNone);
  const ir::ValueId value = graph->AddValue(NameOfResult(*this, index));
  graph->AddNode(op, name, std::move(in), {value}, std::move(attributes), Origin(*this));
  results[index] = value;
}

void ForeignNode::EmitOutputs(std::string_view op, std::vector<ir::ValueId> in,
                              Attributes attributes) {
  results.assign(output_names.size(), ir::kNone);
  for (size_t i = 0; i < output_names.size(); ++i) {
    results[i] = graph->AddValue(NameOfResult(*this, i));
  }
  graph->AddNode(op, name, std::move(in), results, std::move(attributes), Origin(*this));
}

ir::ValueId ForeignNode::EmitHelper(std::string_view op, std::vector<ir::ValueId> in,
                                    Attributes attributes) {
  const std::string value_name = StrCat(NameOfResult(*this, 0), ".", op);
  const ir::ValueId value = graph->AddValue(value_name);
  graph->AddNode(op, std::string(graph->value(value).name), std::move(in), {value},
                 std::move(attributes), Origin(*this));
  return value;
}

ir::ValueId ForeignNode::EmitConstant(Tensor tensor, std::string_view suffix) {
  return graph->AddConstant(StrCat(NameOfResult(*this, 0), ".", suffix), std::move(tensor));
}

void ForeignNode::AliasOutput(size_t index, ir::ValueId value) {
  results.resize(std::max({results.size(), output_names.size(), index + 1}), ir::kNone);
  results[index] = value;
}

}  // namespace plumb::ops
