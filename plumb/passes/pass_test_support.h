// What the tests of passes share: graphs from text, and "the numbers before and after are the
// same".
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "plumb/ir/graph.h"
#include "plumb/ir/text.h"
#include "plumb/passes/pass.h"

namespace plumb::passes {

// Types are inferred: the text may leave those of nodes out (none[*]).
ir::Graph Parsed(std::string_view text);

// The operators in execution order: "conv relu".
std::string Ops(const ir::Graph& graph);
int CountOp(const ir::Graph& graph, std::string_view op);

// The outputs of both graphs on the same inputs differ by at most `tolerance` relative to the
// largest magnitude of the output; 0: same bits. State at the call where a tolerance comes from.
void ExpectSameNumbers(const ir::Graph& before, const ir::Graph& after, double tolerance = 0);

using PassFunction = Result<int> (*)(ir::Graph&);

// Runs the pass: sound afterwards, a second run finds nothing. Returns the number of rewrites.
int RunPass(PassFunction pass, ir::Graph& graph);
// The graph is rewritten `count` times and computes the same.
ir::Graph ExpectRewritten(PassFunction pass, std::string_view text, int count,
                          double tolerance = 0);
void ExpectUntouched(PassFunction pass, std::string_view text);

}  // namespace plumb::passes
