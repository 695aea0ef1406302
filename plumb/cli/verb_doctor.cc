// plumb doctor: what this machine offers, what Plumb uses of it.

#include <nlohmann/json.hpp>

#include "plumb/api/version.h"
#include "plumb/artifact/artifact.h"
#include "plumb/base/cpu.h"
#include "plumb/cli/verb.h"

namespace plumb::cli {

std::function<Status(Console&)> Setup_doctor(CLI::App& app) {
  (void)app;
  return [](Console& console) -> Status {
    PLUMB_ASSIGN_OR_RETURN(const Isa isa, SelectIsa());
    std::string offered;
    for (Isa one : AvailableIsas()) {
      offered += (offered.empty() ? "" : ", ") + std::string(IsaName(one));
    }
    if (console.json) {
      console.PrintJson({{"version", Release()},
                         {"commit", Commit()},
                         {"numerics", artifact::kNumericsVersion},
                         {"isa", IsaName(isa)},
                         {"isas", offered},
                         {"threads", console.Threads()}});
    } else {
      console.Print(StrCat(VersionText(), "\nkernels used         ", IsaName(isa),
                           "\nkernels this CPU has ", offered, "\nthreads              ",
                           console.Threads()));
    }
    return {};
  };
}

}  // namespace plumb::cli
