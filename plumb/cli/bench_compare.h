// plumb bench --compare: Plumb beside other runtimes, by bench/compare.py.
#pragma once

#include <string>
#include <vector>

#include "plumb/base/status.h"

namespace plumb::cli {

// Replaces this process by Python running the comparer with `arguments`; returns only when that cannot be done. The
// comparer is looked for above this program: bench/compare.py (a source tree), share/plumb/bench/compare.py (installed).
Status RunComparer(const std::vector<std::string>& arguments);

}  // namespace plumb::cli
