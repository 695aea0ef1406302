// The canonical form: passes over a graph, and the ordered list of them.
#pragma once

#include <functional>
#include <set>
#include <span>
#include <string>
#include <string_view>

#include "plumb/base/status.h"
#include "plumb/ir/graph.h"

namespace plumb::passes {

// One rewrite of the graph. It leaves what the graph computes as it is.
struct Pass {
  std::string_view name;     // "fold_batch_norm": the spelling of --disable-pass
  std::string_view summary;  // one sentence
  int level;  // the least --optimization-level it runs at; 0: always, cannot be disabled
  Result<int> (*run)(ir::Graph& graph);  // how many rewrites it made
};

// In the order they run; one may run more than once.
[[nodiscard]] std::span<const Pass> Pipeline();

struct PassReport {
  std::string_view name;
  const ir::Graph& before;
  const ir::Graph& after;
  int rewrites;
  double milliseconds;
};

struct PipelineOptions {
  std::set<std::string> disabled;                   // names of passes that are left out
  int level = 3;                                    // 0 to 3
  std::function<void(const PassReport&)> observer;  // called after each pass that ran
};

// Brings the graph to canonical form: types known, layout NHWC, what can be computed now computed,
// each operator in one form. Verifies the graph and infers its types anew after each pass; an error
// names the pass. The input types must be known. An unknown name in `disabled`, and one of a pass
// that cannot be left out, is a usage error.
Status RunPipeline(ir::Graph& graph, const PipelineOptions& options = {});

}  // namespace plumb::passes
