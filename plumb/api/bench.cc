#include "plumb/api/bench.h"

#include <algorithm>

namespace plumb {
namespace {

// "conv 3x3", "depthwise 5x5"; the operator where no window moves (a fully connected layer may be computed as 1x1).
std::string LayerClass(const artifact::Record& record, const runtime::RecordCost& cost) {
  if (cost.window_height == 0 || !record.attributes.Has("strides")) {
    return record.op;
  }
  return StrCat(cost.depthwise ? "depthwise" : record.op, " ", cost.window_height, "x",
                cost.window_width);
}

RecordTime Describe(const BenchSession& bench, size_t index, double ms, const Peaks& peaks) {
  const artifact::Program& program = bench.session().program();
  const artifact::Record& record = program.records[index];
  RecordTime time;
  time.index = index;
  time.name = record.name;
  time.op = record.op;
  time.cost = bench.session().cost(index);
  time.layer = LayerClass(record, time.cost);
  if (!record.outputs.empty()) {
    time.shape = ShapeToString(program.tensors[static_cast<size_t>(record.outputs[0])].shape);
  }
  time.ms = ms;
  const double peak = peaks.Gmacs(time.cost.isa, time.cost.products);
  if (ms > 0) {
    const auto macs = static_cast<double>(time.cost.macs);
    const int64_t bytes = time.cost.bytes_read + time.cost.bytes_written;
    time.gmacs = macs / ms * 1e-6;
    time.share_of_peak = peak > 0 ? time.gmacs / peak : 0;
    const double roof = peaks.Gbs(bytes);
    const double memory = roof > 0 ? static_cast<double>(bytes) / ms * 1e-6 / roof : 0;
    if (std::max(time.share_of_peak, memory) >= 0.5) {
      time.bound = time.share_of_peak >= memory ? Bound::kCompute : Bound::kMemory;
    }
  }
  return time;
}

Result<BenchRow> BenchOne(const std::string& path, const ModelOptions& model, int threads,
                          const BenchOptions& options, BenchResult& result) {
  BenchRow row;
  row.threads = threads;
  row.resident_before_bytes = ResidentBytes();
  PLUMB_ASSIGN_OR_RETURN(const auto bench,
                         BenchSession::Open(path, model, threads, options.inputs));
  const runtime::Session& session = bench->session();
  row.load_ms = bench->load_ms();
  row.arena_bytes = session.arena_bytes();
  row.arena_floor_bytes = session.arena_floor_bytes();
  row.packed_bytes = session.packed_bytes();
  for (size_t i = 0; i < session.program().records.size(); ++i) {
    row.macs += session.cost(i).macs;
  }
  result.isa = IsaName(session.isa());
  PLUMB_RETURN_IF_ERROR(bench->Run());
  PLUMB_ASSIGN_OR_RETURN(row.times, bench->Time(options.seconds));
  row.resident_bytes = ResidentBytes();
  if (options.records) {
    constexpr int kRounds = 9;
    PLUMB_ASSIGN_OR_RETURN(row.by_record, TimeRecords(*bench, kRounds));
  }
  return row;
}

}  // namespace

std::string_view BoundName(Bound bound) {
  constexpr std::string_view kNames[] = {"compute", "memory", "overhead"};
  return kNames[static_cast<size_t>(bound)];
}

Result<RecordTimes> TimeRecords(BenchSession& bench, int rounds) {
  std::vector<std::vector<double>> by_record;
  RecordTimes result;
  {
    PeakMeter meter(bench.session().threads(), bench.session().isa());
    for (int round = 0; round < rounds; ++round) {
      meter.Round();
      PLUMB_RETURN_IF_ERROR(bench.Run());  // its data back into the caches
      PLUMB_RETURN_IF_ERROR(bench.TimeRecords(by_record));
    }
    result.peaks = meter.peaks();
  }
  for (size_t i = 0; i < by_record.size(); ++i) {
    result.records.push_back(Describe(bench, i, MedianOf(by_record[i]), result.peaks));
  }
  return result;
}

Result<BenchResult> Bench(const std::string& path, const ModelOptions& model,
                          const BenchOptions& options) {
  BenchResult result;
  for (int threads : options.threads) {
    PLUMB_ASSIGN_OR_RETURN(BenchRow row, BenchOne(path, model, threads, options, result));
    result.rows.push_back(std::move(row));
  }
  return result;
}

}  // namespace plumb
