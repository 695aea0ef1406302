// plumb bench: time for one inference, of the whole network and by record.
#pragma once

#include <string>
#include <vector>

#include "plumb/api/bench_peaks.h"
#include "plumb/api/bench_session.h"
#include "plumb/api/model.h"
#include "plumb/base/status.h"

namespace plumb {

struct BenchOptions {
  std::vector<int> threads = {1};
  double seconds = 2;               // for each thread count
  bool records = false;             // time by record too, and the machine's peaks
  std::vector<std::string> inputs;  // as of plumb run; empty: seeded noise
};

// What keeps a record from being faster: the time that its multiply-adds take at the peak, that its bytes take to be moved
// (Peaks::Gbs), or, where the greater of both is less than half its time, neither.
enum class Bound { kCompute, kMemory, kOverhead };
[[nodiscard]] std::string_view BoundName(Bound bound);

struct RecordTime {
  size_t index = 0;
  std::string name, op;
  std::string layer;  // its class: "conv 3x3", "depthwise 5x5", or the operator
  std::string shape;  // of the first output
  double ms = 0;      // median
  runtime::RecordCost cost;
  double gmacs = 0;  // 10^9 multiply-adds a second
  double share_of_peak =
      0;  // of the loop for the kernel's instruction set; 0 when nothing is multiplied
  Bound bound = Bound::kOverhead;
};

struct RecordTimes {
  std::vector<RecordTime> records;  // in the order they run
  Peaks peaks;
};

// Median of `rounds` runs, with a round of the peaks between them.
[[nodiscard]] Result<RecordTimes> TimeRecords(BenchSession& bench, int rounds);

struct BenchRow {
  int threads = 1;
  BenchTimes times;
  double load_ms = 0;
  size_t arena_bytes = 0, arena_floor_bytes = 0, packed_bytes = 0;
  size_t resident_bytes = 0;         // of the process, after the runs
  size_t resident_before_bytes = 0;  // before the model was opened
  int64_t macs = 0;                  // of one inference
  RecordTimes by_record;             // with BenchOptions::records
};

struct BenchResult {
  std::string isa;
  std::vector<BenchRow> rows;
};

// At least 3 runs each after one that does not count.
[[nodiscard]] Result<BenchResult> Bench(const std::string& path, const ModelOptions& model,
                                        const BenchOptions& options);

}  // namespace plumb
