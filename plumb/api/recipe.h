// How an artifact was made: what its provenance records.
#pragma once

#include <string>
#include <vector>

#include "plumb/api/convert.h"
#include "plumb/api/samples.h"
#include "plumb/artifact/provenance.h"
#include "plumb/base/status.h"

namespace plumb {

// `passes`: names of those that ran, in order.
[[nodiscard]] Result<artifact::Provenance> MakeProvenance(const ConvertOptions& options,
                                                          const SampleList& samples,
                                                          const std::vector<std::string>& passes);

}  // namespace plumb
