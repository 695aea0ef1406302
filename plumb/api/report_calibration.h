// How well the calibration samples cover the ranges, and which of them stretch these alone.
#pragma once

#include <vector>

#include "plumb/api/model.h"
#include "plumb/api/progress.h"
#include "plumb/api/samples.h"
#include "plumb/base/status.h"
#include "plumb/report/document.h"

namespace plumb {

// Runs the float network over the samples, or as many of them, spread over all, as is worth the time.
[[nodiscard]] Result<std::vector<report::Block>> CalibrationBlocks(const Model& model,
                                                                   const SampleList& list,
                                                                   int threads,
                                                                   const Progress& progress);

}  // namespace plumb
