// The same artifact again: from its lock without the calibration samples, or from samples.
#pragma once

#include <string>
#include <vector>

#include "plumb/api/convert.h"
#include "plumb/api/lock.h"
#include "plumb/artifact/artifact.h"
#include "plumb/base/status.h"

namespace plumb {

// Compiles the model with the lock's options and ranges; what cannot be measured without samples is
// the lock's. Checked first, each with an error of its own: that nobody edited the lock, that this
// release, commit and numerics wrote it, that the model is the one it names. The result may still
// differ from what the lock was written for (lock_files.h).
[[nodiscard]] Result<artifact::Artifact> RebuildFromLock(const Lock& lock, const std::string& model,
                                                         int threads);

// What stands in the artifact as the lock has it, not measured anew: "quality record".
[[nodiscard]] std::vector<std::string> TakenFromLock(const Lock& lock);

// The model that a lock or an artifact was made of, by the name it recorded, beside `file`; usage
// error when it is not there.
[[nodiscard]] Result<std::string> FindModelBeside(const std::string& file,
                                                  const artifact::Provenance& provenance);

// convert --locked: `options.model` may be empty; `options.locked`, `output`, `lock`, `threads` and
// the callbacks count, everything else comes from the lock. Verification error, and nothing written,
// when the result is not what the lock was written for.
[[nodiscard]] Result<ConvertResult> ConvertLocked(const ConvertOptions& options);

// verify --rebuild: makes an artifact again and compares it byte for byte.
struct RebuildRequest {
  std::string artifact;
  std::string lock;   // empty and no `calib`: the one beside the artifact
  std::string model;  // empty: by the recorded name, beside the artifact or the lock
  std::string calib;  // given: calibrate anew with the artifact's own options, without the lock
  int threads = 1;
  Progress progress;
};
struct RebuildReport {
  bool identical = false;
  std::string difference;               // the first one: section and record; empty when identical
  std::string from;                     // "lock 'x.lock'" or "12 samples of 'pictures'"
  std::vector<std::string> taken_over;  // not measured anew
};
[[nodiscard]] Result<RebuildReport> RebuildAndCompare(const RebuildRequest& request);

// Where two artifacts begin to differ, by section and by what in it: "program: record 'conv_3'
// (conv): attributes". Empty when they are the same.
[[nodiscard]] std::string FirstDifference(const artifact::Artifact& a, const artifact::Artifact& b);

}  // namespace plumb
