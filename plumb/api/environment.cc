#include "plumb/api/environment.h"

#include <fcntl.h>
#include <link.h>
#include <spawn.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "plumb/base/cpu_count.h"
#include "plumb/base/status.h"
#include "plumb/report/html.h"

namespace plumb {
namespace {

namespace fs = std::filesystem;

// "key : value" or "key: value" lines of files of /proc.
std::string ProcValue(const char* path, std::string_view key) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    const size_t colon = line.find(':');
    if (line.starts_with(key) && colon != std::string::npos &&
        line.find_first_not_of(" \t", key.size()) == colon) {
      const size_t value = line.find_first_not_of(" \t", colon + 1);
      return value == std::string::npos ? "" : line.substr(value);
    }
  }
  return "";
}

int64_t Kilobytes(const std::string& text) {
  return std::strtoll(text.c_str(), nullptr, 10) * 1024;
}

// Where the shell would find it; empty: nowhere.
std::string FindProgram(const std::string& name) {
  const char* path = std::getenv("PATH");
  std::istringstream folders(path == nullptr ? "" : path);
  for (std::string folder; std::getline(folders, folder, ':');) {
    const fs::path file = fs::path(folder) / name;
    if (std::error_code ignored;
        fs::is_regular_file(file, ignored) && access(file.c_str(), X_OK) == 0) {
      return file.string();
    }
  }
  return "";
}

// What Python says it has: its version, that of ONNX Runtime, and which of the modules are there, one a line. Nothing is
// imported, and the folder one stands in does not count.
constexpr const char* kAsk = R"(
import sys, importlib.util, importlib.metadata
sys.path = [p for p in sys.path if p]
print(sys.version.split()[0])
version = ''
if importlib.util.find_spec('onnxruntime') and importlib.util.find_spec('numpy'):
    for name in ('onnxruntime', 'onnxruntime-gpu', 'onnxruntime-directml'):
        try:
            version = version or importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            pass
    version = version or 'of unknown version'
print(version)
def there(name):
    spec = importlib.util.find_spec(name)
    return spec is not None and spec.origin is not None
print(' '.join(name for name in ('plumb', 'rknn', 'rknnlite') if there(name)))
)";

struct PythonFacts {
  std::string path;  // empty: there is none
  std::string version, onnxruntime;
  std::string modules;
};

PythonFacts AskPython(const std::string& python) {
  PythonFacts facts;
  std::array<int, 2> ends{};
  if (python.empty() || pipe2(ends.data(), O_CLOEXEC) != 0) {
    return facts;
  }
  const std::array<const char*, 4> args = {python.c_str(), "-c", kAsk, nullptr};
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  pid_t child = 0;
  const int failed = posix_spawnp(&child, python.c_str(), &actions, nullptr,
                                  const_cast<char**>(args.data()), environ);
  posix_spawn_file_actions_destroy(&actions);
  close(ends[1]);
  std::string said;
  std::array<char, 512> some{};
  for (ssize_t got = 0; failed == 0 && (got = read(ends[0], some.data(), some.size())) > 0;) {
    said.append(some.data(), static_cast<size_t>(got));
  }
  close(ends[0]);
  int status = 0;
  if (failed != 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status) ||
      WEXITSTATUS(status) != 0) {
    return facts;
  }
  facts.path = python;
  std::istringstream lines(said);
  std::getline(lines, facts.version);
  std::getline(lines, facts.onnxruntime);
  std::getline(lines, facts.modules);
  return facts;
}

Capability Judge(const PythonFacts& python) {
  Capability judge{"an outside judge of the import: verify --judge onnxruntime, rung V1", false, "",
                   ""};
  judge.available = !python.onnxruntime.empty();
  if (judge.available) {
    judge.found = StrCat("onnxruntime ", python.onnxruntime, " of ", python.path);
  } else {
    judge.needs = StrCat(python.path.empty() ? "Python 3 with" : "in " + python.path + ":",
                         " the packages onnxruntime and numpy (pip install onnxruntime); "
                         "PLUMB_JUDGE_PYTHON names another interpreter");
  }
  return judge;
}

Capability Modules(const PythonFacts& python) {
  Capability modules{"Python: the package plumb, drop-ins rknn.api and rknnlite.api", false, "",
                     ""};
  modules.available = python.modules.find("plumb") != std::string::npos;
  if (modules.available) {
    modules.found = StrCat(python.modules, " in Python ", python.version, ", ", python.path);
  } else {
    modules.needs =
        StrCat(python.path.empty() ? std::string("Python 3 with")
                                   : StrCat("in Python ", python.version, ", ", python.path, ":"),
               " Plumb's Python package");
  }
  return modules;
}

}  // namespace

MachineFacts DescribeMachine() {
  MachineFacts facts;
  if (utsname name{}; uname(&name) == 0) {
    facts.system = StrCat(name.sysname, " ", name.release);
    facts.processor = name.machine;
  }
  if (const std::string model = ProcValue("/proc/cpuinfo", "model name"); !model.empty()) {
    facts.processor += ", " + model;
  }
  facts.cpus = AvailableCpus();
  facts.memory = Kilobytes(ProcValue("/proc/meminfo", "MemTotal"));
  facts.memory_free = Kilobytes(ProcValue("/proc/meminfo", "MemAvailable"));
  return facts;
}

std::vector<std::string> LoadedFiles() {
  std::vector<std::string> files;
  dl_iterate_phdr(
      [](dl_phdr_info* info, size_t, void* to) {
        auto& list = *static_cast<std::vector<std::string>*>(to);
        const bool program = list.empty();  // comes first, without a name
        const std::string_view name = program ? "/proc/self/exe" : info->dlpi_name;
        std::error_code error;
        const fs::path path = fs::canonical(name, error);
        if (!error) {  // the kernel's own object is no file
          list.push_back(path.string());
        }
        return 0;
      },
      &files);
  return files;
}

std::vector<Capability> Capabilities() {
  const char* named = std::getenv("PLUMB_JUDGE_PYTHON");
  const bool other = named != nullptr && *named != '\0';
  const PythonFacts python = AskPython(FindProgram("python3"));
  std::vector<Capability> list;
  list.push_back(Judge(other ? AskPython(named) : python));
  if (other && list.back().needs.starts_with("Python 3 with")) {
    list.back().needs = StrCat("PLUMB_JUDGE_PYTHON=", named,
                               " cannot be run; name an interpreter "
                               "with onnxruntime and numpy");
  }
  const bool reports = report::HtmlAvailable().ok();
  list.push_back({"reports: --html of convert, verify and diagnose", reports,
                  reports ? "charts are built in" : "",
                  reports ? ""
                          : "a build with -DPLUMB_REPORT=ON, which needs npm or an npm "
                            "registry once (docs/how_to/report.md)"});
  std::string browser;
  for (const char* name : {"xdg-open", "chromium", "google-chrome", "firefox"}) {
    browser = browser.empty() ? FindProgram(name) : browser;
  }
  list.push_back({"a browser to read reports in", !browser.empty(), browser,
                  browser.empty() ? "any browser, here or elsewhere: a report is one file" : ""});
  list.push_back(Modules(python));
  list.push_back(
      {"bench --compare, beside other runtimes", !python.path.empty(),
       python.path.empty() ? "" : StrCat("Python ", python.version, ", ", python.path),
       python.path.empty() ? "Python 3, and bench/ of the source tree (docs/speed.md)" : ""});
  return list;
}

}  // namespace plumb
