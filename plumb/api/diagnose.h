// plumb diagnose: why are the boxes wrong?
#pragma once

#include <memory>
#include <string>

#include "plumb/api/model.h"
#include "plumb/api/progress.h"
#include "plumb/base/status.h"
#include "plumb/verify/diagnose/diagnosis.h"

namespace plumb {

struct DiagnoseOptions {
  std::string subject;         // artifact (or model); empty when `outputs` or `boxes` is given
  std::string against;         // model or artifact that is right
  ModelOptions model_options;  // of `against`
  std::string data;            // pictures: a folder, a list, one file; or tensors
  size_t limit = 6;            // pictures used at most, spread over all
  std::string outputs;  // .npz: outputs by name, of the pictures in order; other tensors by name
  std::string boxes;    // .json: COCO results, or {"a.jpg": [[x1, y1, x2, y2, score, class]]}
  verify::Symptom symptom = verify::Symptom::kNone;
  bool keep_for_report = false;  // fills in DiagnoseResult::report
  int threads = 1;
  Progress progress;
  std::function<void(const std::string&)> note;
};

struct DiagnosisSource;  // report_diagnosis.h

struct DiagnoseResult {
  verify::Diagnosis diagnosis;
  std::shared_ptr<DiagnosisSource> report;
};

[[nodiscard]] Result<DiagnoseResult> Diagnose(const DiagnoseOptions& options);

}  // namespace plumb
