#include "plumb/import/onnx/edge_reshapes.h"

#include <algorithm>
#include <map>
#include <set>

#include "onnx.pb.h"
#include "plumb/import/onnx/cut.h"
#include "plumb/import/onnx/read_tensor.h"

namespace plumb::onnx {
namespace {

// The part of a model that a cut leaves, and who makes and reads its tensors.
class Ends {
 public:
  explicit Ends(const GraphProto& graph) : graph_(graph) {
    for (const NodeProto& node : graph.node()) {
      for (const std::string& output : node.output()) {
        makers_[output] = &node;
      }
      for (int i = 0; i < node.input_size(); ++i) {
        ++reads_[node.input(i)];
        if (i == 0 && node.op_type() == "Reshape") {
          reshapes_[node.input(i)] = &node;
        }
      }
    }
    for (const ValueInfoProto& output : graph.output()) {
      ++reads_[output.name()];
    }
  }

  [[nodiscard]] std::string PastInput(std::string name) const {
    for (auto at = reshapes_.find(name); at != reshapes_.end() && reads_.at(name) == 1;
         at = reshapes_.find(name)) {
      const std::string& behind = at->second->output(0);
      if (reads_.contains(behind) && !IsOutput(behind)) {
        name = behind;
      } else {
        break;
      }
    }
    return name;
  }

  // Only tensors that a node makes: an input of the model would be left without a network.
  [[nodiscard]] std::string PastOutput(std::string name) const {
    for (auto at = makers_.find(name); at != makers_.end() && at->second->op_type() == "Reshape";
         at = makers_.find(name)) {
      if (!makers_.contains(at->second->input(0))) {
        break;
      }
      name = at->second->input(0);
    }
    return name;
  }

 private:
  [[nodiscard]] bool IsOutput(const std::string& name) const {
    return std::any_of(graph_.output().begin(), graph_.output().end(),
                       [&](const ValueInfoProto& output) { return output.name() == name; });
  }

  const GraphProto& graph_;
  std::map<std::string, const NodeProto*> makers_, reshapes_;
  std::map<std::string, int> reads_;
};

}  // namespace

Result<std::vector<std::pair<std::string, std::string>>> CutEdgeReshapes(std::string_view path,
                                                                         Cut& cut) {
  PLUMB_ASSIGN_OR_RETURN(const std::string bytes, ReadFile(std::filesystem::path(path)));
  ModelProto model;
  if (!model.ParseFromString(bytes) || !model.has_graph()) {
    return InvalidModel(path, ": no ONNX model");
  }
  if (!cut.empty()) {
    PLUMB_RETURN_IF_ERROR(ApplyCut(cut, model));
  }
  const GraphProto& graph = model.graph();
  const Ends ends(graph);
  std::set<std::string> constants;
  for (const TensorProto& constant : graph.initializer()) {
    constants.insert(constant.name());
  }
  std::vector<std::pair<std::string, std::string>> changed;
  std::set<std::string> taken;
  const auto move = [&](const std::string& name, const std::string& moved) {
    const std::string& end = taken.contains(moved) ? name : moved;
    taken.insert(end);
    if (end != name) {
      changed.emplace_back(name, end);
    }
    return end;
  };
  std::vector<std::string> inputs, outputs;
  for (const ValueInfoProto& input : graph.input()) {
    if (!constants.contains(input.name())) {
      inputs.push_back(move(input.name(), ends.PastInput(input.name())));
    }
  }
  for (const ValueInfoProto& output : graph.output()) {
    outputs.push_back(move(output.name(), ends.PastOutput(output.name())));
  }
  if (!changed.empty()) {
    // Inputs that are constants already stay named: their values go in there.
    for (const auto& [name, tensor] : cut.constants) {
      inputs.push_back(name);
    }
    cut.inputs = std::move(inputs);
    cut.outputs = std::move(outputs);
  }
  return changed;
}

}  // namespace plumb::onnx
