#include "plumb/ir/graph.h"

#include <algorithm>
#include <queue>

namespace plumb::ir {

TensorType::TensorType(DType type, const Shape& shape) : dtype(type), ranked(true) {
  for (int64_t size : shape) {
    dims.push_back({size, ""});
  }
}

bool TensorType::known() const {
  return dtype != DType::kNone && ranked &&
         std::all_of(dims.begin(), dims.end(), [](const Dim& d) { return d.known(); });
}

Shape TensorType::shape() const {
  PLUMB_CHECK(ranked) << "shape of unknown rank";
  Shape shape;
  for (const Dim& d : dims) {
    PLUMB_CHECK(d.known()) << "dimension '" << d.symbol << "' is not known";
    shape.push_back(d.size);
  }
  return shape;
}

std::string TensorType::ToString() const {
  std::string text = std::string(DTypeName(dtype)) + "[";
  if (!ranked) {
    return text + "*]";
  }
  for (size_t i = 0; i < dims.size(); ++i) {
    text += i ? "x" : "";
    text += dims[i].known()          ? std::to_string(dims[i].size)
            : dims[i].symbol.empty() ? "?"
                                     : dims[i].symbol;
  }
  return text + "]";
}

std::string Graph::FreshName(std::string_view wanted) {
  std::string name(wanted.empty() ? "value" : wanted);
  if (by_name_.find(name) == by_name_.end()) {
    return name;
  }
  int& suffix = suffixes_[name];
  std::string candidate;
  do {
    candidate = name + "." + std::to_string(++suffix);
  } while (by_name_.find(candidate) != by_name_.end());
  return candidate;
}

ValueId Graph::AddValue(std::string_view wanted, TensorType type) {
  const auto id = static_cast<ValueId>(values_.size());
  Value value;
  value.name = FreshName(wanted);
  value.type = std::move(type);
  by_name_[value.name] = id;
  values_.push_back(std::move(value));
  users_.emplace_back();
  return id;
}

ValueId Graph::AddConstant(std::string_view wanted, Tensor tensor, Quantization grid) {
  const ValueId id = AddValue(wanted, TensorType(tensor.dtype(), tensor.shape()));
  value(id).constant = std::make_shared<const Tensor>(std::move(tensor));
  value(id).quantization = std::move(grid);
  return id;
}

ValueId Graph::AddInput(std::string_view wanted, TensorType type) {
  const ValueId id = AddValue(wanted, std::move(type));
  inputs.push_back({id, value(id).type.dtype});
  return id;
}

void Graph::AddOutput(std::string_view output_name, ValueId id) {
  outputs.push_back({std::string(output_name), id, value(id).type.dtype});
}

NodeId Graph::AddNode(std::string_view op, std::string_view node_name,
                      std::vector<ValueId> node_inputs, std::vector<ValueId> node_outputs,
                      Attributes attributes, std::string_view origin) {
  const auto id = static_cast<NodeId>(nodes_.size());
  for (ValueId in : node_inputs) {
    if (in != kNone) {
      users_[static_cast<size_t>(in)].push_back(id);
    }
  }
  for (ValueId out : node_outputs) {
    if (out != kNone) {
      PLUMB_CHECK(value(out).producer == kNone) << value(out).name << " has a producer already";
      value(out).producer = id;
    }
  }
  nodes_.push_back({std::string(op), std::string(node_name), std::move(attributes),
                    std::move(node_inputs), std::move(node_outputs), std::string(origin)});
  alive_.push_back(true);
  return id;
}

ValueId Graph::Emit(std::string_view op, std::string_view wanted, std::vector<ValueId> node_inputs,
                    Attributes attributes, TensorType type, std::string_view origin) {
  const ValueId out = AddValue(wanted, std::move(type));
  AddNode(op, value(out).name, std::move(node_inputs), {out}, std::move(attributes), origin);
  return out;
}

bool Graph::IsOutput(ValueId id) const {
  return std::any_of(outputs.begin(), outputs.end(),
                     [&](const Output& o) { return o.value == id; });
}

std::vector<NodeId> Graph::Users(ValueId id) const {
  std::vector<NodeId> users = users_[static_cast<size_t>(id)];
  std::sort(users.begin(), users.end());
  users.erase(std::unique(users.begin(), users.end()), users.end());
  return users;
}

NodeId Graph::OnlyUser(ValueId id) const {
  const std::vector<NodeId> users = Users(id);
  return users.size() == 1 && !IsOutput(id) ? users[0] : kNone;
}

NodeId Graph::ProducerWithOp(ValueId id, std::string_view op) const {
  if (id == kNone || value(id).producer == kNone || node(value(id).producer).op != op) {
    return kNone;
  }
  return value(id).producer;
}

Result<std::vector<NodeId>> Graph::TopologicalOrder() const {
  std::vector<int> waiting(nodes_.size(), 0);
  std::priority_queue<NodeId, std::vector<NodeId>, std::greater<>> ready;
  size_t living = 0;
  for (size_t i = 0; i < nodes_.size(); ++i) {
    if (!alive_[i]) {
      continue;
    }
    ++living;
    for (ValueId in : nodes_[i].inputs) {
      waiting[i] += in != kNone && value(in).producer != kNone;
    }
    if (waiting[i] == 0) {
      ready.push(static_cast<NodeId>(i));
    }
  }
  std::vector<NodeId> order;
  while (!ready.empty()) {
    const NodeId id = ready.top();
    ready.pop();
    order.push_back(id);
    for (ValueId out : node(id).outputs) {
      if (out == kNone) {
        continue;
      }
      for (NodeId user : users_[static_cast<size_t>(out)]) {
        if (--waiting[static_cast<size_t>(user)] == 0) {
          ready.push(user);
        }
      }
    }
  }
  if (order.size() != living) {
    for (size_t i = 0; i < nodes_.size(); ++i) {
      if (alive_[i] && waiting[i] > 0) {
        return InvalidModel("the graph has a cycle through node '", nodes_[i].name, "' (",
                            nodes_[i].op, ")");
      }
    }
  }
  return order;
}

std::vector<NodeId> Graph::Order() const {
  Result<std::vector<NodeId>> order = TopologicalOrder();
  PLUMB_CHECK(order.ok()) << order.status().message();
  return std::move(order).value();
}

std::optional<ValueId> Graph::FindValue(std::string_view wanted) const {
  const auto it = by_name_.find(wanted);
  return it == by_name_.end() ? std::nullopt : std::optional(it->second);
}

void Graph::SetInput(NodeId id, size_t index, ValueId to) {
  ValueId& slot = node(id).inputs[index];
  if (slot != kNone) {
    auto& users = users_[static_cast<size_t>(slot)];
    users.erase(std::find(users.begin(), users.end(), id));
  }
  slot = to;
  if (to != kNone) {
    users_[static_cast<size_t>(to)].push_back(id);
  }
}

void Graph::ReplaceUses(ValueId from, ValueId to) {
  for (NodeId user : Users(from)) {
    for (size_t i = 0; i < node(user).inputs.size(); ++i) {
      if (node(user).inputs[i] == from) {
        SetInput(user, i, to);
      }
    }
  }
  for (Output& output : outputs) {
    if (output.value == from) {
      output.value = to;
    }
  }
}

void Graph::TakeOutput(NodeId id, size_t index, ValueId taken) {
  ValueId& slot = node(id).outputs[index];
  if (slot != kNone) {
    value(slot).producer = kNone;
  }
  if (const NodeId former = value(taken).producer; former != kNone) {
    for (ValueId& out : node(former).outputs) {
      if (out == taken) {
        out = kNone;
      }
    }
  }
  slot = taken;
  value(taken).producer = id;
}

void Graph::RemoveNode(NodeId id) {
  Node& removed = node(id);
  for (size_t i = 0; i < removed.inputs.size(); ++i) {
    SetInput(id, i, kNone);
  }
  for (ValueId out : removed.outputs) {
    if (out != kNone) {
      value(out).producer = kNone;
    }
  }
  removed.inputs.clear();
  removed.outputs.clear();
  alive_[static_cast<size_t>(id)] = false;
}

void Graph::MakeConstant(ValueId id, Tensor tensor) {
  PLUMB_CHECK(value(id).producer == kNone) << value(id).name << " still has a producer";
  value(id).type = TensorType(tensor.dtype(), tensor.shape());
  value(id).constant = std::make_shared<const Tensor>(std::move(tensor));
}

int Graph::RemoveDeadNodes() {
  int removed = 0;
  std::vector<NodeId> order = Order();
  for (auto it = order.rbegin(); it != order.rend(); ++it) {
    const Node& n = node(*it);
    const bool read = std::any_of(n.outputs.begin(), n.outputs.end(), [&](ValueId out) {
      return out != kNone && (!users_[static_cast<size_t>(out)].empty() || IsOutput(out));
    });
    if (!read) {
      RemoveNode(*it);
      ++removed;
    }
  }
  return removed;
}

}  // namespace plumb::ir
