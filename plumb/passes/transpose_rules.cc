#include "plumb/passes/transpose_rules.h"

#include <algorithm>
#include <array>
#include <functional>
#include <string>

#include "plumb/ops/op_def.h"

namespace plumb::passes {
namespace {

// What a rule does to its node: the permutation behind each output, after the node's parameters and
// attributes have been rewritten for the source's axes. Nothing changed when it gives no
// permutation.
using Outcome = Result<std::optional<Permutation>>;
using Rule = Outcome (*)(ir::Graph& graph, ir::NodeId id, const Permutation& perm);

Outcome Elementwise(ir::Graph&, ir::NodeId, const Permutation& perm) { return std::optional(perm); }

Outcome AxisAttribute(ir::Graph& graph, ir::NodeId id, const Permutation& perm) {
  Attributes& attributes = graph.node(id).attributes;
  const auto rank = static_cast<int64_t>(perm.size());
  const int64_t axis =
      NormalAxis(attributes.Int("axis", graph.node(id).op == "softmax" ? -1 : 1), rank);
  attributes.Set("axis", perm[static_cast<size_t>(axis)]);
  return std::optional(perm);
}

// What is left of a permutation when axes (of the transposed side) disappear.
Permutation WithoutAxes(const Permutation& perm, const std::vector<int64_t>& axes) {
  const auto gone = [&](int64_t axis) {
    return std::find(axes.begin(), axes.end(), axis) != axes.end();
  };
  Permutation rest;
  for (size_t i = 0; i < perm.size(); ++i) {
    if (gone(static_cast<int64_t>(i))) {
      continue;
    }
    int64_t before = 0;  // surviving source axes in front of this one
    for (size_t j = 0; j < perm.size(); ++j) {
      before += !gone(static_cast<int64_t>(j)) && perm[j] < perm[i];
    }
    rest.push_back(before);
  }
  return rest;
}

std::vector<int64_t> Mapped(const Permutation& perm, std::vector<int64_t> axes) {
  for (int64_t& axis : axes) {
    axis = perm[static_cast<size_t>(NormalAxis(axis, static_cast<int64_t>(perm.size())))];
  }
  return axes;
}

void SetParameter(ir::Graph& graph, ir::NodeId id, size_t index, std::string_view what,
                  const std::vector<int64_t>& values) {
  while (graph.node(id).inputs.size() <= index) {
    graph.node(id).inputs.push_back(ir::kNone);
  }
  graph.SetInput(id, index, AddInts(graph, StrCat(graph.node(id).name, ".", what), values));
}

bool HasInput(const ir::Node& node, size_t i) {
  return i < node.inputs.size() && node.inputs[i] != ir::kNone;
}

Outcome Reduce(ir::Graph& graph, ir::NodeId id, const Permutation& perm) {
  const ir::Node& node = graph.node(id);
  const bool keep = node.attributes.Int("keepdims", 1) != 0;
  std::vector<int64_t> axes;
  if (HasInput(node, 1)) {
    const auto given = ConstantInts(graph, node.inputs[1]);
    if (!given) {
      return std::optional<Permutation>();
    }
    axes = *given;
  }
  if (axes.empty()) {
    return keep || node.attributes.Int("noop_with_empty_axes", 0) != 0
               ? std::optional(perm)
               : std::optional(Permutation());
  }
  for (int64_t& axis : axes) {
    axis = NormalAxis(axis, static_cast<int64_t>(perm.size()));
  }
  std::vector<int64_t> mapped = Mapped(perm, axes);
  std::sort(mapped.begin(), mapped.end());
  SetParameter(graph, id, 1, "axes", mapped);
  return std::optional(keep ? perm : WithoutAxes(perm, axes));
}

Outcome ArgReduce(ir::Graph& graph, ir::NodeId id, const Permutation& perm) {
  Attributes& attributes = graph.node(id).attributes;
  const int64_t axis = NormalAxis(attributes.Int("axis", 0), static_cast<int64_t>(perm.size()));
  attributes.Set("axis", perm[static_cast<size_t>(axis)]);
  return std::optional(attributes.Int("keepdims", 1) != 0 ? perm : WithoutAxes(perm, {axis}));
}

// gather with a scalar index loses the axis, with a list keeps it.
Outcome Gather(ir::Graph& graph, ir::NodeId id, const Permutation& perm) {
  const int64_t index_rank = RankOf(graph, graph.node(id).inputs[1]);
  if (index_rank > 1) {
    return std::optional<Permutation>();
  }
  Attributes& attributes = graph.node(id).attributes;
  const int64_t axis = NormalAxis(attributes.Int("axis", 0), static_cast<int64_t>(perm.size()));
  attributes.Set("axis", perm[static_cast<size_t>(axis)]);
  return std::optional(index_rank == 1 ? perm : WithoutAxes(perm, {axis}));
}

// Parameter `index` lists axes; without it they are 0, 1, ... as many as parameter `counted` has
// entries.
Outcome WithAxesInput(ir::Graph& graph, ir::NodeId id, const Permutation& perm, size_t index,
                      size_t counted, size_t per_axis) {
  const ir::Node& node = graph.node(id);
  std::vector<int64_t> axes;
  if (HasInput(node, index)) {
    const auto given = ConstantInts(graph, node.inputs[index]);
    if (!given) {
      return std::optional<Permutation>();
    }
    axes = *given;
  } else {
    const int64_t entries = NumElements(ShapeOf(graph, node.inputs[counted]));  // one for a scalar
    for (int64_t i = 0; i < entries / static_cast<int64_t>(per_axis); ++i) {
      axes.push_back(i);
    }
  }
  SetParameter(graph, id, index, "axes", Mapped(perm, axes));
  return std::optional(perm);
}

Outcome Slice(ir::Graph& graph, ir::NodeId id, const Permutation& perm) {
  return WithAxesInput(graph, id, perm, 3, 1, 1);
}
Outcome Pad(ir::Graph& graph, ir::NodeId id, const Permutation& perm) {
  return WithAxesInput(graph, id, perm, 3, 1, 2);
}

// A constant with `groups` entries for each axis (all of the first group, then all of the second),
// reordered.
template <typename T>
Tensor Reordered(const Tensor& list, const Permutation& perm) {
  Tensor result(list.dtype(), list.shape());
  const size_t rank = perm.size();
  for (size_t i = 0; i < list.values<T>().size(); ++i) {
    result.values<T>()[i / rank * rank + static_cast<size_t>(perm[i % rank])] = list.values<T>()[i];
  }
  return result;
}

// Every parameter that is a constant list with entries for each axis; anything else cannot be
// moved.
Outcome PerAxisParameters(ir::Graph& graph, ir::NodeId id, const Permutation& perm) {
  const std::vector<ir::ValueId> inputs = graph.node(id).inputs;
  std::vector<Tensor> reordered(inputs.size());
  for (size_t i = 1; i < inputs.size(); ++i) {
    if (inputs[i] == ir::kNone) {
      continue;
    }
    const Tensor* list = graph.ConstantOf(inputs[i]);
    if (list == nullptr || list->size() % static_cast<int64_t>(perm.size()) != 0) {
      return std::optional<Permutation>();
    }
    if (list->dtype() == DType::kF32) {
      reordered[i] = Reordered<float>(*list, perm);
    } else if (list->dtype() == DType::kS64) {
      reordered[i] = Reordered<int64_t>(*list, perm);
    } else {
      return std::optional<Permutation>();
    }
  }
  for (size_t i = 1; i < inputs.size(); ++i) {
    if (inputs[i] != ir::kNone) {
      graph.SetInput(id, i,
                     graph.AddConstant(graph.value(inputs[i]).name, std::move(reordered[i])));
    }
  }
  return std::optional(perm);
}

Outcome Resize(ir::Graph& graph, ir::NodeId id, const Permutation& perm) {
  Attributes& attributes = graph.node(id).attributes;
  if (attributes.Has("axes")) {
    attributes.Set("axes", Mapped(perm, attributes.Ints("axes")));
    return std::optional(perm);
  }
  return PerAxisParameters(graph, id, perm);
}

Outcome Expand(ir::Graph& graph, ir::NodeId id, const Permutation& perm) {
  const Shape shape = ShapeOf(graph, graph.node(id).outputs[0]);
  if (shape.size() != perm.size()) {
    return std::optional<Permutation>();
  }
  Shape moved(shape.size());
  for (size_t i = 0; i < shape.size(); ++i) {
    moved[static_cast<size_t>(perm[i])] = shape[i];
  }
  SetParameter(graph, id, 1, "shape", moved);
  return std::optional(perm);
}

// Axes of one side of a reshape that together hold the same elements as axes of the other.
struct Group {
  std::vector<size_t> in;
  std::vector<size_t> out;
};

// The finest such groups; axes of size 1 belong to none. Shapes without elements have none.
std::optional<std::vector<Group>> GroupsOf(const Shape& in, const Shape& out) {
  if (NumElements(in) == 0 || NumElements(in) != NumElements(out)) {
    return std::nullopt;
  }
  std::vector<Group> groups;
  size_t i = 0;
  size_t j = 0;
  const auto skip_ones = [](const Shape& shape, size_t& at) {
    while (at < shape.size() && shape[at] == 1) {
      ++at;
    }
  };
  while (true) {
    skip_ones(in, i);
    skip_ones(out, j);
    if (i == in.size() || j == out.size()) {
      return groups;
    }
    Group group = {{i}, {j}};
    int64_t a = in[i++];
    int64_t b = out[j++];
    while (a != b) {
      if (a < b) {
        skip_ones(in, i);
        group.in.push_back(i);
        a *= in[i++];
      } else {
        skip_ones(out, j);
        group.out.push_back(j);
        b *= out[j++];
      }
    }
    groups.push_back(std::move(group));
  }
}

// A reshape that splits and merges axes which also in the source stand together and in order.
Outcome Reshape(ir::Graph& graph, ir::NodeId id, const Permutation& perm) {
  const Shape in = ShapeOf(graph, graph.node(id).inputs[0]);  // of the transposed side
  const Shape out = ShapeOf(graph, graph.node(id).outputs[0]);
  std::optional<std::vector<Group>> groups = GroupsOf(in, out);
  if (!groups) {
    return std::optional<Permutation>();
  }
  // Where the source axis of a transposed axis stands among the source's axes that are not 1.
  const auto place = [&](size_t axis) {
    int64_t at = 0;
    for (size_t j = 0; j < perm.size(); ++j) {
      at += in[j] != 1 && perm[j] < perm[axis];
    }
    return at;
  };
  for (const Group& group : *groups) {
    for (size_t k = 1; k < group.in.size(); ++k) {
      if (place(group.in[k]) != place(group.in[k - 1]) + 1) {
        return std::optional<Permutation>();
      }
    }
  }
  std::sort(groups->begin(), groups->end(),
            [&](const Group& a, const Group& b) { return place(a.in[0]) < place(b.in[0]); });
  // Axes of size 1 in front stay in front; others follow the axis they follow in the output.
  std::vector<size_t> order;  // output axes in the order of the source
  const auto take_ones = [&](size_t from) {
    for (size_t k = from; k < out.size() && out[k] == 1; ++k) {
      order.push_back(k);
    }
  };
  take_ones(0);
  for (const Group& group : *groups) {
    for (size_t axis : group.out) {
      order.push_back(axis);
      take_ones(axis + 1);
    }
  }
  Shape sizes;
  Permutation after(out.size());
  for (size_t k = 0; k < order.size(); ++k) {
    sizes.push_back(out[order[k]]);
    after[order[k]] = static_cast<int64_t>(k);
  }
  SetParameter(graph, id, 1, "shape", sizes);
  graph.node(id).attributes.Set("allowzero", int64_t{1});
  return std::optional(after);
}

struct Row {
  std::string_view op;
  Rule rule;
  size_t data;  // inputs that carry data; 0: all
};
constexpr std::array kRows = {
    Row{"concat", AxisAttribute, 0},
    Row{"split", AxisAttribute, 1},
    Row{"softmax", AxisAttribute, 1},
    Row{"log_softmax", AxisAttribute, 1},
    Row{"quantize_linear", AxisAttribute, 1},
    Row{"dequantize_linear", AxisAttribute, 1},
    Row{"quantize", Elementwise, 1},
    Row{"dequantize", Elementwise, 1},
    Row{"reduce_mean", Reduce, 1},
    Row{"reduce_sum", Reduce, 1},
    Row{"reduce_max", Reduce, 1},
    Row{"reduce_min", Reduce, 1},
    Row{"reduce_prod", Reduce, 1},
    Row{"reduce_l1", Reduce, 1},
    Row{"reduce_l2", Reduce, 1},
    Row{"reduce_sum_square", Reduce, 1},
    Row{"reduce_log_sum", Reduce, 1},
    Row{"reduce_log_sum_exp", Reduce, 1},
    Row{"argmax", ArgReduce, 1},
    Row{"argmin", ArgReduce, 1},
    Row{"gather", Gather, 1},
    Row{"slice", Slice, 1},
    Row{"pad", Pad, 1},
    Row{"resize", Resize, 1},
    Row{"tile", PerAxisParameters, 1},
    Row{"expand", Expand, 1},
    Row{"reshape", Reshape, 1},
    Row{"clip", Elementwise, 1},
    Row{"cast", Elementwise, 1},
    Row{"identity", Elementwise, 1},
    Row{"where", Elementwise, 0},
    Row{"add", Elementwise, 0},
    Row{"sub", Elementwise, 0},
    Row{"mul", Elementwise, 0},
    Row{"div", Elementwise, 0},
    Row{"pow", Elementwise, 0},
    Row{"max", Elementwise, 0},
    Row{"min", Elementwise, 0},
    Row{"mod", Elementwise, 0},
    Row{"prelu", Elementwise, 0},
    Row{"equal", Elementwise, 0},
    Row{"less", Elementwise, 0},
    Row{"greater", Elementwise, 0},
    Row{"less_or_equal", Elementwise, 0},
    Row{"greater_or_equal", Elementwise, 0},
    Row{"and", Elementwise, 0},
    Row{"or", Elementwise, 0},
    Row{"xor", Elementwise, 0},
};

// Functions of one element need no row.
std::optional<Row> RowOf(const ir::Node& node) {
  for (const Row& row : kRows) {
    if (row.op == node.op) {
      return row;
    }
  }
  const ops::OpDef* op = ops::FindOp(node.op);
  if (op != nullptr && op->quant == ops::QuantKind::kTable && node.inputs.size() == 1) {
    return Row{op->name, Elementwise, 1};
  }
  return std::nullopt;
}

// The source and the permutation when the value is a transpose's product.
ir::NodeId TransposeOf(const ir::Graph& graph, ir::ValueId value) {
  return graph.ProducerWithOp(value, "transpose");
}

Shape Permuted(const Shape& shape, const Permutation& perm) {
  Shape result;
  for (int64_t axis : perm) {
    result.push_back(shape[static_cast<size_t>(axis)]);
  }
  return result;
}

// The transposed form of a value. Where axes of size 1 leave a choice, the usual one of NHWC to
// NCHW is taken, so that values made in different ways meet in one form.
Result<ir::ValueId> EmitUsualTranspose(ir::Graph& graph, ir::ValueId value,
                                       const Permutation& perm) {
  if (perm.size() == 4 && perm != kToNchw &&
      MovesNothing(Compose(perm, kToNhwc), ShapeOf(graph, value))) {
    // The usual form is the one that stays: it gets the name.
    const ir::NodeId producer = graph.value(value).producer;
    const auto& outputs = graph.node(producer).outputs;
    const auto index =
        static_cast<size_t>(std::find(outputs.begin(), outputs.end(), value) - outputs.begin());
    const Shape usual = Permuted(Permuted(ShapeOf(graph, value), perm), kToNhwc);
    const ir::ValueId made = graph.AddValue(graph.value(value).name, graph.value(value).type);
    graph.value(made).quantization = graph.value(value).quantization;
    graph.TakeOutput(producer, index, made);
    PLUMB_ASSIGN_OR_RETURN(const ir::ValueId reshaped,
                           EmitReshape(graph, made, usual, graph.value(made).name));
    graph.value(value).type = graph.value(reshaped).type;
    graph.value(value).quantization = graph.value(reshaped).quantization;
    graph.TakeOutput(graph.value(reshaped).producer, 0, value);
    return EmitTranspose(graph, value, kToNchw, graph.value(value).name + ".transposed");
  }
  return EmitTranspose(graph, value, perm, graph.value(value).name + ".transposed");
}

// An operand that is not transposed, made to fit the sources: rank and order of axes. kNone: it is
// not worth it.
Result<ir::ValueId> Fitted(ir::Graph& graph, ir::ValueId operand, const Permutation& perm,
                           int64_t affordable) {
  Shape shape = ShapeOf(graph, operand);
  if (NumElements(shape) == 1) {
    return operand;
  }
  const bool constant = graph.IsConstant(operand);
  Shape padded(perm.size() - shape.size(), 1);
  padded.insert(padded.end(), shape.begin(), shape.end());
  const Permutation inverse = Inverse(perm);
  if (const ir::NodeId t = TransposeOf(graph, operand);
      t != ir::kNone && padded.size() == shape.size()) {
    // Transposed in another way, which differs only in where axes of size 1 stand.
    const ir::ValueId source = graph.node(t).inputs[0];
    const Permutation both = Compose(graph.node(t).attributes.Ints("perm"), inverse);
    if (MovesNothing(both, ShapeOf(graph, source))) {
      return EmitReshape(graph, source, Permuted(shape, inverse),
                         graph.value(operand).name + ".moved");
    }
  }
  if (!constant && !MovesNothing(inverse, padded) && NumElements(shape) >= affordable) {
    return ir::ValueId{ir::kNone};
  }
  const std::string name = graph.value(operand).name;
  if (padded.size() != shape.size()) {
    PLUMB_ASSIGN_OR_RETURN(operand, EmitReshape(graph, operand, padded, name));
  }
  return EmitTranspose(graph, operand, inverse, name + ".moved");
}

}  // namespace

size_t DataInputs(const ir::Node& node) {
  const std::optional<Row> row = RowOf(node);
  return !row ? 0 : row->data == 0 ? node.inputs.size() : std::min(row->data, node.inputs.size());
}

bool CommutesWithTranspose(const ir::Graph& graph, ir::NodeId id) {
  const std::optional<Row> row = RowOf(graph.node(id));
  return row && row->rule != &Reshape;
}

Result<bool> SinkThrough(ir::Graph& graph, ir::NodeId id) {
  const std::optional<Row> row = RowOf(graph.node(id));
  if (!row) {
    return false;
  }
  const size_t data = DataInputs(graph.node(id));
  const std::vector<ir::ValueId> inputs = graph.node(id).inputs;
  std::optional<Permutation> perm;
  int64_t transposed = 0;  // elements
  for (size_t i = 0; i < data; ++i) {
    if (const ir::NodeId t = TransposeOf(graph, inputs[i]); t != ir::kNone) {
      const Permutation found = graph.node(t).attributes.Ints("perm");
      if (!perm || found.size() > perm->size() || found == kToNchw) {
        perm = found;
      }
    }
  }
  if (!perm) {
    return false;
  }
  std::vector<bool> direct(inputs.size(), false);
  for (size_t i = 0; i < data; ++i) {
    if (inputs[i] == ir::kNone || RankOf(graph, inputs[i]) > static_cast<int64_t>(perm->size())) {
      return false;
    }
    const ir::NodeId t = TransposeOf(graph, inputs[i]);
    direct[i] = t != ir::kNone && graph.node(t).attributes.Ints("perm") == *perm;
    transposed += direct[i] ? NumElements(ShapeOf(graph, inputs[i])) : 0;
  }
  std::vector<ir::ValueId> sources = inputs;
  for (size_t i = 0; i < data; ++i) {
    if (direct[i]) {
      sources[i] = graph.node(TransposeOf(graph, inputs[i])).inputs[0];
      continue;
    }
    PLUMB_ASSIGN_OR_RETURN(sources[i], Fitted(graph, inputs[i], *perm, transposed));
    if (sources[i] == ir::kNone) {
      return false;
    }
  }
  PLUMB_ASSIGN_OR_RETURN(const std::optional<Permutation> after, row->rule(graph, id, *perm));
  if (!after) {
    return false;
  }
  for (size_t i = 0; i < data; ++i) {
    graph.SetInput(id, i, sources[i]);
  }
  const std::vector<ir::ValueId> outputs = graph.node(id).outputs;
  std::vector<ir::ValueId> placeholders(outputs.size(), ir::kNone);
  for (size_t i = 0; i < outputs.size(); ++i) {
    if (outputs[i] != ir::kNone && !IsIdentity(*after)) {
      placeholders[i] = graph.AddValue(graph.value(outputs[i]).name);
      graph.ReplaceUses(outputs[i], placeholders[i]);
    }
  }
  for (ir::ValueId out : outputs) {
    Quantization* grid = out == ir::kNone ? nullptr : &graph.value(out).quantization;
    if (grid != nullptr && grid->per_channel() && !IsIdentity(*after)) {
      grid->axis = static_cast<int>((*after)[static_cast<size_t>(grid->axis)]);
    }
  }
  PLUMB_ASSIGN_OR_RETURN(const std::vector<ir::TensorType> types,
                         ops::Infer(ops::NodeView(graph, graph.node(id))));
  for (size_t i = 0; i < outputs.size(); ++i) {
    if (placeholders[i] != ir::kNone) {
      graph.value(outputs[i]).type = types[i];
      PLUMB_ASSIGN_OR_RETURN(const ir::ValueId back, EmitUsualTranspose(graph, outputs[i], *after));
      graph.ReplaceUses(placeholders[i], back);
    }
  }
  return true;
}

Result<bool> MergeTransposes(ir::Graph& graph, ir::NodeId id) {
  if (graph.node(id).op != "transpose") {
    return false;
  }
  const ir::ValueId in = graph.node(id).inputs[0];
  const ir::NodeId inner = TransposeOf(graph, in);
  if (inner == ir::kNone) {
    return false;
  }
  const ir::ValueId source = graph.node(inner).inputs[0];
  const Permutation both =
      Compose(graph.node(inner).attributes.Ints("perm"), graph.node(id).attributes.Ints("perm"));
  if (IsIdentity(both)) {
    ReplaceByExisting(graph, id, source);
    return true;
  }
  graph.SetInput(id, 0, source);
  graph.node(id).attributes.Set("perm", both);
  return true;
}

}  // namespace plumb::passes
