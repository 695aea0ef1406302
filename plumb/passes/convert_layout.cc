// Operators that know channels come from ONNX with layout "nchw". Each is rewritten to "nhwc" with
// a transpose before and after it, its weights are permuted, and one-dimensional ones (rank 3) get
// a height of 1:
//
//   y = conv(x, w, b) {layout = "nchw"}
//   ->  y' = transpose(conv(transpose(x), w', b) {layout = "nhwc"})
//
// The inner value keeps the name of the old output: it is the one that stays when the transposes
// have cancelled.
#include <algorithm>
#include <string>

#include "plumb/ops/op_def.h"
#include "plumb/passes/infer_types.h"
#include "plumb/passes/passes.h"
#include "plumb/passes/rewrite.h"

namespace plumb::passes {
namespace {

// Attributes with one entry per spatial axis, and those with a begin and an end for each. A leading
// axis is put in front.
void AddHeight(Attributes& attributes) {
  const auto prepend = [&](std::string_view name, int64_t value) {
    std::vector<int64_t> list = attributes.Ints(name);
    if (list.size() == 1) {
      attributes.Set(std::string(name), std::vector<int64_t>{value, list[0]});
    }
  };
  prepend("kernel", 1);
  prepend("strides", 1);
  prepend("dilations", 1);
  prepend("output_padding", 0);
  prepend("output_shape", 1);
  if (const std::vector<int64_t> pads = attributes.Ints("pads"); pads.size() == 2) {
    attributes.Set("pads", std::vector<int64_t>{0, pads[0], 0, pads[1]});
  }
}

// [N,C,L] -> [N,1,L,C], [N,C,H,W] -> [N,H,W,C]; weights [O,I,K] and [O,I,KH,KW] alike.
Result<ir::ValueId> ToNhwc(ir::Graph& graph, ir::ValueId value, const std::string& name) {
  if (RankOf(graph, value) == 4) {
    return EmitTranspose(graph, value, kToNhwc, name);
  }
  PLUMB_ASSIGN_OR_RETURN(const ir::ValueId moved, EmitTranspose(graph, value, {0, 2, 1}, name));
  const Shape shape = ShapeOf(graph, moved);
  return EmitReshape(graph, moved, {shape[0], 1, shape[1], shape[2]}, name);
}

Status ConvertNode(ir::Graph& graph, ir::NodeId id) {
  const std::string described = ops::NodeView(graph, graph.node(id)).Describe();
  const ir::ValueId y = graph.node(id).outputs[0];
  const int64_t rank = RankOf(graph, graph.node(id).inputs[0]);
  if (rank != 3 && rank != 4) {
    return InvalidModel(described, ": the input is ",
                        graph.value(graph.node(id).inputs[0]).type.ToString(),
                        "; expected rank 3 or 4 (one or two spatial dimensions)");
  }
  if (graph.node(id).outputs.size() > 1 && graph.node(id).outputs[1] != ir::kNone) {
    return InvalidModel(described, ": a second output is not supported");
  }
  const std::string name = graph.value(y).name;
  // Input 0 is the tensor, input 1 the weights; what follows (bias) has one entry per channel.
  for (size_t i = 0; i < std::min<size_t>(graph.node(id).inputs.size(), 2); ++i) {
    const ir::ValueId in = graph.node(id).inputs[i];
    if (in == ir::kNone) {
      continue;
    }
    PLUMB_ASSIGN_OR_RETURN(const ir::ValueId moved,
                           ToNhwc(graph, in, StrCat(graph.value(in).name, ".nhwc")));
    graph.SetInput(id, i, moved);
  }
  Attributes& attributes = graph.node(id).attributes;
  attributes.Set("layout", "nhwc");
  if (rank == 3) {
    AddHeight(attributes);
  }
  // Readers of y come to read the transposed value; y itself becomes the product in the new layout.
  const ir::TensorType outside = graph.value(y).type;
  const ir::ValueId placeholder = graph.AddValue(name);
  graph.ReplaceUses(y, placeholder);
  PLUMB_RETURN_IF_ERROR(InferNode(graph, id));
  ir::ValueId back = y;
  if (rank == 3) {
    const Shape shape = ShapeOf(graph, y);
    PLUMB_ASSIGN_OR_RETURN(back,
                           EmitReshape(graph, y, {shape[0], shape[2], shape[3]}, name + ".nlc"));
  }
  PLUMB_ASSIGN_OR_RETURN(back,
                         EmitTranspose(graph, back, rank == 3 ? Permutation{0, 2, 1} : kToNchw,
                                       name + (rank == 3 ? ".ncl" : ".nchw")));
  if (graph.value(back).type.shape() != outside.shape()) {
    return Status(Code::kInternal,
                  StrCat(described, " gave ", outside.ToString(), " and gives ",
                         graph.value(back).type.ToString(), " in the other layout"));
  }
  graph.ReplaceUses(placeholder, back);
  return {};
}

}  // namespace

Result<int> ConvertLayout(ir::Graph& graph) {
  int converted = 0;
  for (ir::NodeId id : graph.Order()) {
    if (graph.node(id).attributes.Has("layout") &&
        graph.node(id).attributes.String("layout", "") == "nchw") {
      PLUMB_RETURN_IF_ERROR(ConvertNode(graph, id));
      ++converted;
    }
  }
  return converted;
}

}  // namespace plumb::passes
