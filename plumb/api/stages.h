// --save-stage: what a stage made, as a file that a person can read.
#pragma once

#include <string>

#include "plumb/base/status.h"
#include "plumb/ir/graph.h"

namespace plumb {

// Writes `folder`/<stage>.txt, the text form of the graph with all constants, stamped with the release and the stage; does
// nothing when `folder` is empty.
Status SaveStage(const std::string& folder, const std::string& stage, const ir::Graph& graph);

// The graph of a stage file, whichever stage it is of. A file of another release or numerics version is refused.
struct StageFile {
  std::string stage;  // "canonical", "quantized", "fused"
  ir::Graph graph;
};
[[nodiscard]] Result<StageFile> LoadStage(const std::string& path);
// True when the file begins as a stage file does.
[[nodiscard]] bool IsStageFile(const std::string& path);

}  // namespace plumb
