#include "plumb/cli/bench_serve.h"

#include <iostream>

#include "plumb/api/version.h"
#include "plumb/cli/bench_report.h"

namespace plumb::cli {
namespace {

void Answer(const Console& console, const nlohmann::ordered_json& json) {
  console.Print(json.dump());
  std::fflush(stdout);
}

// The number of "time 0.5"; 0 or less is refused.
Result<double> NumberOf(const std::string& line) {
  char* end = nullptr;
  const std::string text = line.substr(line.find(' ') + 1);
  const double number = std::strtod(text.c_str(), &end);
  if (text.empty() || *end != '\0' || !(number > 0 && number <= 3600)) {
    return UsageError("--serve: '", line, "': expected a number above 0, at most 3600");
  }
  return number;
}

}  // namespace

Status ServeBench(const Console& console, const std::string& path, const ModelOptions& model,
                  int threads, const std::vector<std::string>& inputs) {
  const size_t before = ResidentBytes();
  PLUMB_ASSIGN_OR_RETURN(const auto bench, BenchSession::Open(path, model, threads, inputs));
  const runtime::Session& session = bench->session();
  int64_t macs = 0;
  for (size_t i = 0; i < session.program().records.size(); ++i) {
    macs += session.cost(i).macs;
  }
  PLUMB_RETURN_IF_ERROR(bench->Run());
  Answer(console, {{"version", Release()},
                   {"isa", IsaName(session.isa())},
                   {"load_ms", bench->load_ms()},
                   {"macs", macs},
                   {"arena_bytes", session.arena_bytes()},
                   {"arena_floor_bytes", session.arena_floor_bytes()},
                   {"packed_bytes", session.packed_bytes()},
                   {"resident_before_bytes", before},
                   {"resident_bytes", ResidentBytes()}});
  for (std::string line; std::getline(std::cin, line) && line != "quit";) {
    if (line == "load") {
      PLUMB_ASSIGN_OR_RETURN(const auto again, BenchSession::Open(path, model, threads, inputs));
      Answer(console, {{"load_ms", again->load_ms()}});
    } else if (line.starts_with("time ")) {
      PLUMB_ASSIGN_OR_RETURN(const double seconds, NumberOf(line));
      PLUMB_ASSIGN_OR_RETURN(const BenchTimes times, bench->Time(seconds));
      Answer(console, JsonOf(times));
    } else if (line.starts_with("records ")) {
      PLUMB_ASSIGN_OR_RETURN(const double rounds, NumberOf(line));
      PLUMB_ASSIGN_OR_RETURN(const RecordTimes times,
                             TimeRecords(*bench, static_cast<int>(std::max(1.0, rounds))));
      Answer(console, JsonOf(times));
    } else {
      return UsageError("--serve: '", line,
                        "': expected 'time SECONDS', 'load', 'records ROUNDS' or 'quit'");
    }
  }
  return {};
}

}  // namespace plumb::cli
