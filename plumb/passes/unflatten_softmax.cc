// A softmax along the last axis does not care how the axes in front are arranged:
//
//   reshape [.., n] -> [m, n]; softmax along n; reshape -> [.., n]      becomes      softmax along
//   the last axis; reshape
//
// ONNX before opset 13 flattens so.
#include "plumb/passes/passes.h"
#include "plumb/passes/rewrite.h"

namespace plumb::passes {

Result<int> UnflattenSoftmax(ir::Graph& graph) {
  int rewrites = 0;
  for (ir::NodeId id : graph.Order()) {
    const ir::Node old = graph.node(id);
    if (old.op != "softmax" && old.op != "log_softmax") {
      continue;
    }
    const ir::NodeId flatten = graph.ProducerWithOp(old.inputs[0], "reshape");
    const ir::NodeId reader = graph.OnlyUser(old.outputs[0]);
    const int64_t rank = RankOf(graph, old.inputs[0]);
    if (flatten == ir::kNone || reader == ir::kNone || graph.node(reader).op != "reshape" ||
        NormalAxis(old.attributes.Int("axis", -1), rank) != rank - 1) {
      continue;
    }
    const ir::ValueId source = graph.node(flatten).inputs[0];
    const Shape shape = ShapeOf(graph, source);
    if (shape.empty() || shape.back() != ShapeOf(graph, old.inputs[0]).back()) {
      continue;
    }
    Attributes attributes = old.attributes;
    attributes.Set("axis", static_cast<int64_t>(shape.size()) - 1);
    PLUMB_ASSIGN_OR_RETURN(const ir::ValueId rows, EmitTyped(graph, old.op, old.name, {source},
                                                             std::move(attributes), old.origin));
    if (ShapeOf(graph, graph.node(reader).outputs[0]) == shape) {
      ReplaceByFresh(graph, reader, rows);
    } else {
      graph.SetInput(reader, 0, rows);
    }
    graph.RemoveDeadNodes();
    ++rewrites;
  }
  return rewrites;
}

}  // namespace plumb::passes
