#include "plumb/verify/judge.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "plumb/base/npy.h"
#include "plumb/verify/closeness.h"

extern char** environ;

namespace plumb::verify {
namespace {

namespace fs = std::filesystem;

// Waits for a byte on standard input, a socket. Then writes version.txt, out_<i>.npy and outputs.txt, or problem.txt, into the
// folder, and a byte to the socket. When the other end is closed, by whomever and at whatever time, it removes the folder and
// ends, so that nothing is left of a program that was interrupted.
constexpr const char* kScript = R"(
import os, pathlib, shutil, signal, sys, threading
signal.signal(signal.SIGINT, signal.SIG_IGN)
folder, model = pathlib.Path(sys.argv[1]), sys.argv[2]
def end():
    shutil.rmtree(folder, ignore_errors=True)
    os._exit(0)
def watch():
    while os.read(0, 1):
        pass
    end()
def judge():
    try:
        import numpy, onnxruntime
    except ImportError:
        return
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
        return
    for i, r in enumerate(results):
        numpy.save(folder / f'out_{i}.npy', numpy.ascontiguousarray(r))
    (folder / 'outputs.txt').write_text('\n'.join(o.name for o in session.get_outputs()))
if not os.read(0, 1):
    end()
threading.Thread(target=watch, daemon=True).start()
try:
    judge()
    os.write(0, b'.')
    threading.Event().wait()
except BrokenPipeError:
    end()
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

// The script, from its start to its end.
class PythonJudge {
 public:
  PythonJudge(const std::string& folder, const std::string& model) {
    const char* named = std::getenv("PLUMB_JUDGE_PYTHON");
    const std::string python = named != nullptr && *named != '\0' ? named : "python3";
    std::array<const char*, 6> args = {python.c_str(), "-c",          kScript,
                                       folder.c_str(), model.c_str(), nullptr};
    std::array<int, 2> ends = {-1, -1};
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) {
      return;
    }
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDIN_FILENO);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    started_ = posix_spawnp(&child_, python.c_str(), &actions, nullptr,
                            const_cast<char**>(args.data()), environ) == 0;
    posix_spawn_file_actions_destroy(&actions);
    ::close(ends[1]);
    socket_ = ends[0];
  }
  ~PythonJudge() {
    if (socket_ >= 0) {
      ::close(socket_);
    }
    if (started_) {
      int status = 0;
      waitpid(child_, &status, 0);
    }
  }
  PythonJudge(const PythonJudge&) = delete;
  PythonJudge& operator=(const PythonJudge&) = delete;

  // Lets it judge what lies in the folder; returns when it has, or when it is no more.
  void Judge() const {
    char byte = '.';
    if (started_ && send(socket_, &byte, 1, MSG_NOSIGNAL) == 1) {
      while (recv(socket_, &byte, 1, 0) < 0 && errno == EINTR) {
      }
    }
  }

 private:
  pid_t child_ = 0;
  bool started_ = false;
  int socket_ = -1;
};

Result<OnnxRuntimeRun> RunIn(const TemporaryFolder& folder, const std::string& model_path,
                             std::span<const runtime::NamedTensor> inputs) {
  OnnxRuntimeRun run;
  if (folder.path().empty()) {
    return EnvironmentError("no temporary folder can be made for the outside judge");
  }
  const PythonJudge python(folder.path(), model_path);
  std::string names;
  for (size_t i = 0; i < inputs.size(); ++i) {
    PLUMB_RETURN_IF_ERROR(
        WriteNpy((folder / StrCat("in_", i, ".npy")).string(), inputs[i].tensor.view()));
    names += inputs[i].name + "\n";
  }
  std::ofstream(folder / "inputs.txt") << names;
  python.Judge();
  run.version = ReadText(folder / "version.txt");
  run.available = !run.version.empty();
  run.problem = ReadText(folder / "problem.txt");
  if (run.available && run.problem.empty() && !fs::exists(folder / "outputs.txt")) {
    run.problem = "it ended without an answer";
  }
  if (!run.available || !run.problem.empty()) {
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
  return RunIn(TemporaryFolder(), model_path, inputs);
}

Result<OnnxRuntimeRun> RunOnnxRuntimeOnBytes(std::string_view model,
                                             std::span<const runtime::NamedTensor> inputs) {
  const TemporaryFolder folder;
  const std::string path = (folder / "model.onnx").string();
  if (!folder.path().empty()) {
    PLUMB_RETURN_IF_ERROR(WriteFileAtomically(path, model));
  }
  return RunIn(folder, path, inputs);
}

}  // namespace plumb::verify
