// --config job.yaml: options of a verb from a file.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "plumb/base/status.h"

namespace plumb::cli {

// Finds --config in `args` (without the program's name) and adds what the file states as options of the verb, except those
// that the command line gives itself. Keys are the verb's long options without dashes (`calib: pictures/`; a list for an
// option given several times or with commas; true for a flag). An unknown key is a usage error that lists the known ones.
// For convert, keys of rknn-toolkit2 are taken too (rknn_spelling.h), with what is to be said of them in `notes`.
Status ApplyConfigFile(CLI::App& app, std::vector<std::string>& args,
                       std::vector<std::string>& notes);

}  // namespace plumb::cli
