// The options of a conversion as texts, and back: what the provenance records and a lock takes over.
#pragma once

#include <span>
#include <string>
#include <utility>
#include <vector>

#include "plumb/api/convert.h"
#include "plumb/base/status.h"

namespace plumb {

using OptionText = std::pair<std::string, std::string>;  // the long option's name, its value

// Every option that an artifact's bytes depend on, in a fixed order, spelled as the command line
// spells it. Options of the contracts that the user did not state are "auto": what they came to
// stands in the contracts. Options that may be repeated have one entry a value.
[[nodiscard]] std::vector<OptionText> OptionsOf(const ConvertOptions& options);

// Sets what `list`, from OptionsOf, states. Usage error when one is missing, unknown, there twice,
// or has a value that cannot be.
Status TakeOptions(std::span<const OptionText> list, ConvertOptions& options);
// As far as this release knows them, of an artifact that another one may have made: what is unknown or
// cannot be is passed over.
void TakeKnownOptions(std::span<const OptionText> list, ConvertOptions& options);

// What an option can change.
enum class OptionStage {
  kSamples,   // which samples are used
  kGraph,     // the canonical graph
  kPicture,   // how a picture becomes an input
  kContract,  // what is said of the outputs: to state it makes it certain, which is an effect
  kQuantize,
};

// One option that is not as it is by default, and the same conversion without it. None for
// kContract.
struct OptionTrial {
  OptionText option;
  OptionStage stage = OptionStage::kQuantize;
  std::string hint;  // when it usually has no effect; may be empty
  ConvertOptions without;
};
[[nodiscard]] std::vector<OptionTrial> OptionTrials(const ConvertOptions& options);

}  // namespace plumb
