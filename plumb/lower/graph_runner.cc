#include "plumb/lower/graph_runner.h"

#include <cstring>

#include "plumb/lower/lower.h"

namespace plumb::lower {

Result<GraphRunner> GraphRunner::Create(const ir::Graph& graph, int threads) {
  PLUMB_ASSIGN_OR_RETURN(auto program, Lower(graph));
  GraphRunner runner;
  for (const artifact::TensorInfo& tensor : program->tensors) {
    runner.value_of_tensor_.push_back(graph.FindValue(tensor.name).value_or(ir::kNone));
  }
  for (const ir::Input& input : graph.inputs) {
    runner.inputs_.push_back(input.value);
  }
  runtime::SessionOptions options;
  options.threads = threads;
  PLUMB_ASSIGN_OR_RETURN(runner.session_, runtime::Session::Create(program, options));
  return runner;
}

Result<std::vector<Tensor>> GraphRunner::Run(std::span<const Tensor> inputs,
                                             const ValueObserver& observer) {
  if (inputs.size() != inputs_.size()) {
    return UsageError("the graph takes ", inputs_.size(), " inputs; found ", inputs.size());
  }
  for (size_t i = 0; i < inputs.size(); ++i) {
    const TensorView to = session_->input(i);
    if (inputs[i].dtype() != to.dtype ||
        !std::equal(to.shape.begin(), to.shape.end(), inputs[i].shape().begin(),
                    inputs[i].shape().end())) {
      return UsageError("input '", session_->program().inputs[i].name, "': expected ",
                        DTypeName(to.dtype), " ", ShapeToString(to.shape), ", found ",
                        DTypeName(inputs[i].dtype()), " ", ShapeToString(inputs[i].shape()));
    }
    if (to.bytes() > 0) {
      std::memcpy(to.raw, inputs[i].raw(), to.bytes());
    }
    if (observer) {
      observer(inputs_[i], to);
    }
  }
  runtime::RecordObserver each;
  if (observer) {
    each = [&](size_t, const artifact::Record& record, std::span<const TensorView> outputs) {
      for (size_t i = 0; i < outputs.size(); ++i) {
        if (record.outputs[i] >= 0) {
          const ir::ValueId value = value_of_tensor_[static_cast<size_t>(record.outputs[i])];
          if (value != ir::kNone) {
            observer(value, outputs[i]);
          }
        }
      }
    };
  }
  PLUMB_RETURN_IF_ERROR(session_->Run(each));
  std::vector<Tensor> outputs;
  for (size_t i = 0; i < session_->program().outputs.size(); ++i) {
    const ConstTensorView view = session_->output(i);
    Tensor tensor(view.dtype, Shape(view.shape.begin(), view.shape.end()));
    if (view.bytes() > 0) {
      std::memcpy(tensor.raw(), view.raw, view.bytes());
    }
    outputs.push_back(std::move(tensor));
  }
  return outputs;
}

}  // namespace plumb::lower
