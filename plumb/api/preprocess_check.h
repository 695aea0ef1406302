// Rung V3 on the pictures of a sample list.
#pragma once

#include <string>

#include "plumb/api/model.h"
#include "plumb/api/progress.h"
#include "plumb/api/samples.h"
#include "plumb/base/status.h"
#include "plumb/verify/preprocess_score.h"
#include "plumb/verify/verdict.h"

namespace plumb {

struct PreprocessCheckOptions {
  const Model* model = nullptr;                              // the float network
  std::shared_ptr<const artifact::Program> integer_program;  // may be null
  const SampleList* samples = nullptr;                       // those that are pictures are used
  std::string model_path;                                    // for the fix
  double runs = 0;   // of the float network that may be spent,
  int64_t macs = 0;  // or multiply-adds, whichever is more; both 0: no limit
  int threads = 1;
  Progress progress;
};

[[nodiscard]] Result<verify::PreprocessReport> ScorePreprocessing(
    const PreprocessCheckOptions& options);
// The same as a rung; what fits clearly better becomes a finding, P1 to P4.
[[nodiscard]] Result<verify::RungOutcome> CheckPreprocessing(const PreprocessCheckOptions& options,
                                                             verify::Verdict& verdict);

}  // namespace plumb
