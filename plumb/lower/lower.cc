#include "plumb/lower/lower.h"

#include <cstring>
#include <string>
#include <utility>

#include "plumb/ops/lowering.h"
#include "plumb/ops/op_def.h"

namespace plumb::lower {
namespace {

Status LowerNode(const ir::Graph& graph, const ir::Node& node, ops::LowerContext& context) {
  const ops::NodeView view(graph, node);
  const ops::OpDef* op = ops::FindOp(node.op);
  if (op == nullptr) {
    return InvalidModel(view.Describe(), ": no operator is named '", node.op, "'");
  }
  for (const auto* list : {&node.inputs, &node.outputs}) {
    for (ir::ValueId id : *list) {
      if (id != ir::kNone && !graph.value(id).type.known()) {
        return InvalidModel(view.Describe(), ": the type of '", graph.value(id).name, "' is ",
                            graph.value(id).type.ToString(),
                            "; expected every dimension to be known");
      }
    }
  }
  PLUMB_RETURN_IF_ERROR(ops::Check(view));
  if (op->lower != nullptr) {
    return op->lower(node, context);
  }
  context.AddPlainRecord(node);
  return {};
}

// One message for all of them: a user who must change the model wants to know everything at once.
Status Joined(const std::vector<Status>& errors) {
  if (errors.size() == 1) {
    return errors[0];
  }
  std::string message = StrCat(errors.size(), " nodes cannot be compiled:");
  for (const Status& error : errors) {
    message += "\n  " + error.message();
  }
  return {errors[0].code(), message};
}

Result<std::vector<Tensor>> RunOnce(std::shared_ptr<const artifact::Program> program,
                                    std::span<const Tensor> inputs, int threads) {
  const size_t outputs = program->outputs.size();
  runtime::SessionOptions options;
  options.threads = threads;
  PLUMB_ASSIGN_OR_RETURN(const auto session, runtime::Session::Create(std::move(program), options));
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (inputs[i].bytes() > 0) {
      std::memcpy(session->input(i).raw, inputs[i].raw(), inputs[i].bytes());
    }
  }
  PLUMB_RETURN_IF_ERROR(session->Run());
  std::vector<Tensor> results;
  for (size_t i = 0; i < outputs; ++i) {
    const ConstTensorView view = session->output(i);
    Tensor tensor(view.dtype, Shape(view.shape.begin(), view.shape.end()));
    if (tensor.bytes() > 0) {
      std::memcpy(tensor.raw(), view.raw, tensor.bytes());
    }
    results.push_back(std::move(tensor));
  }
  return results;
}

}  // namespace

Result<std::shared_ptr<const artifact::Program>> Lower(const ir::Graph& graph) {
  auto program = std::make_shared<artifact::Program>();
  program->name = graph.name;
  ops::LowerContext context(graph, *program);
  std::vector<Status> errors;
  for (const ir::Input& input : graph.inputs) {
    const ir::Value& value = graph.value(input.value);
    if (!value.type.known()) {
      errors.push_back(InvalidModel("input '", value.name, "' is ", value.type.ToString(),
                                    "; give the unknown sizes with --input-shape"));
      continue;
    }
    program->inputs.push_back({value.name, context.TensorOf(input.value), input.dtype});
  }
  PLUMB_ASSIGN_OR_RETURN(const std::vector<ir::NodeId> order, graph.TopologicalOrder());
  for (ir::NodeId id : order) {
    if (Status status = LowerNode(graph, graph.node(id), context); !status.ok()) {
      errors.push_back(std::move(status));
    }
  }
  if (!errors.empty()) {
    return Joined(errors);
  }
  for (const ir::Output& output : graph.outputs) {
    program->outputs.push_back({output.name, context.TensorOf(output.value), output.dtype});
  }
  return std::shared_ptr<const artifact::Program>(std::move(program));
}

Result<std::vector<Tensor>> EvaluateNode(const ir::Graph& graph, ir::NodeId id) {
  const ir::Node& node = graph.node(id);
  const ops::OpDef* op = ops::FindOp(node.op);
  if (op != nullptr && op->fold != nullptr) {
    if (std::vector<Tensor> folded = op->fold(ops::NodeView(graph, node)); !folded.empty()) {
      return folded;
    }
  }
  auto program = std::make_shared<artifact::Program>();
  ops::LowerContext context(graph, *program);
  PLUMB_RETURN_IF_ERROR(LowerNode(graph, node, context));
  for (ir::ValueId out : node.outputs) {
    if (out != ir::kNone) {
      const ir::Value& value = graph.value(out);
      program->outputs.push_back({value.name, context.TensorOf(out), value.type.dtype});
    }
  }
  Result<std::vector<Tensor>> results = RunOnce(std::move(program), {}, 1);
  if (!results.ok()) {
    return results.status().WithContext(ops::NodeView(graph, node).Describe());
  }
  std::vector<Tensor> by_output;
  size_t next = 0;
  for (ir::ValueId out : node.outputs) {
    by_output.push_back(out == ir::kNone ? Tensor() : std::move((*results)[next++]));
  }
  return by_output;
}

Result<std::vector<Tensor>> RunGraph(const ir::Graph& graph, std::span<const Tensor> inputs,
                                     int threads) {
  if (inputs.size() != graph.inputs.size()) {
    return UsageError("the graph has ", graph.inputs.size(), " inputs, ", inputs.size(),
                      " were given");
  }
  PLUMB_ASSIGN_OR_RETURN(std::shared_ptr<const artifact::Program> program, Lower(graph));
  for (size_t i = 0; i < inputs.size(); ++i) {
    const ir::Value& value = graph.value(graph.inputs[i].value);
    const ir::TensorType found(inputs[i].dtype(), inputs[i].shape());
    if (value.type.dtype != found.dtype || value.type.shape() != inputs[i].shape()) {
      return UsageError("input '", value.name, "' is ", value.type.ToString(),
                        "; a tensor of type ", found.ToString(), " was given");
    }
  }
  return RunOnce(std::move(program), inputs, threads);
}

}  // namespace plumb::lower
