#include "plumb/verify/judge.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "plumb/base/npy.h"
#include "plumb/verify/closeness.h"

extern char** environ;

namespace plumb::verify {
namespace {

namespace fs = std::filesystem;

// Prints the version, then writes out_<i>.npy and names.txt into the folder.
constexpr const char* kScript = R"(
import sys, pathlib
try:
    import numpy, onnxruntime
except ImportError:
    sys.exit(9)
folder, model = pathlib.Path(sys.argv[1]), sys.argv[2]
(folder / 'version.txt').write_text(onnxruntime.__version__)
options = onnxruntime.SessionOptions()
options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
options.log_severity_level = 4
try:
    session = onnxruntime.InferenceSession(model, options, providers=['CPUExecutionProvider'])
    names = (folder / 'inputs.txt').read_text().splitlines()
    feed = {n: numpy.load(folder / f'in_{i}.npy') for i, n in enumerate(names)}
    results = session.run(None, feed)
except Exception as error:
    (folder / 'problem.txt').write_text(str(error).splitlines()[0][:300])
    sys.exit(8)
for i, r in enumerate(results):
    numpy.save(folder / f'out_{i}.npy', numpy.ascontiguousarray(r))
(folder / 'outputs.txt').write_text('\n'.join(o.name for o in session.get_outputs()))
)";

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = (fs::temp_directory_path() / "plumb-judge-XXXXXX").string();
    path_ = mkdtemp(pattern.data()) == nullptr ? "" : pattern;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  [[nodiscard]] fs::path operator/(std::string_view name) const { return fs::path(path_) / name; }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

std::string ReadText(const fs::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

// The exit status of `python -c script folder model`, or -1 when it could not be started.
int RunPython(const std::string& folder, const std::string& model) {
  const char* named = std::getenv("PLUMB_JUDGE_PYTHON");
  const std::string python = named != nullptr && *named != '\0' ? named : "python3";
  std::array<const char*, 6> args = {python.c_str(), "-c",          kScript,
                                     folder.c_str(), model.c_str(), nullptr};
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  pid_t child = 0;
  const int failed = posix_spawnp(&child, python.c_str(), &actions, nullptr,
                                  const_cast<char**>(args.data()), environ);
  posix_spawn_file_actions_destroy(&actions);
  int status = 0;
  if (failed != 0 || waitpid(child, &status, 0) != child) {
    return -1;
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace

Judgement Compare(std::string judge, std::span<const runtime::NamedTensor> ours,
                  std::span<const runtime::NamedTensor> theirs) {
  Judgement judgement;
  judgement.judge = std::move(judge);
  for (const runtime::NamedTensor& their : theirs) {
    for (const runtime::NamedTensor& our : ours) {
      if (our.name != their.name) {
        continue;
      }
      if (our.tensor.shape() != their.tensor.shape()) {
        judgement.checked = true;
        judgement.worst = std::numeric_limits<double>::infinity();
        judgement.worst_output = StrCat(our.name, ": shape ", ShapeToString(our.tensor.shape()),
                                        ", expected ", ShapeToString(their.tensor.shape()));
        return judgement;
      }
      if (our.tensor.dtype() != DType::kF32 || their.tensor.dtype() != DType::kF32) {
        continue;
      }
      Closeness closeness;
      closeness.Add(their.tensor.values<float>(), our.tensor.values<float>());
      judgement.least_sqnr =
          judgement.checked ? std::min(judgement.least_sqnr, closeness.Sqnr()) : closeness.Sqnr();
      judgement.checked = true;
      if (judgement.worst_output.empty() || closeness.RelativeError() > judgement.worst) {
        judgement.worst = closeness.RelativeError();
        judgement.worst_output = our.name;
      }
    }
  }
  if (!judgement.checked) {
    judgement.reason = "no float output has the name of one of ours";
  }
  return judgement;
}

Result<OnnxRuntimeRun> RunOnnxRuntime(const std::string& model_path,
                                      std::span<const runtime::NamedTensor> inputs) {
  OnnxRuntimeRun run;
  const TemporaryFolder folder;
  if (folder.path().empty()) {
    return EnvironmentError("no temporary folder can be made for the outside judge");
  }
  std::string names;
  for (size_t i = 0; i < inputs.size(); ++i) {
    PLUMB_RETURN_IF_ERROR(
        WriteNpy((folder / StrCat("in_", i, ".npy")).string(), inputs[i].tensor.view()));
    names += inputs[i].name + "\n";
  }
  std::ofstream(folder / "inputs.txt") << names;
  const int status = RunPython(folder.path(), model_path);
  run.version = ReadText(folder / "version.txt");
  run.available = !run.version.empty();
  if (status != 0) {
    run.problem = run.available ? ReadText(folder / "problem.txt") : "";
    return run;
  }
  std::ifstream list(folder / "outputs.txt");
  std::string name;
  for (size_t i = 0; std::getline(list, name); ++i) {
    PLUMB_ASSIGN_OR_RETURN(Tensor tensor, ReadNpy((folder / StrCat("out_", i, ".npy")).string()));
    run.outputs.push_back({name, std::move(tensor)});
  }
  return run;
}

}  // namespace plumb::verify
