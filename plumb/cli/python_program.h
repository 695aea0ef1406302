// The Python of this machine, with Plumb's package and the drop-ins for RKNN's in front of what is installed.
#pragma once

#include <string>
#include <vector>

#include "plumb/base/status.h"

namespace plumb::cli {

// Sets PYTHONPATH of this process, and names an interpreter that has NumPy and loads the package. kEnvironment, with what was tried.
[[nodiscard]] Result<std::string> PreparePython();

// Becomes the interpreter, so that exit code and signals are the script's own; returns only when that cannot be.
Status BecomePython(std::string python, std::vector<std::string> words);

// Runs it beside this process, to its end.
void RunPython(std::string python, std::vector<std::string> words);

}  // namespace plumb::cli
