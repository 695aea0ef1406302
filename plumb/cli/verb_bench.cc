// plumb bench: time for one inference.

#include <nlohmann/json.hpp>

#include "plumb/api/bench.h"
#include "plumb/cli/model_options.h"
#include "plumb/cli/verb.h"

namespace plumb::cli {
namespace {

// "1,2,4"
Result<std::vector<int>> ParseThreads(const std::string& text) {
  std::vector<int> list;
  std::istringstream parts(text);
  for (std::string part; std::getline(parts, part, ',');) {
    char* end = nullptr;
    const long value = std::strtol(part.c_str(), &end, 10);
    if (part.empty() || *end != '\0' || value < 1 || value > 1024) {
      return UsageError("--threads ", text,
                        ": expected numbers from 1 to 1024, separated by commas");
    }
    list.push_back(static_cast<int>(value));
  }
  return list;
}

}  // namespace

std::function<Status(Console&)> Setup_bench(CLI::App& app) {
  struct Arguments {
    ModelArguments model;
    BenchOptions bench;
    std::string threads = "1";
  };
  auto args = std::make_shared<Arguments>();
  args->model.Declare(app);
  app.add_option("--threads", args->threads, "thread counts to measure, separated by commas")
      ->capture_default_str();
  app.add_option("--seconds", args->bench.seconds, "time for each thread count")
      ->check(CLI::Range(0.0, 3600.0))
      ->capture_default_str();
  app.add_flag("--records", args->bench.records, "time by record too");
  return [args](Console& console) -> Status {
    PLUMB_ASSIGN_OR_RETURN(args->bench.threads, ParseThreads(args->threads));
    PLUMB_ASSIGN_OR_RETURN(const ModelOptions options, args->model.Parse());
    PLUMB_ASSIGN_OR_RETURN(const Model model, LoadModel(args->model.model, options));
    PLUMB_ASSIGN_OR_RETURN(const BenchResult result, Bench(model, args->bench));
    nlohmann::ordered_json json = {{"model", model.path},
                                   {"isa", result.isa},
                                   {"arena_bytes", result.arena_bytes},
                                   {"packed_bytes", result.packed_bytes},
                                   {"results", nlohmann::ordered_json::array()}};
    if (!console.json) {
      console.Print(StrCat(model.path, "  kernels ", result.isa, "  arena ",
                           result.arena_bytes / 1024, " KiB  weights ", result.packed_bytes / 1024,
                           " KiB"));
    }
    for (const BenchRow& row : result.rows) {
      nlohmann::ordered_json one = {{"threads", row.threads},
                                    {"ms_least", row.ms_least},
                                    {"ms_median", row.ms_median},
                                    {"runs", row.runs},
                                    {"load_ms", row.load_ms}};
      char line[160];
      std::snprintf(line, sizeof(line),
                    "%2d %s  least %8.3f ms  median %8.3f ms  (%d runs, load %.1f ms)", row.threads,
                    row.threads == 1 ? "thread " : "threads", row.ms_least, row.ms_median, row.runs,
                    row.load_ms);
      if (!console.json) {
        console.Print(line);
      }
      for (const RecordTime& record : row.records) {
        one["records"].push_back({{"name", record.name}, {"op", record.op}, {"ms", record.ms}});
        if (!console.json) {
          std::snprintf(line, sizeof(line), "  %8.3f ms  %-16s %.100s", record.ms,
                        record.op.c_str(), record.name.c_str());
          console.Print(line);
        }
      }
      json["results"].push_back(std::move(one));
    }
    if (console.json) {
      console.Print(json.dump(2));
    }
    return {};
  };
}

}  // namespace plumb::cli
