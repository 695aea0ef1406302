// model.lock: everything that the bytes of an artifact depend on beside the model, as YAML that a
// person can read. `convert --locked` makes the same bytes of it without the calibration samples.
//
// docs/how_to/reproduce.md describes the file. Each of its blocks stands under a SHA-256, so that a
// lock that was edited says which block was.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "plumb/artifact/artifact.h"
#include "plumb/artifact/container.h"
#include "plumb/base/status.h"
#include "plumb/compile/compile.h"

namespace plumb {

// A section of the artifact that the lock was written for.
struct LockSection {
  std::string name;  // artifact::SectionName
  uint64_t bytes = 0;
  std::string sha256;
  bool operator==(const LockSection&) const = default;
};

struct Lock {
  uint32_t format = artifact::kFormatVersion;
  uint32_t numerics = artifact::kNumericsVersion;
  artifact::Provenance provenance;
  uint64_t artifact_bytes = 0;
  std::string artifact_sha256;
  std::vector<LockSection> sections;
  compile::NamedStats ranges;
  // What cannot be measured without samples, as the artifact holds it.
  artifact::Quality quality;
  artifact::Golden
      golden;  // of which the inputs are taken over; what comes of them is computed anew
  // Names of the blocks that are not as Plumb wrote them. Set by ParseLock, not written.
  std::vector<std::string> edited;
};

[[nodiscard]] std::vector<LockSection> SectionsOf(const artifact::Container& container);

[[nodiscard]] std::string LockText(const Lock& lock);
// As hostile input: whatever the text, a lock whose every field is in its range, or a usage error
// that names the line. Whether the ranges fit a model is for compile::CompileObserved to say.
[[nodiscard]] Result<Lock> ParseLock(std::string_view text);
// `name` begins the errors. Files beyond any lock's size are refused.
[[nodiscard]] Result<Lock> ReadLock(const std::string& path);

// Where the lock of an artifact stands: beside it, ".lock" for ".plumb".
[[nodiscard]] std::string LockPathOf(const std::string& artifact);

// SHA-256 of ranges as a lock states them.
[[nodiscard]] std::string RangesDigest(const compile::NamedStats& ranges);

// Key of a note: this picture input's grid comes from the samples, since they hold values that no
// picture has.
inline constexpr std::string_view kSampledInput = "input-grid/";

// Key of a note: the observer that --observer auto chose for this tensor.
inline constexpr std::string_view kChosenObserver = "observer/";

// SHA-256 of a block's text, as the lock states it; a carriage return before a line's end does not
// count.
[[nodiscard]] std::string BlockDigest(std::string_view text);

}  // namespace plumb
