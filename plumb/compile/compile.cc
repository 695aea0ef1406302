#include "plumb/compile/compile.h"

#include "plumb/compile/fuse/fuse.h"
#include "plumb/ir/verify.h"
#include "plumb/lower/lower.h"
#include "plumb/quant/collapse_stated_grids.h"

namespace plumb::compile {
namespace {

Result<ir::Graph> Fused(ir::Graph graph, bool fuse) {
  if (fuse) {
    Fuse(graph);
    if (const Status status = ir::Verify(graph); !status.ok()) {
      return Status(Code::kInternal, StrCat("after fusion: ", status.message()));
    }
  }
  return graph;
}

}  // namespace

Result<Compiled> CompileInteger(const ir::Graph& graph, const quant::SampleSource& samples,
                                const CompileOptions& options) {
  Compiled compiled;
  quant::StatedGrids stated = quant::CollapseStatedGrids(graph);
  quant::QuantizeOptions quantize = options.quantize;
  compiled.model_states_grids = quantize.model_states_grids = !stated.grid.empty();
  if (quantize.grids.activations == DType::kS8) {
    for (const auto& [name, grid] : stated.grid) {
      quantize.grids.stated.insert_or_assign(name, grid);
    }
    quantize.grids.rounded.merge(stated.rounded);
  }
  PLUMB_ASSIGN_OR_RETURN(compiled.stats,
                         quant::Observe(stated.graph, samples, options.threads, options.progress));
  PLUMB_ASSIGN_OR_RETURN(compiled.quantized,
                         quant::Quantize(stated.graph, compiled.stats, quantize));
  if (const Status status = ir::Verify(compiled.quantized.graph); !status.ok()) {
    return Status(Code::kInternal, StrCat("after quantization: ", status.message()));
  }
  PLUMB_ASSIGN_OR_RETURN(compiled.fused, Fused(compiled.quantized.graph, options.fuse));
  PLUMB_ASSIGN_OR_RETURN(compiled.program, lower::Lower(compiled.fused));
  return compiled;
}

Result<std::shared_ptr<const artifact::Program>> CompileFloat(const ir::Graph& graph, bool fuse) {
  PLUMB_ASSIGN_OR_RETURN(const ir::Graph fused, Fused(graph, fuse));
  return lower::Lower(fused);
}

}  // namespace plumb::compile
