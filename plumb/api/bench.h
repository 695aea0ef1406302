// plumb bench: time for one inference.
#pragma once

#include <string>
#include <vector>

#include "plumb/api/model.h"
#include "plumb/base/status.h"

namespace plumb {

struct BenchOptions {
  std::vector<int> threads = {1};
  double seconds = 2;    // for each thread count
  bool records = false;  // time by record too
};

struct RecordTime {
  std::string name, op;
  double ms = 0;  // median
};

struct BenchRow {
  int threads = 1;
  int runs = 0;
  double ms_least = 0, ms_median = 0;
  double load_ms = 0;               // session creation: validate, bind, pack, plan
  std::vector<RecordTime> records;  // most expensive first
};

struct BenchResult {
  std::string isa;
  size_t arena_bytes = 0, packed_bytes = 0;
  std::vector<BenchRow> rows;
};

// Inputs are seeded noise; at least 3 runs each after one that does not count.
[[nodiscard]] Result<BenchResult> Bench(const Model& model, const BenchOptions& options);

}  // namespace plumb
