#include "plumb/api/bench.h"

#include <algorithm>
#include <chrono>
#include <random>

#include "plumb/runtime/session.h"

namespace plumb {
namespace {

using Clock = std::chrono::steady_clock;

double Milliseconds(Clock::duration d) {
  return std::chrono::duration<double, std::milli>(d).count();
}

double Median(std::vector<double> x) {
  std::sort(x.begin(), x.end());
  return x.empty() ? 0 : x[x.size() / 2];
}

void FillInputs(runtime::Session& session) {
  std::mt19937 random(1);
  for (size_t i = 0; i < session.program().inputs.size(); ++i) {
    const TensorView input = session.input(i);
    auto* bytes = static_cast<uint8_t*>(input.raw);
    if (input.dtype == DType::kF32) {
      for (int64_t k = 0; k < input.size(); ++k) {
        static_cast<float*>(input.raw)[k] = static_cast<float>(random() >> 8) * 0x1p-24f;
      }
    } else {
      std::fill(bytes, bytes + input.bytes(), uint8_t{0});
    }
  }
}

Result<BenchRow> BenchOne(const Model& model, int threads, const BenchOptions& options,
                          BenchResult& result) {
  BenchRow row;
  row.threads = threads;
  runtime::SessionOptions session_options;
  session_options.threads = threads;
  const auto start = Clock::now();
  PLUMB_ASSIGN_OR_RETURN(auto session, runtime::Session::Create(model.program, session_options));
  row.load_ms = Milliseconds(Clock::now() - start);
  result.isa = IsaName(session->isa());
  result.arena_bytes = session->arena_bytes();
  result.packed_bytes = session->packed_bytes();
  FillInputs(*session);
  PLUMB_RETURN_IF_ERROR(session->Run());
  std::vector<double> times;
  const auto begin = Clock::now();
  while (times.size() < 3 || Milliseconds(Clock::now() - begin) < options.seconds * 1000) {
    const auto run_start = Clock::now();
    PLUMB_RETURN_IF_ERROR(session->Run());
    times.push_back(Milliseconds(Clock::now() - run_start));
  }
  row.runs = static_cast<int>(times.size());
  row.ms_least = *std::min_element(times.begin(), times.end());
  row.ms_median = Median(times);
  if (options.records) {
    constexpr int kRounds = 9;
    std::vector<std::vector<double>> by_record(model.program->records.size());
    for (int round = 0; round < kRounds; ++round) {
      auto last = Clock::now();
      PLUMB_RETURN_IF_ERROR(
          session->Run([&](size_t index, const artifact::Record&, std::span<const TensorView>) {
            const auto now = Clock::now();
            by_record[index].push_back(Milliseconds(now - last));
            last = now;
          }));
    }
    for (size_t i = 0; i < by_record.size(); ++i) {
      const artifact::Record& record = model.program->records[i];
      row.records.push_back({record.name, record.op, Median(by_record[i])});
    }
    std::stable_sort(row.records.begin(), row.records.end(),
                     [](const RecordTime& a, const RecordTime& b) { return a.ms > b.ms; });
  }
  return row;
}

}  // namespace

Result<BenchResult> Bench(const Model& model, const BenchOptions& options) {
  BenchResult result;
  for (int threads : options.threads) {
    PLUMB_ASSIGN_OR_RETURN(BenchRow row, BenchOne(model, threads, options, result));
    result.rows.push_back(std::move(row));
  }
  return result;
}

}  // namespace plumb
