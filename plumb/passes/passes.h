// Every pass, one line each; what it does stands in the pipeline (pipeline.cc) and in its file.
#pragma once

#include "plumb/base/status.h"
#include "plumb/ir/graph.h"

namespace plumb::passes {

Result<int> InferTypes(ir::Graph& graph);     // infer_types.cc
Result<int> ConvertLayout(ir::Graph& graph);  // convert_layout.cc

}  // namespace plumb::passes
