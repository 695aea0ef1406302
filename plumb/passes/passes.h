// Every pass, one line each; what it is for stands in the pipeline (pipeline.cc), what it does in
// its file.
#pragma once

#include "plumb/base/status.h"
#include "plumb/ir/graph.h"

namespace plumb::passes {

// Each gives the number of rewrites. Types must be known, except for InferTypes (infer_types.h).
Result<int> CommonSubexpression(ir::Graph& graph);
Result<int> ConvertLayout(ir::Graph& graph);
Result<int> FoldBatchNorm(ir::Graph& graph);
Result<int> FoldPad(ir::Graph& graph);
Result<int> FoldScaleAndBias(ir::Graph& graph);
Result<int> HoistTranspose(ir::Graph& graph);
Result<int> MergeConcat(ir::Graph& graph);
Result<int> NormalizeReshape(ir::Graph& graph);
Result<int> RecognizeClip(ir::Graph& graph);
Result<int> RecognizeFullyConnected(ir::Graph& graph);
Result<int> RecognizeGelu(ir::Graph& graph);
Result<int> RecognizeHardSwish(ir::Graph& graph);
Result<int> RecognizeSilu(ir::Graph& graph);
Result<int> RemoveDeadNodes(ir::Graph& graph);
Result<int> RemoveNoOps(ir::Graph& graph);
Result<int> ReshapeTranspose(ir::Graph& graph);
Result<int> SimplifySlice(ir::Graph& graph);
Result<int> SinkTranspose(ir::Graph& graph);
Result<int> SplitConvTranspose(ir::Graph& graph);
Result<int> UnflattenSoftmax(ir::Graph& graph);

}  // namespace plumb::passes
