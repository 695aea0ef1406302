// plumb bench --serve: one network stays loaded and is timed on request, so that a comparer can go round several
// programs in turn.
#pragma once

#include "plumb/api/bench.h"
#include "plumb/cli/console.h"

namespace plumb::cli {

// One JSON object a line on standard output: first {"load_ms": ...} and what else is known once the network is loaded; then
// an answer to each line of standard input, until "quit" or its end:
//   time SECONDS     runs for that long: {"ms_least", "ms_median", "runs"}
//   load             opens the model once more and drops it: {"load_ms"}
//   records ROUNDS   time by record and the machine's peaks, as in plumb bench --json --records
Status ServeBench(const Console& console, const std::string& path, const ModelOptions& model,
                  int threads, const std::vector<std::string>& inputs);

}  // namespace plumb::cli
