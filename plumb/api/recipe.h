// How an artifact was made: what its provenance records.
#pragma once

#include <string>
#include <vector>

#include "plumb/api/convert.h"
#include "plumb/api/samples.h"
#include "plumb/artifact/provenance.h"
#include "plumb/base/status.h"

namespace plumb {

// Key of a note: the SHA-256 of a file beside the model that holds some of its weights.
inline constexpr std::string_view kModelData = "model-data/";

// `passes`: names of those that ran, in order.
[[nodiscard]] Result<artifact::Provenance> MakeProvenance(const ConvertOptions& options,
                                                          const Model& model,
                                                          const SampleList& samples,
                                                          const std::vector<std::string>& passes);

}  // namespace plumb
