#include "plumb/cli/python_program.h"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>

namespace plumb::cli {
namespace {

namespace fs = std::filesystem;

std::string Environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

// The folder with the package: named by $PLUMB_PYTHON_PACKAGES, beside the program in a build folder, or installed.
Result<fs::path> FindPackages() {
  std::error_code error;
  if (const std::string named = Environment("PLUMB_PYTHON_PACKAGES"); !named.empty()) {
    return fs::is_regular_file(fs::path(named) / "plumb/__init__.py", error)
               ? Result<fs::path>(named)
               : EnvironmentError("PLUMB_PYTHON_PACKAGES names '", named,
                                  "'; there is no plumb/__init__.py in it");
  }
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  const fs::path prefix = program.parent_path().parent_path();
  for (const char* place : {"python", "lib/plumb/python"}) {
    if (fs::is_regular_file(prefix / place / "plumb/__init__.py", error)) {
      return prefix / place;
    }
  }
  return EnvironmentError("the Python package of Plumb is neither in ",
                          (prefix / "python").string(), " nor in ",
                          (prefix / "lib/plumb/python").string(),
                          "; build it (docs/how_to/python.md), or name its folder in "
                          "PLUMB_PYTHON_PACKAGES");
}

// "3.11" of _native.cpython-311-x86_64-linux-gnu.so; empty when the extension does not say.
std::string BuiltFor(const fs::path& packages) {
  std::error_code ignored;
  for (const fs::directory_entry& entry : fs::directory_iterator(packages / "plumb", ignored)) {
    const std::string name = entry.path().filename().string();
    constexpr std::string_view kTag = "_native.cpython-3";
    if (name.starts_with(kTag)) {
      return "3." + name.substr(kTag.size(), name.find('-', kTag.size()) - kTag.size());
    }
  }
  return "";
}

// Runs it on a line of Python: its last line of error output; empty when all went well.
std::string Try(const std::string& python) {
  int ends[2];
  if (::pipe(ends) != 0) {
    return std::strerror(errno);
  }
  const pid_t child = ::fork();
  if (child == 0) {
    ::dup2(ends[1], STDOUT_FILENO);
    ::dup2(ends[1], STDERR_FILENO);
    ::close(ends[0]);
    ::close(ends[1]);
    ::execlp(python.c_str(), python.c_str(), "-c", "import numpy, plumb", nullptr);
    std::fprintf(stderr, "%s\n", std::strerror(errno));
    ::_exit(127);
  }
  ::close(ends[1]);
  std::string text;
  char buffer[4096];
  for (ssize_t n = 0; (n = ::read(ends[0], buffer, sizeof(buffer))) > 0;) {
    text.append(buffer, static_cast<size_t>(n));
  }
  ::close(ends[0]);
  int status = 0;
  if (child < 0 || ::waitpid(child, &status, 0) < 0) {
    return std::strerror(errno);
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
    return "";
  }
  text.erase(text.find_last_not_of('\n') + 1);
  text.erase(0, text.find_last_of('\n') + 1);
  return text.empty() ? StrCat("ended with status ", status) : text;
}

// $PLUMB_PYTHON, or the first of the usual ones that has NumPy and loads the package.
Result<std::string> FindPython(const fs::path& packages) {
  std::vector<std::string> names;
  if (const std::string named = Environment("PLUMB_PYTHON"); !named.empty()) {
    names = {named};
  } else {
    names = {"python3", "python"};
    // In a build folder, what the tests use (tools/test_venv.sh).
    const fs::path venv = packages.parent_path().parent_path() / "venv/bin/python3";
    if (std::error_code ignored; fs::exists(venv, ignored)) {
      names.push_back(venv.string());
    }
    if (const std::string version = BuiltFor(packages); !version.empty()) {
      names.push_back("python" + version);
    }
  }
  std::string tried;
  for (const std::string& name : names) {
    const std::string problem = Try(name);
    if (problem.empty()) {
      return name;
    }
    tried += StrCat(tried.empty() ? "" : "; ", "'", name, "': ", problem);
  }
  const std::string version = BuiltFor(packages);
  return EnvironmentError("a Python ", version.empty() ? "3" : version,
                          " with NumPy is needed; tried ", tried,
                          ". Install one (python3 -m pip install numpy), or name one in "
                          "PLUMB_PYTHON");
}

// What execvp takes; `words` must outlive it.
std::vector<char*> Arguments(std::string& python, std::vector<std::string>& words) {
  std::vector<char*> argv = {python.data()};
  for (std::string& word : words) {
    argv.push_back(word.data());
  }
  argv.push_back(nullptr);
  return argv;
}

}  // namespace

Result<std::string> PreparePython() {
  PLUMB_ASSIGN_OR_RETURN(const fs::path packages, FindPackages());
  // The drop-ins lie inside the package, where nothing finds them by accident.
  std::error_code ignored;
  const fs::path apart = packages / "plumb/dropins";
  const std::string before = Environment("PYTHONPATH");
  const std::string path = StrCat(fs::is_directory(apart, ignored) ? apart.string() + ":" : "",
                                  packages.string(), before.empty() ? "" : ":", before);
  ::setenv("PYTHONPATH", path.c_str(), 1);
  return FindPython(packages);
}

Status BecomePython(std::string python, std::vector<std::string> words) {
  std::fflush(nullptr);
  ::execvp(python.c_str(), Arguments(python, words).data());
  return EnvironmentError("'", python, "' cannot be run: ", std::strerror(errno));
}

void RunPython(std::string python, std::vector<std::string> words) {
  std::fflush(nullptr);
  const pid_t child = ::fork();
  if (child == 0) {
    ::execvp(python.c_str(), Arguments(python, words).data());
    ::_exit(127);
  }
  int status = 0;
  while (child > 0 && ::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
}

}  // namespace plumb::cli
