// plumb rknn-convert: what RKNN-Toolkit2's command of that name is given, done by the other verbs.

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "plumb/api/model.h"
#include "plumb/cli/command_line.h"
#include "plumb/cli/rknn_job.h"
#include "plumb/cli/verb.h"

namespace plumb::cli {
namespace {

namespace fs = std::filesystem;
using Words = std::vector<std::string>;

struct Arguments {
  std::string platform, job, folder, sample;
  std::vector<std::string> device;
  bool evaluate = false;
};

// "--inputs=NAME" for each name and "--input-shape=NAME=1x3x224x224" for each shape of the job.
Status AddShapes(const RknnJob& job, Words& words) {
  std::vector<std::string> names = job.inputs;
  if (names.empty() && !job.shapes.empty()) {
    PLUMB_ASSIGN_OR_RETURN(names, onnx::InputNames(job.model));
  }
  if (!job.shapes.empty() && job.shapes.size() != names.size()) {
    return UsageError("input_size_list: ", job.shapes.size(), " shapes for ", names.size(),
                      " inputs");
  }
  for (const std::string& name : job.inputs) {
    words.push_back("--inputs=" + name);
  }
  for (size_t i = 0; i < job.shapes.size(); ++i) {
    words.push_back(StrCat("--input-shape=", names[i], "=", job.shapes[i]));
  }
  return {};
}

class Steps {
 public:
  explicit Steps(Console& outer) : outer_(outer) {}

  // Runs a verb; what it prints comes out, or goes into the one object of --json.
  Status Run(Words words) {
    Console console = outer_;
    console.exit_code = 0;
    std::string text;
    if (outer_.json) {
      console.listener = [&](Message kind, std::string_view line) {
        kind == Message::kResult    ? void(text += line)
        : kind == Message::kWarning ? outer_.Warn(line)
                                    : outer_.Note(line);
      };
      console.progress = outer_.ProgressBar();
    }
    if (outer_.verbosity != Verbosity::kNormal) {
      words.emplace_back(outer_.verbosity == Verbosity::kQuiet ? "--quiet" : "--verbose");
    }
    CommandLine line(console);
    Status status;
    try {
      status = line.Parse(words);
      if (status.ok()) {
        status = line.Run();
      }
    } catch (const CLI::ParseError& error) {
      status = UsageError(error.what());
    }
    if (!text.empty()) {
      results_[words[0]] = nlohmann::ordered_json::parse(text);
      results_[words[0]].erase("schema_version");
    }
    outer_.exit_code = std::max(outer_.exit_code, console.exit_code);
    return status;
  }

  [[nodiscard]] const nlohmann::ordered_json& results() const { return results_; }

 private:
  Console& outer_;
  nlohmann::ordered_json results_ = nlohmann::ordered_json::object();
};

// A file with the sample as its only line, gone with this object.
class SampleFile {
 public:
  // `files`: separated by blanks, relative to the folder that the program is started in.
  Status Write(const fs::path& folder, const std::string& files) {
    std::istringstream words(files);
    std::string line;
    for (std::string word; words >> word;) {
      line += fs::absolute(word).string() + " ";
    }
    path_ = folder / ".accuracy_sample.txt";
    std::ofstream out(path_);
    out << line << "\n";
    out.close();
    return out ? Status() : ResourceError("'", path_.string(), "' cannot be written");
  }
  ~SampleFile() {
    std::error_code ignored;
    fs::remove(path_, ignored);
  }
  [[nodiscard]] std::string path() const { return path_.string(); }

 private:
  fs::path path_;
};

// Every layer's error on one sample, and the layers' values into <folder>/snapshot.
Status AnalyseAccuracy(const Arguments& args, const RknnJob& job, const std::string& artifact,
                       Steps& steps) {
  SampleFile sample;
  PLUMB_RETURN_IF_ERROR(sample.Write(args.folder, args.sample));
  Words words = {"verify",
                 artifact,
                 "--against=" + job.model,
                 "--data=" + sample.path(),
                 "--raw-samples",
                 "--dump-layers=" + (fs::path(args.folder) / "snapshot").string(),
                 "--dump-form=text"};
  PLUMB_RETURN_IF_ERROR(AddShapes(job, words));
  return steps.Run(words);
}

Status Convert(const Arguments& args, Console& console, Steps& steps) {
  PLUMB_ASSIGN_OR_RETURN(const RknnJob job, ReadRknnJob(args.job));
  for (const std::string& note : job.notes) {
    console.Note(note);
  }
  console.Note(StrCat("target ", args.platform,
                      ": one artifact runs on every machine; the vendor's NPU driver does not "
                      "load it"));
  const std::string artifact = (fs::path(args.folder) / (job.name + ".rknn")).string();
  Words words = {"convert", job.model, "--output=" + artifact, "--force", "--no-lock"};
  PLUMB_RETURN_IF_ERROR(AddShapes(job, words));
  words.insert(words.end(), job.words.begin(), job.words.end());
  std::error_code error;
  fs::create_directories(args.folder, error);
  if (error) {
    return ResourceError("-o ", args.folder, ": the folder cannot be made: ", error.message());
  }
  const char* const report = std::getenv("PLUMB_REPORT");
  if (report != nullptr && std::string_view(report) != "" && std::string_view(report) != "0") {
    words.push_back("--html=" + (fs::path(args.folder) / (job.name + ".report.html")).string());
  }
  const Status converted = steps.Run(words);
  if (!converted.ok() && converted.code() != Code::kVerificationFailed) {
    return converted;
  }
  if (args.evaluate || !args.device.empty()) {
    console.Note("no board is used: times and memory are this machine's");
  }
  if (args.evaluate) {
    PLUMB_RETURN_IF_ERROR(steps.Run({"bench", artifact, "--records"}));
  }
  if (!args.sample.empty()) {
    PLUMB_RETURN_IF_ERROR(AnalyseAccuracy(args, job, artifact, steps));
  }
  return converted;
}

}  // namespace

std::function<Status(Console&)> Setup_rknn_convert(CLI::App& app) {
  auto args = std::make_shared<Arguments>();
  app.add_option("-t,--target-platform", args->platform,
                 "rk3588 and the like; no effect: one artifact runs on every machine")
      ->required();
  app.add_option("-i,--input", args->job, "the model_config.yml")->required();
  app.add_option("-o,--output", args->folder, "the folder to write into")->required();
  app.add_flag("-e,--evaluate", args->evaluate, "time the network, layer by layer");
  app.add_option("-a,--accuracy-analysis", args->sample,
                 "files of one sample, separated by blanks: every layer's error on it, and the "
                 "layers' values into snapshot/");
  app.add_option("-d,--device-id", args->device, "no effect: no board is used")->expected(0, 1);
  return [args](Console& console) -> Status {
    Steps steps(console);
    const Status done = Convert(*args, console, steps);
    if (console.json && !steps.results().empty()) {
      console.PrintJson(steps.results());
    }
    return done;
  };
}

}  // namespace plumb::cli
