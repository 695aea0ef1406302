#include "plumb/passes/infer_types.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "plumb/lower/lower.h"
#include "plumb/ops/op_def.h"

namespace plumb::passes {
namespace {

constexpr size_t kMostFoldedBytes = size_t{64} << 20;

// The symmetric grid that the values of a dequantized constant lie on, or none.
Quantization SymmetricGrid(const ir::Graph& graph, const ir::Node& node) {
  const Tensor* data = graph.ConstantOf(node.inputs[0]);
  const Tensor* scale = node.inputs.size() > 1 ? graph.ConstantOf(node.inputs[1]) : nullptr;
  const Tensor* zero_point = node.inputs.size() > 2 ? graph.ConstantOf(node.inputs[2]) : nullptr;
  const bool s8 = data->dtype() == DType::kS8;
  if (scale == nullptr || scale->dtype() != DType::kF32 || scale->shape().size() > 1 ||
      (!s8 && data->dtype() != DType::kU8)) {
    return {};
  }
  const int middle = s8 ? 0 : 128;
  for (int64_t i = 0; i < (zero_point != nullptr ? zero_point->size() : 1); ++i) {
    const int at = zero_point == nullptr ? 0
                   : s8                  ? zero_point->values<int8_t>()[static_cast<size_t>(i)]
                                         : zero_point->values<uint8_t>()[static_cast<size_t>(i)];
    if (at != middle) {
      return {};
    }
  }
  Quantization grid;
  grid.scale.assign(scale->values<float>().begin(), scale->values<float>().end());
  for (float s : grid.scale) {
    if (!std::isnormal(s) || s < 0) {
      return {};
    }
  }
  grid.zero_point.assign(grid.scale.size(), 0);
  if (grid.scale.size() != 1) {
    const auto rank = static_cast<int64_t>(data->shape().size());
    const int64_t axis = node.attributes.Int("axis", 1);
    grid.axis = static_cast<int>(axis < 0 ? axis + rank : axis);
    if (grid.axis >= rank ||
        data->shape()[static_cast<size_t>(grid.axis)] != static_cast<int64_t>(grid.scale.size())) {
      return {};
    }
  }
  return grid;
}

size_t BytesOf(const ir::Graph& graph, const std::vector<ir::ValueId>& values) {
  size_t bytes = 0;
  for (ir::ValueId id : values) {
    if (id != ir::kNone) {
      const ir::TensorType& type = graph.value(id).type;
      bytes += static_cast<size_t>(NumElements(type.shape())) * DTypeSize(type.dtype);
    }
  }
  return bytes;
}

std::string Unknown(const ir::Value& value) {
  const ir::TensorType& type = value.type;
  if (type.dtype == DType::kNone) {
    return StrCat("the element type of '", value.name, "' is not known");
  }
  if (!type.ranked) {
    return StrCat("the number of dimensions of '", value.name, "' is not known");
  }
  for (size_t i = 0; i < type.dims.size(); ++i) {
    if (!type.dims[i].known()) {
      return StrCat("dimension ", i,
                    type.dims[i].symbol.empty() ? "" : " ('" + type.dims[i].symbol + "')", " of '",
                    value.name, "' (", type.ToString(), ") is not known");
    }
  }
  return "";
}

// What the quantizer takes as a weight's grid: int8 around zero.
Quantization IfSymmetric(const ir::Value& value) {
  const Quantization& grid = value.quantization;
  const bool symmetric =
      value.type.dtype == DType::kS8 &&
      std::all_of(grid.zero_point.begin(), grid.zero_point.end(), [](int32_t z) { return z == 0; });
  return symmetric ? grid : Quantization();
}

// Which axis of a reshape's result is that axis of its input: the same size with as many elements
// in front; -1: none.
int AxisAfterReshape(const Shape& in, const Shape& out, int axis) {
  int64_t front = 1;
  for (int i = 0; i < axis; ++i) {
    front *= in[static_cast<size_t>(i)];
  }
  int64_t before = 1;
  for (size_t i = 0; i < out.size(); ++i) {
    if (before == front && out[i] == in[static_cast<size_t>(axis)]) {
      return static_cast<int>(i);
    }
    before *= out[i];
  }
  return -1;
}

}  // namespace

Quantization MovedGrid(const ir::Graph& graph, const ir::Node& node) {
  const ops::OpDef* op = ops::FindOp(node.op);
  if (op->quant != ops::QuantKind::kSameGrid || node.inputs.empty() ||
      node.inputs[0] == ir::kNone) {
    return {};
  }
  Quantization grid = graph.value(node.inputs[0]).quantization;
  if (!grid.per_channel()) {
    return grid;
  }
  if (node.op == "transpose") {
    const std::vector<int64_t> perm = node.attributes.Ints("perm");
    grid.axis = static_cast<int>(std::find(perm.begin(), perm.end(), grid.axis) - perm.begin());
    return grid;
  }
  if (node.op == "reshape") {
    grid.axis = AxisAfterReshape(graph.value(node.inputs[0]).type.shape(),
                                 graph.value(node.outputs[0]).type.shape(), grid.axis);
    return grid.axis < 0 ? Quantization() : grid;
  }
  return {};
}

Status InferNode(ir::Graph& graph, ir::NodeId id) {
  const ops::NodeView view(graph, graph.node(id));
  if (ops::FindOp(graph.node(id).op) == nullptr) {
    return InvalidModel(view.Describe(), ": no operator is named '", graph.node(id).op, "'");
  }
  PLUMB_ASSIGN_OR_RETURN(const std::vector<ir::TensorType> types, ops::Infer(view));
  ir::Node& node = graph.node(id);
  if (types.size() < node.outputs.size()) {
    return InvalidModel(view.Describe(), " has ", node.outputs.size(),
                        " outputs; expected at most ", types.size());
  }
  if (const auto* op = ops::FindOp(node.op); op->resolve != nullptr) {
    op->resolve(view, node.attributes);
  }
  for (size_t i = 0; i < node.outputs.size(); ++i) {
    if (node.outputs[i] == ir::kNone) {
      continue;
    }
    ir::Value& value = graph.value(node.outputs[i]);
    value.type = types[i];
    if (!value.type.known()) {
      return InvalidModel(view.Describe(), ": ", Unknown(value));
    }
  }
  return {};
}

Result<bool> FoldNode(ir::Graph& graph, ir::NodeId id) {
  const ir::Node& node = graph.node(id);
  const ops::OpDef* op = ops::FindOp(node.op);
  const bool constant = !node.inputs.empty() &&
                        std::all_of(node.inputs.begin(), node.inputs.end(), [&](ir::ValueId in) {
                          return in == ir::kNone || graph.IsConstant(in);
                        });
  const bool by_type = op->fold != nullptr && !op->fold(ops::NodeView(graph, node)).empty();
  const size_t bytes = BytesOf(graph, node.outputs);
  if (!by_type &&
      (!constant || (bytes > kMostFoldedBytes && bytes > BytesOf(graph, node.inputs)))) {
    return false;
  }
  PLUMB_ASSIGN_OR_RETURN(std::vector<Tensor> results, lower::EvaluateNode(graph, id));
  const Quantization grid = !constant                        ? Quantization()
                            : node.op == "dequantize_linear" ? SymmetricGrid(graph, node)
                            : node.op == "dequantize" ? IfSymmetric(graph.value(node.inputs[0]))
                                                      : MovedGrid(graph, node);
  const std::vector<ir::ValueId> outputs = node.outputs;
  const std::string described = ops::NodeView(graph, node).Describe();
  graph.RemoveNode(id);
  for (size_t i = 0; i < outputs.size(); ++i) {
    if (outputs[i] == ir::kNone) {
      continue;
    }
    const ir::TensorType& type = graph.value(outputs[i]).type;
    if (type.dtype != results[i].dtype() || type.shape() != results[i].shape()) {
      return Status(Code::kInternal,
                    StrCat(described, " was inferred to give ", type.ToString(), " and gave ",
                           ir::TensorType(results[i].dtype(), results[i].shape()).ToString()));
    }
    graph.MakeConstant(outputs[i], std::move(results[i]));
    graph.value(outputs[i]).quantization = grid;
  }
  return true;
}

Result<int> InferTypes(ir::Graph& graph) {
  graph.RemoveDeadNodes();
  std::vector<Status> errors;
  for (const ir::Input& input : graph.inputs) {
    const ir::Value& value = graph.value(input.value);
    if (!value.type.known()) {
      errors.push_back(InvalidModel("input ", Unknown(value), "; fix it with --input-shape ",
                                    value.name, "=..."));
    }
  }
  PLUMB_ASSIGN_OR_RETURN(const std::vector<ir::NodeId> order, graph.TopologicalOrder());
  int folded = 0;
  for (ir::NodeId id : order) {
    const ir::Node& node = graph.node(id);
    // Where an input is unknown its own maker, or the graph input, has been reported.
    const bool known = std::all_of(node.inputs.begin(), node.inputs.end(), [&](ir::ValueId in) {
      return in == ir::kNone || graph.value(in).type.known();
    });
    Status status;
    if (known) {
      status = InferNode(graph, id);
    } else if (ops::FindOp(node.op) == nullptr) {
      status = InvalidModel(ops::NodeView(graph, node).Describe(), ": no operator is named '",
                            node.op, "'");
    }
    if (!known || !status.ok()) {
      for (ir::ValueId out : node.outputs) {
        if (out != ir::kNone) {
          graph.value(out).type = {};
        }
      }
      if (!status.ok()) {
        errors.push_back(std::move(status));
      }
      continue;
    }
    PLUMB_ASSIGN_OR_RETURN(const bool gone, FoldNode(graph, id));
    folded += gone;
  }
  if (errors.empty()) {
    for (ir::Output& output : graph.outputs) {
      if (output.dtype == DType::kNone) {  // the model file did not say
        output.dtype = graph.value(output.value).type.dtype;
      }
    }
    graph.RemoveDeadNodes();
    return folded;
  }
  if (errors.size() == 1) {
    return errors[0];
  }
  std::string message = StrCat(errors.size(), " nodes are invalid or unsupported:");
  for (const Status& error : errors) {
    message += "\n  " + error.message();
  }
  return Status(errors[0].code(), message);
}

}  // namespace plumb::passes
