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
  // Whose calibrated ranges the pictures are held against; null where those were made of the same pictures.
  std::shared_ptr<const artifact::Program> ranges_program;
  const SampleList* samples = nullptr;  // pictures, of which some are used, or tensors
  double runs = 0;                      // of the float network that may be spent,
  int64_t macs = 0;                     // or multiply-adds, whichever is more; both 0: no limit
  int threads = 1;
  Progress progress;
};

// What fits clearly better than what is stated becomes a finding, P1 to P5.
[[nodiscard]] Result<verify::RungOutcome> CheckPreprocessing(const PreprocessCheckOptions& options,
                                                             verify::Verdict& verdict);

}  // namespace plumb
