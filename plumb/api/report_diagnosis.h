// plumb diagnose --html: the answer, every experiment behind it, and what both sides saw and found, as one page.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "plumb/api/model.h"
#include "plumb/api/samples.h"
#include "plumb/base/picture.h"
#include "plumb/base/status.h"
#include "plumb/report/document.h"
#include "plumb/verify/diagnose/diagnosis.h"

namespace plumb {

struct DiagnosisSource {
  std::string name;              // of what is suspected: a file
  Model reference;               // with the contracts that the diagnosis took for right
  std::optional<Model> subject;  // absent: only results of it are known
  SampleList samples;
  std::vector<Picture> pictures;  // of the samples, in their order; none: they are tensors
};

// `source` may be null: where the subject could not be opened there is only the answer. `json`: what --json prints.
[[nodiscard]] Result<report::Document> MakeDiagnosisReport(const DiagnosisSource* source,
                                                           const verify::Diagnosis& diagnosis,
                                                           const std::string& command,
                                                           std::string json);

}  // namespace plumb
