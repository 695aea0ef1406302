#include "plumb/cli/bench_report.h"

#include <algorithm>
#include <cstdio>

namespace plumb::cli {
namespace {

constexpr double kMega = 1e-6;

template <typename... Args>
std::string Format(const char* format, Args... args) {
  char line[400];
  std::snprintf(line, sizeof(line), format, args...);
  return line;
}

double Megabytes(size_t bytes) { return static_cast<double>(bytes) * kMega; }

void PrintPeaks(const Console& console, const Peaks& peaks) {
  std::string line = "  peaks, GMAC/s:";
  for (const Peak& peak : peaks.compute) {
    line += Format("  %s %s %.1f", std::string(IsaName(peak.isa)).c_str(),
                   std::string(DTypeName(peak.products)).c_str(), peak.gmacs);
  }
  console.Print(line);
  console.Print(Format("  read, GB/s:  memory %.1f  second-level cache %.1f", peaks.memory_gbs,
                       peaks.cache_gbs));
}

}  // namespace

nlohmann::ordered_json JsonOf(const BenchTimes& times) {
  return {{"ms_least", times.ms_least}, {"ms_median", times.ms_median}, {"runs", times.runs}};
}

nlohmann::ordered_json JsonOf(const RecordTimes& times) {
  nlohmann::ordered_json json;
  for (const Peak& peak : times.peaks.compute) {
    json["peaks"].push_back({{"isa", IsaName(peak.isa)},
                             {"products", DTypeName(peak.products)},
                             {"gmacs", peak.gmacs}});
  }
  json["memory_gbs"] = times.peaks.memory_gbs;
  json["cache_gbs"] = times.peaks.cache_gbs;
  json["cache_bytes"] = times.peaks.cache_bytes;
  json["records"] = nlohmann::ordered_json::array();
  for (const RecordTime& record : times.records) {
    nlohmann::ordered_json one = {{"index", record.index},
                                  {"name", record.name},
                                  {"op", record.op},
                                  {"layer", record.layer},
                                  {"shape", record.shape},
                                  {"ms", record.ms},
                                  {"macs", record.cost.macs},
                                  {"bytes_read", record.cost.bytes_read},
                                  {"bytes_written", record.cost.bytes_written}};
    if (record.cost.macs > 0) {
      one.update({{"products", DTypeName(record.cost.products)},
                  {"kernel", record.cost.kernel},
                  {"isa", IsaName(record.cost.isa)},
                  {"gmacs", record.gmacs},
                  {"share_of_peak", record.share_of_peak}});
    }
    one["bound"] = BoundName(record.bound);
    json["records"].push_back(std::move(one));
  }
  return json;
}

nlohmann::ordered_json JsonOf(const BenchRow& row) {
  nlohmann::ordered_json json = {{"threads", row.threads}};
  json.update(JsonOf(row.times));
  json.update({{"load_ms", row.load_ms},
               {"macs", row.macs},
               {"arena_bytes", row.arena_bytes},
               {"arena_floor_bytes", row.arena_floor_bytes},
               {"packed_bytes", row.packed_bytes},
               {"resident_bytes", row.resident_bytes},
               {"resident_before_bytes", row.resident_before_bytes}});
  if (!row.by_record.records.empty()) {
    json.update(JsonOf(row.by_record));
  }
  return json;
}

void PrintBenchRow(const Console& console, const BenchRow& row) {
  console.Print(
      Format("%2d %s  least %8.3f ms  median %8.3f ms  (%d runs, load %.1f ms)  %.1f "
             "GMAC/s  arena %.1f MB  weights %.1f MB  resident %.1f MB",
             row.threads, row.threads == 1 ? "thread " : "threads", row.times.ms_least,
             row.times.ms_median, row.times.runs, row.load_ms,
             static_cast<double>(row.macs) / row.times.ms_least * kMega, Megabytes(row.arena_bytes),
             Megabytes(row.packed_bytes), Megabytes(row.resident_bytes)));
  if (row.by_record.records.empty()) {
    return;
  }
  std::vector<RecordTime> records = row.by_record.records;
  std::stable_sort(records.begin(), records.end(),
                   [](const RecordTime& a, const RecordTime& b) { return a.ms > b.ms; });
  console.Print(
      "        ms    MMAC  GMAC/s  of peak  MB in  MB out  bound     layer           output        "
      "    "
      " kernel                             name");
  for (const RecordTime& r : records) {
    const bool multiplies = r.cost.macs > 0;
    console.Print(Format(
        "  %8.3f %7s %7s %8s %6.2f  %6.2f  %-8s  %-14.14s  %-16.16s  %-33.33s  %.100s", r.ms,
        multiplies ? Format("%.1f", static_cast<double>(r.cost.macs) * kMega).c_str() : "",
        multiplies ? Format("%.1f", r.gmacs).c_str() : "",
        multiplies ? Format("%.0f %%", r.share_of_peak * 100).c_str() : "",
        static_cast<double>(r.cost.bytes_read) * kMega,
        static_cast<double>(r.cost.bytes_written) * kMega, std::string(BoundName(r.bound)).c_str(),
        r.layer.c_str(), r.shape.c_str(), std::string(r.cost.kernel).c_str(), r.name.c_str()));
  }
  PrintPeaks(console, row.by_record.peaks);
}

}  // namespace plumb::cli
