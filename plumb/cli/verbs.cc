#include <array>

#include "plumb/cli/verb.h"

namespace plumb::cli {

#define PLUMB_VERB(id, name, summary) std::function<Status(Console&)> Setup_##id(CLI::App& app);
#include "plumb/cli/verbs.inc"
#undef PLUMB_VERB

std::span<const Verb> Verbs() {
#define PLUMB_VERB(id, name, summary) Verb{name, summary, &Setup_##id},
  static constexpr std::array kVerbs = {
#include "plumb/cli/verbs.inc"
  };
#undef PLUMB_VERB
  return kVerbs;
}

}  // namespace plumb::cli
