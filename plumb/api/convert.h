// plumb convert: a model becomes a checked artifact.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "plumb/api/auto_hybrid.h"
#include "plumb/api/model.h"
#include "plumb/api/progress.h"
#include "plumb/api/shape_sets.h"
#include "plumb/artifact/artifact.h"
#include "plumb/base/status.h"
#include "plumb/compile/compile.h"
#include "plumb/quant/quantize.h"
#include "plumb/verify/verdict.h"

namespace plumb {

struct ReportSource;  // report.h

// What the network computes in.
enum class Precision {
  kInteger,  // by `quantize`
  kFloat,    // binary32 throughout; needs no samples
};
inline constexpr size_t kMostCustomString = 1024;  // bytes, as RKNN has it
Status CheckCustomString(std::string_view text);
[[nodiscard]] Result<Precision> PrecisionFromName(std::string_view name);  // "integer", "fp32"

struct ConvertOptions {
  std::string model;         // .onnx
  std::string output;        // .plumb
  bool lock = true;          // write the lock beside it too
  std::string locked;        // --locked: take everything from this lock (lock_rebuild.h)
  std::string ranges;        // --ranges: calibrated ranges from this lock; samples serve the check
  std::string calib;         // folder, list or .npz
  bool raw_samples = false;  // arrays of `calib` are pixels: mean and std are applied to them too
  size_t calib_limit = 100;  // samples used at most, spread over all; 0: all
  size_t check_limit = 20;   // of these, used for the verdict
  ModelOptions model_options;
  std::vector<ShapeSet> shape_sets;  // a variant of the artifact for each
  int32_t batch = 1;  // a run of the artifact takes exactly so many samples, one after the other
  Precision precision = Precision::kInteger;
  quant::QuantizeOptions quantize;
  std::optional<AutoHybridTarget> auto_hybrid;  // adds to quantize.hybrid
  std::string reference;  // .npz with inputs and expected outputs by name, for V1; may be empty
  bool judge = true;      // use an installed ONNX Runtime for V1 when there is no reference
  // Golden vectors; 0: none; not given: as many as kGoldenBudget holds, 4 at most.
  std::optional<size_t> golden;
  std::string
      custom_string;  // kept with the options in the provenance; the program has no use for it
  bool keep_failed = false;      // --force: write the artifact although the verdict is a failure
  std::string save_stages;       // folder; empty: none
  bool keep_for_report = false;  // fills in ConvertResult::report
  int threads = 1;
  Progress progress;
  std::function<void(const std::string&)>
      note;  // what was recognised and assumed, as soon as it is known
};

struct ConvertResult {
  verify::Verdict verdict;
  std::vector<std::string> explanation;  // how the contracts came about, one line each
  std::vector<quant::LayerNote> notes;
  // --observer auto: how many tensors each observer was chosen for, by its name; else empty.
  std::map<std::string, size_t> observers;
  AutoHybrid auto_hybrid;
  size_t samples = 0;
  std::vector<std::string> variants;  // their input shapes, the calibrated one first; or one
  bool written = false;
  size_t artifact_bytes = 0;
  std::shared_ptr<ReportSource> report;
  std::string lock;                     // the lock written; empty: none
  std::vector<std::string> taken_over;  // --locked: what was not measured anew
  std::vector<std::string> no_effect;   // options that changed nothing, one line each
};

// A conversion whose product is still in memory.
struct Converted {
  ConvertResult result;
  artifact::Artifact artifact;  // without contents when the verdict forbids it
  compile::NamedStats ranges;
};
[[nodiscard]] Result<Converted> ConvertInMemory(const ConvertOptions& options);

// Runs the stages, checks, decides; writes `output` when the verdict is no failure or `keep_failed`. The Status tells of
// what could not be done; a failed verdict is in the result.
[[nodiscard]] Result<ConvertResult> Convert(const ConvertOptions& options);

}  // namespace plumb
