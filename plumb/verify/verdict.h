// The verdict on an artifact: the rungs of the ladder one after another, what they found, and what to do next.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "plumb/artifact/decode_contract.h"
#include "plumb/artifact/io_contract.h"
#include "plumb/artifact/program.h"
#include "plumb/base/status.h"
#include "plumb/ir/graph.h"
#include "plumb/quant/quantize.h"
#include "plumb/verify/detections.h"
#include "plumb/verify/gate.h"
#include "plumb/verify/integer_check.h"
#include "plumb/verify/judge.h"
#include "plumb/verify/kernel_agreement.h"
#include "plumb/verify/ladder.h"
#include "plumb/verify/layer_errors.h"
#include "plumb/verify/pass_check.h"
#include "plumb/verify/plain_decode.h"
#include "plumb/verify/preprocess_score.h"

namespace plumb::verify {

enum class Level { kPass, kWarning, kFailure };
[[nodiscard]] std::string_view LevelName(Level level);  // "pass", "warning", "failure"

struct Finding {
  std::string code;  // "V1", "S5", "D1"; plumb/verify/codes.inc has a row for each
  Level level = Level::kPass;
  std::string text;      // one sentence with its numbers
  std::string fix = {};  // one command or sentence; empty when there is nothing to do
  std::string evidence =
      {};  // one line with the numbers behind the sentence; empty when it has them all
};

// Float against integer at one output.
struct OutputError {
  std::string name;
  double sqnr = 0;
  double cosine = 0;
  bool silent =
      false;  // a score that stays near 0 in float: the samples hold nothing that the network finds
  double high = 0;  // greatest value in float
};

struct Verdict {
  Level level = Level::kPass;
  std::vector<Rung> rungs;  // V0 to V9
  std::vector<Finding> findings;
  std::vector<LayerError> guiltiest;  // five at most
  std::string next;                   // the next command to try; empty on a pass
  Gate gate;
  // The evidence.
  Judgement judgement;
  PassCheck passes;
  PreprocessReport preprocess;
  LayerReport layers;
  IntegerCheck integers;
  KernelAgreement kernels;
  DecodeCheck decode;
  std::vector<OutputError> outputs;
  bool has_matches = false;
  MatchCount matches;
  bool has_agreement = false;
  double agreement = 1;  // classifiers: share of samples with the same first class
  int agreement_of = 0;  // samples
  std::vector<RuleResult> rules;

  void Add(std::string code, Level finding_level, std::string text, std::string fix = {},
           std::string evidence = {});
  // A rung that ran, and the finding of the same code that says what came out.
  void AddRung(std::string_view code, Level rung_level, std::string figure, std::string worst = {},
               std::string fix = {});
  void Skip(std::string_view code, std::string reason);
  [[nodiscard]] const Rung* FindRung(std::string_view code) const;
};

enum class Effort {
  kQuick,  // what a conversion can afford: about a third of its calibration
  kFull,
};

// What a rung that is not measured here came to; see VerdictInput.
struct RungOutcome {
  bool ran = false;
  Level level = Level::kPass;
  std::string figure;  // when it did not run: the reason
  std::string worst;
  std::string fix;
};

struct VerdictInput {
  Effort effort = Effort::kQuick;
  // Of the float network; null where the model is not given. Then only the rungs run that need the artifact alone.
  const ir::Graph* graph = nullptr;  // canonical
  std::shared_ptr<const artifact::Program> float_program;
  std::shared_ptr<const artifact::Program> integer_program;
  const artifact::IoContract* io = nullptr;
  const artifact::DecodeContract* decode = nullptr;
  std::span<const std::vector<Tensor>> samples;  // in port order; none: no rung that needs inputs
  bool synthetic = false;                        // the one sample shows nothing: it was made up
  bool calibration = false;  // the samples are some of those that the ranges were made of
  std::span<const Tensor>
      probe;  // a synthetic input, when the calibration samples cover little; or empty
  std::span<const PassStep> steps;  // of the pipeline, for V2; none: it is skipped
  // Outputs of the float network on sample i, where they are known already; else empty.
  std::span<const std::vector<runtime::NamedTensor>> float_outputs;
  // Rungs that others measure. Unset: skipped, with `why`.
  std::function<Result<RungOutcome>()> container;           // V0
  std::function<Result<Judgement>()> judge;                 // V1
  std::function<Result<RungOutcome>(Verdict&)> preprocess;  // V3; may add findings
  std::function<Result<RungOutcome>()> golden;              // V7
  std::function<Result<RungOutcome>(Verdict&)> task;        // V9 with labels; may add findings
  std::string why_no_container, why_no_judge, why_no_preprocess, why_no_golden;
  std::string model_path, artifact_path;  // for the next command
  int threads = 1;
  std::function<void(std::string_view stage, size_t done, size_t total)> progress;
};

// Runs the ladder from V0 to V9 and decides.
Status Decide(const VerdictInput& input, Verdict& verdict);

}  // namespace plumb::verify
