// plumb python: any script, with the drop-in modules in front of what is installed; what its own code gets wrong about the
// model is said first.

#include <cstdlib>
#include <cstring>

#include "plumb/cli/python_program.h"
#include "plumb/cli/verb.h"

namespace plumb::cli {

std::function<Status(Console&)> Setup_python(CLI::App& app) {
  auto words = std::make_shared<std::vector<std::string>>();
  app.prefix_command();  // what follows the script is the script's
  app.add_option("script", *words,
                 "the script and its arguments; or as of python3: -m MODULE, -c CODE")
      ->required();
  return [words](Console&) -> Status {
    PLUMB_ASSIGN_OR_RETURN(const std::string python, PreparePython());
    const char* const doctor = std::getenv("PLUMB_RKNN_DOCTOR");
    if (words->front().ends_with(".py") && (doctor == nullptr || std::strcmp(doctor, "0") != 0)) {
      std::vector<std::string> first = {"-m", "plumb.rknn.script_doctor", "--brief"};
      first.insert(first.end(), words->begin(), words->end());
      RunPython(python, std::move(first));
    }
    return BecomePython(python, *words);
  };
}

}  // namespace plumb::cli
