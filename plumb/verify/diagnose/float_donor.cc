#include "plumb/verify/diagnose/float_donor.h"

#include <algorithm>
#include <map>
#include <set>

#include "plumb/ir/extract.h"
#include "plumb/lower/lower.h"
#include "plumb/verify/diagnose/record_numbers.h"

namespace plumb::verify {
namespace {

ir::NodeId NodeAt(const ir::Graph& part, size_t i) { return part.Order()[i]; }

void LeaveOut(const ir::Graph& part, size_t i, std::vector<PartVariant>& list) {
  const ir::Node& node = part.node(NodeAt(part, i));
  PartVariant variant{"activation-dropped", StrCat("its function (", node.op, ") is left out"),
                      part};
  variant.part.ReplaceUses(node.outputs[0], node.inputs[0]);
  variant.part.RemoveNode(NodeAt(part, i));
  list.push_back(std::move(variant));
}

void WithAttributes(const ir::Graph& part, size_t i, const std::string& cause,
                    const std::string& what, const Attributes& attributes,
                    std::vector<PartVariant>& list) {
  if (part.node(NodeAt(part, i)).attributes == attributes) {
    return;
  }
  PartVariant variant{cause, what, part};
  variant.part.node(NodeAt(part, i)).attributes = attributes;
  list.push_back(std::move(variant));
}

void OtherResizes(const ir::Graph& part, size_t i, std::vector<PartVariant>& list) {
  const Attributes& now = part.node(NodeAt(part, i)).attributes;
  for (const char* mode : {"nearest", "linear"}) {
    for (const char* rule : {"half_pixel", "asymmetric", "align_corners", "pytorch_half_pixel"}) {
      for (const char* nearest : {"round_prefer_floor", "floor", "ceil", "round_prefer_ceil"}) {
        const bool linear = std::string_view(mode) == "linear";
        if (linear && std::string_view(nearest) != "floor") {
          continue;  // says nothing there
        }
        Attributes other = now;
        other.Set("mode", std::string(mode));
        other.Set("coordinate_transformation_mode", std::string(rule));
        if (!linear) {
          other.Set("nearest_mode", std::string(nearest));
        }
        WithAttributes(part, i, "resize-kernel",
                       StrCat("it resizes by the rule '", mode, ", ", rule,
                              linear ? std::string() : StrCat(", ", nearest), "'"),
                       other, list);
      }
    }
  }
}

void OtherBorders(const ir::Graph& part, size_t i, std::vector<PartVariant>& list) {
  const Attributes& now = part.node(NodeAt(part, i)).attributes;
  const std::vector<int64_t> pads = now.Ints("pads");
  if (pads.size() != 4 || pads[0] + pads[1] + pads[2] + pads[3] == 0) {
    return;
  }
  const int64_t rows = pads[0] + pads[2], columns = pads[1] + pads[3];
  for (const auto& other : {std::vector<int64_t>{0, 0, rows, columns}, {rows, columns, 0, 0}}) {
    Attributes changed = now;
    changed.Set("pads", other);
    WithAttributes(part, i, "padding", "its border lies on the wrong side", changed, list);
  }
}

void ExchangedInputs(const ir::Graph& part, size_t i, std::vector<PartVariant>& list) {
  const ir::Node& node = part.node(NodeAt(part, i));
  if (node.inputs.size() < 2 || std::any_of(node.inputs.begin(), node.inputs.end(), [&](auto v) {
        return v == ir::kNone || part.IsConstant(v) ||
               !(part.value(v).type == part.value(node.inputs[0]).type);
      })) {
    return;
  }
  PartVariant variant{"swapped-inputs", "its inputs are exchanged", part};
  for (size_t k = 0; k < node.inputs.size(); ++k) {
    variant.part.SetInput(NodeAt(part, i), k, node.inputs[node.inputs.size() - 1 - k]);
  }
  list.push_back(std::move(variant));
}

}  // namespace

bool IsElementFunction(const std::string& op) {
  static const std::set<std::string> names = {
      "relu", "clip", "sigmoid", "silu",         "hard_swish", "leaky_relu", "gelu",
      "tanh", "elu",  "mish",    "hard_sigmoid", "prelu",      "softplus",   "selu"};
  return names.contains(op);
}

Result<ir::Graph> ModelPart(const ir::Graph& graph, const artifact::Program& program,
                            const Block& block) {
  const auto value_of = [&](int32_t t) -> Result<ir::ValueId> {
    const auto value = graph.FindValue(ValueNameOf(InfoOf(program, t).name));
    if (!value) {
      return UsageError("the model has no value '", ValueNameOf(InfoOf(program, t).name), "'");
    }
    return *value;
  };
  std::vector<ir::ValueId> from;
  for (const int32_t t : block.inputs) {
    PLUMB_ASSIGN_OR_RETURN(const ir::ValueId value, value_of(t));
    if (std::find(from.begin(), from.end(), value) == from.end()) {
      from.push_back(value);
    }
  }
  PLUMB_ASSIGN_OR_RETURN(const ir::ValueId to, value_of(block.output));
  if (std::find(from.begin(), from.end(), to) != from.end()) {
    return UsageError("the block only gives another form to a value");
  }
  return ir::Extract(graph, from, std::vector<ir::ValueId>{to});
}

Result<Donor> DonorOf(const ir::Graph& part, const artifact::Program& program, const Block& block) {
  PLUMB_ASSIGN_OR_RETURN(const auto lowered, lower::Lower(part));
  auto made = std::make_shared<artifact::Program>(*lowered);
  Donor donor;
  std::vector<artifact::Record> records;
  std::map<std::string, int32_t> by_value;
  for (const int32_t t : block.inputs) {
    by_value.emplace(ValueNameOf(InfoOf(program, t).name), t);
  }
  const auto as_there = [&](int32_t t) {  // a tensor like the block's
    artifact::TensorInfo info = InfoOf(program, t);
    info.constant = -1;
    return made->AddTensor(std::move(info));
  };
  for (size_t i = 0; i < made->inputs.size(); ++i) {
    const int32_t real = made->inputs[i].tensor;
    const auto theirs = by_value.find(part.value(part.inputs[i].value).name);
    if (theirs == by_value.end() ||
        InfoOf(*made, real).shape != InfoOf(program, theirs->second).shape) {
      return UsageError("'", part.value(part.inputs[i].value).name, "' has another form");
    }
    if (InfoOf(program, theirs->second).dtype == DType::kF32) {
      made->tensors[static_cast<size_t>(real)].name = InfoOf(program, theirs->second).name;
      donor.block.inputs.push_back(real);
      continue;
    }
    donor.block.inputs.push_back(as_there(theirs->second));
    made->tensors[static_cast<size_t>(real)].name += ".seen";
    artifact::Record record;
    record.op = "dequantize";
    record.inputs = {donor.block.inputs.back()};
    record.outputs = {real};
    records.push_back(std::move(record));
  }
  records.insert(records.end(), made->records.begin(), made->records.end());
  const int32_t result = made->outputs[0].tensor;
  if (InfoOf(*made, result).shape != InfoOf(program, block.output).shape) {
    return UsageError("'", InfoOf(program, block.output).name, "' has another form");
  }
  if (InfoOf(program, block.output).dtype == DType::kF32) {
    if (made->records.empty()) {
      return UsageError("nothing is computed");
    }
    made->tensors[static_cast<size_t>(result)].name = InfoOf(program, block.output).name;
    donor.block.output = result;
  } else {
    donor.block.output = as_there(block.output);
    made->tensors[static_cast<size_t>(result)].name += ".made";
    artifact::Record record;
    record.op = "quantize";
    record.inputs = {result};
    record.outputs = {donor.block.output};
    records.push_back(std::move(record));
  }
  made->records = std::move(records);
  for (size_t r = 0; r < made->records.size(); ++r) {
    donor.block.records.push_back(r);
  }
  donor.program = std::move(made);
  return donor;
}

std::vector<PartVariant> VariantsOf(const ir::Graph& part) {
  std::vector<PartVariant> list;
  const std::vector<ir::NodeId> order = part.Order();
  for (size_t i = 0; i < order.size(); ++i) {
    const std::string& op = part.node(order[i]).op;
    if (IsElementFunction(op)) {
      LeaveOut(part, i, list);
    } else if (op == "resize") {
      OtherResizes(part, i, list);
    } else if (op == "conv" || op == "max_pool" || op == "average_pool") {
      OtherBorders(part, i, list);
    } else if (op == "concat" || op == "sub" || op == "div" || op == "matmul") {
      ExchangedInputs(part, i, list);
    }
  }
  return list;
}

std::vector<std::string> OperatorsOf(const ir::Graph& part) {
  std::vector<std::string> ops;
  for (const ir::NodeId id : part.Order()) {
    ops.push_back(part.node(id).op);
  }
  return ops;
}

}  // namespace plumb::verify
