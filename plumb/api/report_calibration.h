// How well samples cover the ranges, and which of them stretch these alone.
#pragma once

#include <vector>

#include "plumb/api/model.h"
#include "plumb/api/progress.h"
#include "plumb/api/samples.h"
#include "plumb/artifact/provenance.h"
#include "plumb/base/status.h"
#include "plumb/compile/compile.h"
#include "plumb/report/document.h"

namespace plumb {

// Runs the float network over the samples, or as many of them, spread over all, as is worth the time. `calibrated`: the
// ranges that the artifact was made with, by value, which the samples' are held against; null when these are the samples
// that the ranges were made of, or nobody knows them.
[[nodiscard]] Result<std::vector<report::Block>> CalibrationBlocks(
    const Model& model, const SampleList& list, const compile::NamedStats* calibrated, int threads,
    const Progress& progress);

// How many of the artifact's calibration files are among the samples, by what is in them.
[[nodiscard]] size_t CalibrationFilesAmong(const artifact::Provenance& provenance,
                                           const SampleList& list);

}  // namespace plumb
