// plumb doctor: what this machine and this installation can run, what is loaded from where, and what would need what. Of a
// script: what its RKNN calls do here, and what in it the model contradicts (python/plumb/rknn/script_doctor.py).

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>

#include "plumb/api/environment.h"
#include "plumb/api/version.h"
#include "plumb/artifact/artifact.h"
#include "plumb/base/cpu.h"
#include "plumb/base/number_text.h"
#include "plumb/cli/python_program.h"
#include "plumb/cli/verb.h"
#include "plumb/import/onnx/import.h"

namespace plumb::cli {
namespace {

struct Facts {
  Isa isa = Isa::kScalar;
  std::string isas;
  int threads = 1;
  MachineFacts machine;
  std::vector<std::string> files;
  std::vector<Capability> capabilities;
};

std::string Gigabytes(int64_t bytes) {
  return FixedText(static_cast<double>(bytes) / (1 << 30), 1) + " GiB";
}

// The libraries of each folder on one line.
std::string LibrariesText(const std::vector<std::string>& files) {
  std::map<std::string, std::string> by_folder;
  for (size_t i = 1; i < files.size(); ++i) {
    const std::filesystem::path path(files[i]);
    std::string& names = by_folder[path.parent_path().string()];
    names += (names.empty() ? "" : " ") + path.filename().string();
  }
  std::string text;
  for (const auto& [folder, names] : by_folder) {
    text += StrCat("\n  ", folder, ": ", names);
  }
  return text;
}

std::string Text(const Facts& facts) {
  const MachineFacts& machine = facts.machine;
  std::string text =
      StrCat(VersionText(), "\nruns                 artifacts of numerics version ",
             artifact::kNumericsVersion, " and format version ", artifact::kFormatVersion,
             "; ONNX models of opset ", onnx::kOldestOpset, " to ", onnx::kNewestOpset,
             "\nmachine              ", machine.system, ", ", machine.processor,
             "\nkernels used         ", IsaName(facts.isa), "\nkernels this CPU has ", facts.isas,
             "\nthreads              ", facts.threads, " of ", machine.cpus,
             machine.cpus == 1 ? " CPU" : " CPUs", " that this process may use");
  if (machine.memory > 0) {
    text += StrCat("\nmemory               ", Gigabytes(machine.memory_free), " free of ",
                   Gigabytes(machine.memory));
  }
  if (!facts.files.empty()) {
    text += StrCat("\nprogram              ", facts.files[0], "\nlibraries            ",
                   facts.files.size() - 1, LibrariesText(facts.files));
  }
  text += "\nneeds more than Plumb itself";
  for (const Capability& one : facts.capabilities) {
    text += StrCat("\n  ", one.available ? "yes" : "no ", "  ", one.what, "\n         ",
                   one.available ? "uses " + one.found : "needs " + one.needs);
  }
  return text;
}

nlohmann::ordered_json Json(const Facts& facts) {
  nlohmann::ordered_json json = {{"version", Release()},
                                 {"commit", Commit()},
                                 {"numerics", artifact::kNumericsVersion},
                                 {"format", artifact::kFormatVersion},
                                 {"opsets", {onnx::kOldestOpset, onnx::kNewestOpset}},
                                 {"isa", IsaName(facts.isa)},
                                 {"isas", facts.isas},
                                 {"threads", facts.threads},
                                 {"machine",
                                  {{"system", facts.machine.system},
                                   {"processor", facts.machine.processor},
                                   {"cpus", facts.machine.cpus},
                                   {"memory_bytes", facts.machine.memory},
                                   {"memory_free_bytes", facts.machine.memory_free}}},
                                 {"files", facts.files}};
  json["capabilities"] = nlohmann::ordered_json::array();
  for (const Capability& one : facts.capabilities) {
    json["capabilities"].push_back({{"what", one.what},
                                    {"available", one.available},
                                    {"found", one.found},
                                    {"needs", one.needs}});
  }
  return json;
}

}  // namespace

std::function<Status(Console&)> Setup_doctor(CLI::App& app) {
  struct Arguments {
    std::string script, model;
  };
  auto args = std::make_shared<Arguments>();
  app.add_option("script", args->script,
                 "a Python script written for RKNN: what its calls do here, and what in its own "
                 "code the model contradicts");
  app.add_option("--model", args->model,
                 "the artifact or float model that the script is for (default: those it names)");
  return [args](Console& console) -> Status {
    if (!args->script.empty()) {
      PLUMB_ASSIGN_OR_RETURN(const std::string python, PreparePython());
      std::vector<std::string> words = {"-m", "plumb.rknn.script_doctor"};
      if (!args->model.empty()) {
        words.insert(words.end(), {"--model", args->model});
      }
      if (console.json) {
        words.emplace_back("--json");
      }
      words.push_back(args->script);
      return BecomePython(python, std::move(words));
    }
    if (!args->model.empty()) {
      return UsageError("--model is for a script: plumb doctor SCRIPT --model ", args->model);
    }
    Facts facts;
    PLUMB_ASSIGN_OR_RETURN(facts.isa, SelectIsa());
    for (Isa one : AvailableIsas()) {
      facts.isas += (facts.isas.empty() ? "" : ", ") + std::string(IsaName(one));
    }
    facts.threads = console.Threads();
    facts.machine = DescribeMachine();
    facts.files = LoadedFiles();
    facts.capabilities = Capabilities();
    console.json ? console.PrintJson(Json(facts)) : console.Print(Text(facts));
    return {};
  };
}

}  // namespace plumb::cli
