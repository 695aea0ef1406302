// The pictures of a report: inputs as the network sees them, detections of both networks and where they differ.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "plumb/api/model.h"
#include "plumb/artifact/program.h"
#include "plumb/base/picture.h"
#include "plumb/base/status.h"
#include "plumb/report/document.h"

namespace plumb {

// A sample that was checked.
struct ReportSample {
  std::string name;  // of its file, or "sample 3"
  std::vector<Tensor> inputs;
};

// A picture as a file to be put into the page: PNG where it is small, else JPEG. Shrunk to `most` pixels a side.
[[nodiscard]] Result<report::Image> ImageOf(const Picture& picture, std::string title,
                                            std::string note, int most = 640);

// The tensor that enters the first layer, turned back into a picture, and what its values are.
[[nodiscard]] Result<std::vector<report::Block>> InputBlocks(
    const Model& model, std::shared_ptr<const artifact::Program> program,
    const ReportSample& sample);

// Detectors: the pictures on which float and integer network differ most. Classifiers: their first classes, as a table.
// Nothing for other networks.
[[nodiscard]] Result<std::vector<report::Block>> ResultBlocks(
    const Model& model, std::shared_ptr<const artifact::Program> program,
    std::span<const ReportSample> samples, int threads);

}  // namespace plumb
