// The graph verifier: runs after import and after every pass.
#pragma once

#include "plumb/base/status.h"
#include "plumb/ir/graph.h"

namespace plumb::ir {

// Structure: every value has at most one producer, which lists it; every read value is an input, a constant or made by a
// living node; no cycles; names unique; constants agree with their types; quantization fits type and shape; graph inputs
// and outputs exist. Does not know operators: their constraints are checked by ops::Check.
Status Verify(const Graph& graph);

}  // namespace plumb::ir
