#include <array>

#include "plumb/cli/verb.h"

namespace plumb::cli {

#define PLUMB_VERB(name, summary) std::function<Status(Console&)> Setup_##name(CLI::App& app);
#include "plumb/cli/verbs.inc"
#undef PLUMB_VERB

std::span<const Verb> Verbs() {
#define PLUMB_VERB(name, summary) Verb{#name, summary, &Setup_##name},
  static constexpr std::array kVerbs = {
#include "plumb/cli/verbs.inc"
  };
#undef PLUMB_VERB
  return kVerbs;
}

}  // namespace plumb::cli
