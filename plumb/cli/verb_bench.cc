// plumb bench: time for one inference, of the whole network and by record; --compare: beside other runtimes.

#include <nlohmann/json.hpp>

#include "plumb/api/bench.h"
#include "plumb/cli/bench_compare.h"
#include "plumb/cli/bench_report.h"
#include "plumb/cli/bench_serve.h"
#include "plumb/cli/model_options.h"
#include "plumb/cli/verb.h"

namespace plumb::cli {
namespace {

struct Arguments {
  ModelArguments model;
  BenchOptions bench;
  std::string threads = "1";
  bool serve = false, compare = false, add = false;
  std::string only, parts, results;
  int rounds = 0;
};

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

Status Compare(const Arguments& args) {
  if (!args.model.model.empty()) {
    return UsageError("--compare times a list of networks of its own and takes no model; found '",
                      args.model.model, "'. Choose among its networks with --only");
  }
  std::vector<std::string> words;
  if (!args.only.empty()) {
    words.insert(words.end(), {"--only", args.only});
  }
  if (!args.parts.empty()) {
    words.insert(words.end(), {"--parts", args.parts});
  }
  if (!args.results.empty()) {
    words.insert(words.end(), {"--results", args.results});
  }
  if (args.add) {
    words.emplace_back("--add");
  }
  if (args.rounds > 0) {
    words.insert(words.end(), {"--rounds", std::to_string(args.rounds)});
  }
  return RunComparer(words);
}

void Declare(CLI::App& app, Arguments& args) {
  args.model.Declare(app);
  app.get_option("model")->required(false);  // --compare has none
  app.add_option("--threads", args.threads, "thread counts to measure, separated by commas")
      ->capture_default_str();
  app.add_option("--seconds", args.bench.seconds, "time for each thread count")
      ->check(CLI::Range(0.0, 3600.0))
      ->capture_default_str();
  app.add_flag("--records", args.bench.records,
               "time by record too, beside what this machine can do at most");
  app.add_option("--input", args.bench.inputs,
                 "name=file.npy for each input (default: seeded noise within 0..1)");
  app.add_flag("--serve", args.serve,
               "stay loaded and answer 'time SECONDS', 'load', 'records ROUNDS' on standard input");
  CLI::Option* compare = app.add_flag(
      "--compare", args.compare, "time Plumb beside other runtimes (needs Python; docs/speed.md)");
  app.add_option("--only", args.only, "of --compare: networks, separated by commas")
      ->needs(compare);
  app.add_option("--parts", args.parts, "of --compare: some of int8, fp32, layers, growth")
      ->needs(compare);
  app.add_option("--rounds", args.rounds, "of --compare: rounds over all runtimes")
      ->check(CLI::Range(1, 1000))
      ->needs(compare);
  app.add_flag("--add", args.add,
               "of --compare: put what is measured beside what an earlier run found on this CPU")
      ->needs(compare);
  app.add_option("--results", args.results, "of --compare: folder to write results into")
      ->needs(compare);
}

}  // namespace

std::function<Status(Console&)> Setup_bench(CLI::App& app) {
  auto args = std::make_shared<Arguments>();
  Declare(app, *args);
  return [args](Console& console) -> Status {
    if (args->compare) {
      return Compare(*args);
    }
    if (args->model.model.empty()) {
      return UsageError("expected a model to time, or --compare");
    }
    PLUMB_ASSIGN_OR_RETURN(args->bench.threads, ParseThreads(args->threads));
    PLUMB_ASSIGN_OR_RETURN(const ModelOptions options, args->model.Parse());
    const std::string& path = args->model.model;
    if (args->serve) {
      return ServeBench(console, path, options, args->bench.threads[0], args->bench.inputs);
    }
    PLUMB_ASSIGN_OR_RETURN(const BenchResult result, Bench(path, options, args->bench));
    if (console.json) {
      nlohmann::ordered_json json = {
          {"model", path}, {"isa", result.isa}, {"results", nlohmann::ordered_json::array()}};
      for (const BenchRow& row : result.rows) {
        json["results"].push_back(JsonOf(row));
      }
      console.PrintJson(json);
      return {};
    }
    console.Print(StrCat(path, "  kernels ", result.isa, "  ", result.rows[0].macs / 1000000,
                         " million multiply-adds"));
    for (const BenchRow& row : result.rows) {
      PrintBenchRow(console, row);
    }
    return {};
  };
}

}  // namespace plumb::cli
