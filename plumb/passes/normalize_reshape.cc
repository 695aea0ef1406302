// squeeze, unsqueeze, flatten and reshape become reshape to the sizes of their output; one reshape
// after another becomes one.
#include <string>

#include "plumb/passes/passes.h"
#include "plumb/passes/rewrite.h"

namespace plumb::passes {
namespace {

bool IsReshape(std::string_view op) {
  return op == "reshape" || op == "squeeze" || op == "unsqueeze" || op == "flatten";
}

}  // namespace

Result<int> NormalizeReshape(ir::Graph& graph) {
  int rewrites = 0;
  for (ir::NodeId id : graph.Order()) {
    if (!IsReshape(graph.node(id).op)) {
      continue;
    }
    const ir::ValueId in = graph.node(id).inputs[0];
    ir::ValueId source = in;
    if (const ir::NodeId inner = graph.ProducerWithOp(in, "reshape"); inner != ir::kNone) {
      source = graph.node(inner).inputs[0];
    }
    const Shape shape = ShapeOf(graph, graph.node(id).outputs[0]);
    const bool explicit_sizes = graph.node(id).op == "reshape" &&
                                graph.node(id).attributes.Int("allowzero", 0) == 1 &&
                                ConstantInts(graph, graph.node(id).inputs[1]) == shape;
    if (explicit_sizes && source == in) {
      continue;
    }
    const ir::Node old = graph.node(id);
    const ir::ValueId sizes = AddInts(graph, old.name + ".shape", shape);
    PLUMB_ASSIGN_OR_RETURN(const ir::ValueId fresh,
                           EmitTyped(graph, "reshape", old.name, {source, sizes},
                                     {{"allowzero", int64_t{1}}}, old.origin));
    graph.value(fresh).quantization = graph.value(old.outputs[0]).quantization;
    ReplaceByFresh(graph, id, fresh);
    ++rewrites;
  }
  return rewrites + graph.RemoveDeadNodes();
}

}  // namespace plumb::passes
