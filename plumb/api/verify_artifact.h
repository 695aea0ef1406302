// plumb verify: the ladder on an artifact.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "plumb/api/layer_table.h"
#include "plumb/api/model.h"
#include "plumb/api/progress.h"
#include "plumb/base/status.h"
#include "plumb/verify/verdict.h"

namespace plumb {

struct ReportSource;  // report.h

// Who judges the import (V1).
enum class JudgeChoice {
  kAuto,         // what is given or stands beside the model, else an installed ONNX Runtime
  kNone,         // what is given or stands beside the model
  kOnnxRuntime,  // an installed ONNX Runtime, which must be there
};

struct VerifyOptions {
  std::string artifact;
  std::string against;  // the float model it was made of; empty: rungs that need it are skipped
  ModelOptions model_options;  // of the float model, where the artifact does not say
  std::string
      data;  // pictures, a list, an .npz, COCO annotations, or lines "file index"; may be empty
  bool raw_samples = false;  // arrays of `data` are pixels: mean and std are applied to them too
  std::string images;  // folder that file names of annotations are relative to; empty: beside them
  size_t limit = 0;    // samples used at most; 0: 20 quick, 100 full
  verify::Effort effort = verify::Effort::kQuick;
  std::string reference;  // .npz with inputs and expected outputs by name, for V1; may be empty
  JudgeChoice judge = JudgeChoice::kAuto;
  // Instead of the ladder: every layer's error on `limit` samples (0: one). Its threads and progress are those below.
  std::optional<LayerTableOptions> layers;
  bool keep_for_report = false;  // fills in VerifyResult::report
  int threads = 1;
  Progress progress;
};

struct VerifyResult {
  verify::Verdict verdict;
  Status container;  // why the artifact cannot be used, when V0 failed
  size_t samples = 0;
  LayerTable layers;
  std::shared_ptr<ReportSource> report;
};

// The Status tells of what could not be done; a failed verdict, a damaged artifact included, is in the result.
[[nodiscard]] Result<VerifyResult> Verify(const VerifyOptions& options);

}  // namespace plumb
