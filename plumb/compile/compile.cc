#include "plumb/compile/compile.h"

#include "plumb/compile/fuse/fuse.h"
#include "plumb/ir/verify.h"
#include "plumb/lower/lower.h"
#include "plumb/quant/choose_observers.h"
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

// Every float tensor that is computed has been seen.
Status CheckAllSeen(const ir::Graph& graph, const std::vector<quant::ValueStats>& stats) {
  for (const ir::NodeId id : graph.Order()) {
    for (const ir::ValueId value : graph.node(id).outputs) {
      if (value == ir::kNone || stats[static_cast<size_t>(value)].seen) {
        continue;
      }
      const ir::TensorType& type = graph.value(value).type;
      if (type.dtype == DType::kF32 && type.known() && NumElements(type.shape()) > 0) {
        return InvalidModel("for these shapes the network computes '", graph.value(value).name,
                            "', which it does not for the shapes that it was calibrated on: it is ",
                            "not the same network, and there is no range for this tensor. Convert ",
                            "these shapes by themselves, with --input-shape");
      }
    }
  }
  return {};
}

// `observe`: the statistics of a graph's values.
template <typename Observe>
Result<Compiled> CompileWith(const ir::Graph& graph, const Observe& observe,
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
  PLUMB_ASSIGN_OR_RETURN(compiled.stats, observe(stated.graph, quantize));
  for (size_t i = 0; i < stated.graph.value_count(); ++i) {
    compiled.names.push_back(stated.graph.value(static_cast<ir::ValueId>(i)).name);
  }
  PLUMB_ASSIGN_OR_RETURN(compiled.quantized,
                         quant::Quantize(stated.graph, compiled.stats, quantize));
  if (const Status status = ir::Verify(compiled.quantized.graph); !status.ok()) {
    return Status(Code::kInternal, StrCat("after quantization: ", status.message()));
  }
  PLUMB_ASSIGN_OR_RETURN(compiled.fused, Fused(compiled.quantized.graph, options.fuse));
  PLUMB_ASSIGN_OR_RETURN(compiled.program, lower::Lower(compiled.fused));
  return compiled;
}

}  // namespace

Result<Compiled> CompileInteger(const ir::Graph& graph, const quant::SampleSource& samples,
                                const CompileOptions& options) {
  const auto observe =
      [&](const ir::Graph& observed,
          const quant::QuantizeOptions& quantize) -> Result<std::vector<quant::ValueStats>> {
    PLUMB_ASSIGN_OR_RETURN(std::vector<quant::ValueStats> stats,
                           quant::Observe(observed, samples, options.threads, options.progress));
    if (quantize.grids.range.observer == quant::Observer::kAuto) {
      PLUMB_RETURN_IF_ERROR(
          quant::ChooseObservers(observed, quantize, samples, options.threads, stats));
    }
    return stats;
  };
  return CompileWith(graph, observe, options);
}

Result<Compiled> CompileObserved(const ir::Graph& graph, const NamedStats& observed,
                                 const CompileOptions& options) {
  const auto look_up =
      [&](const ir::Graph& values,
          const quant::QuantizeOptions&) -> Result<std::vector<quant::ValueStats>> {
    std::vector<quant::ValueStats> stats(values.value_count());
    for (const auto& [name, one] : observed) {
      const auto value = values.FindValue(name);
      const bool here = value && values.value(*value).type.dtype == DType::kF32 &&
                        values.value(*value).type.known() && !values.IsConstant(*value);
      if (!here && options.other_shapes) {
        continue;
      }
      if (!here) {
        return InvalidModel("the ranges name '", name,
                            "', which is no computed value of the model");
      }
      const Shape shape = values.value(*value).type.shape();
      const auto channels = static_cast<size_t>(shape.empty() ? 1 : shape.back());
      const bool fits = one.channel_min.empty() || one.channel_min.size() == channels;
      if (!fits && !options.other_shapes) {
        return InvalidModel("the ranges of '", name, "' have ", one.channel_min.size(),
                            " channels; expected ", channels);
      }
      quant::ValueStats& taken = stats[static_cast<size_t>(*value)] = one;
      if (!fits) {  // the last dimension is no channel: it goes with the shape
        taken.channel_min.clear();
        taken.channel_max.clear();
        taken.channel_mean.clear();
      }
    }
    if (options.other_shapes) {
      PLUMB_RETURN_IF_ERROR(CheckAllSeen(values, stats));
    }
    return stats;
  };
  return CompileWith(graph, look_up, options);
}

Result<Compiled> CompileReal(const ir::Graph& graph, bool fuse) {
  Compiled compiled;
  compiled.stats.resize(graph.value_count());
  for (size_t i = 0; i < graph.value_count(); ++i) {
    compiled.names.push_back(graph.value(static_cast<ir::ValueId>(i)).name);
  }
  compiled.quantized.graph = graph;
  compiled.quantized.used.resize(graph.value_count());
  for (const ir::NodeId id : graph.Order()) {
    const ir::Node& node = graph.node(id);
    quant::LayerNote note;
    note.name = node.outputs.empty() || node.outputs[0] == ir::kNone
                    ? node.name
                    : graph.value(node.outputs[0]).name;
    note.op = node.op;
    note.form = "float";
    note.reason = "the network computes in float on request";
    for (const ir::ValueId in : node.inputs) {
      if (in != ir::kNone && !graph.IsConstant(in)) {
        note.reads.push_back(graph.value(in).name);
      }
    }
    compiled.quantized.notes.push_back(std::move(note));
  }
  PLUMB_ASSIGN_OR_RETURN(compiled.fused, Fused(graph, fuse));
  PLUMB_ASSIGN_OR_RETURN(compiled.program, lower::Lower(compiled.fused));
  return compiled;
}

NamedStats AllStatsOf(const Compiled& compiled) {
  NamedStats named;
  for (size_t i = 0; i < compiled.stats.size(); ++i) {
    if (compiled.stats[i].seen) {
      named[compiled.names[i]] = compiled.stats[i];
    }
  }
  return named;
}

NamedStats ObservedOf(const Compiled& compiled) {
  NamedStats named;
  for (size_t i = 0; i < compiled.stats.size(); ++i) {
    if (!compiled.stats[i].seen) {
      continue;
    }
    quant::ValueStats& stats = named[compiled.names[i]] = compiled.stats[i];
    if (!compiled.quantized.used[i].channels) {
      stats.channel_min.clear();
      stats.channel_max.clear();
      stats.channel_mean.clear();
    }
    if (!compiled.quantized.used[i].histogram) {
      stats.histogram.clear();
    }
  }
  return named;
}

Result<std::shared_ptr<const artifact::Program>> CompileFloat(const ir::Graph& graph, bool fuse) {
  PLUMB_ASSIGN_OR_RETURN(const ir::Graph fused, Fused(graph, fuse));
  return lower::Lower(fused);
}

}  // namespace plumb::compile
