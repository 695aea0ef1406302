#include "plumb/cli/bench_compare.h"

#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

namespace plumb::cli {
namespace {

namespace fs = std::filesystem;

bool Exists(const fs::path& path) {
  std::error_code ignored;
  return fs::exists(path, ignored);
}

Result<fs::path> FindComparer(const fs::path& program) {
  for (fs::path folder = program.parent_path();; folder = folder.parent_path()) {
    for (const char* place : {"bench/compare.py", "share/plumb/bench/compare.py"}) {
      if (Exists(folder / place)) {
        return folder / place;
      }
    }
    if (folder == folder.parent_path()) {
      return EnvironmentError("--compare: no bench/compare.py in the folders above ",
                              program.string(),
                              "; run the program from a source tree, or install it whole");
    }
  }
}

// $PLUMB_BENCH_PYTHON, the source tree's own, or the system's.
std::string FindPython(const fs::path& comparer) {
  if (const char* named = std::getenv("PLUMB_BENCH_PYTHON"); named != nullptr && *named != '\0') {
    return named;
  }
  const fs::path own = comparer.parent_path().parent_path() / "build/venv/bin/python";
  return Exists(own) ? own.string() : "python3";
}

}  // namespace

Status RunComparer(const std::vector<std::string>& arguments) {
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  if (error) {
    return EnvironmentError("--compare: this system does not say where the program is (",
                            error.message(), ")");
  }
  PLUMB_ASSIGN_OR_RETURN(const fs::path comparer, FindComparer(program));
  std::vector<std::string> words = {FindPython(comparer), "-B", comparer.string(), "--plumb",
                                    program.string()};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (std::string& word : words) {
    argv.push_back(word.data());
  }
  argv.push_back(nullptr);
  execvp(argv[0], argv.data());
  return EnvironmentError("--compare needs Python: '", words[0], "' cannot be run (",
                          std::strerror(errno),
                          "); install python3, or name one in PLUMB_BENCH_PYTHON");
}

}  // namespace plumb::cli
