// The verdict at the end of a conversion: a pass, a warning or a failure, with its reasons and what to do next.
#pragma once

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
#include "plumb/verify/judge.h"
#include "plumb/verify/kernel_agreement.h"
#include "plumb/verify/layer_errors.h"
#include "plumb/verify/pass_check.h"

namespace plumb::verify {

enum class Level { kPass, kWarning, kFailure };
[[nodiscard]] std::string_view LevelName(Level level);  // "pass", "warning", "failure"

struct Finding {
  std::string code;  // "V1", "S5", "D1"
  Level level = Level::kPass;
  std::string text;  // one sentence with its numbers
};

// Float against integer at one output.
struct OutputError {
  std::string name;
  double sqnr = 0;
  double cosine = 0;
};

struct Verdict {
  Level level = Level::kPass;
  std::vector<Finding> findings;
  std::vector<LayerError> guiltiest;  // five at most
  std::string next;                   // the next command to try; empty on a pass
  Gate gate;
  // The evidence.
  Judgement judgement;
  PassCheck passes;
  LayerReport layers;
  KernelAgreement kernels;
  std::vector<OutputError> outputs;
  bool has_matches = false;
  MatchCount matches;
  bool has_agreement = false;
  double agreement = 1;  // classifiers: share of samples with the same first class
  std::vector<RuleResult> rules;

  void Add(std::string code, Level finding_level, std::string text);
};

struct VerdictInput {
  const ir::Graph* graph = nullptr;             // canonical, float
  const quant::Quantized* quantized = nullptr;  // unfused
  std::shared_ptr<const artifact::Program> float_program;
  std::shared_ptr<const artifact::Program> integer_program;
  const artifact::IoContract* io = nullptr;
  const artifact::DecodeContract* decode = nullptr;
  std::span<const std::vector<Tensor>> samples;  // for outputs, detections and rules, in port order
  size_t layer_samples = 2;                      // how many of them for the layers
  std::span<const Tensor>
      probe;  // a synthetic input, when the calibration samples cover little; or empty
  std::string model_path, artifact_path;  // for the next command
  int threads = 1;
  quant::Progress layer_progress, output_progress;
};

// Fills everything but `judgement` and `passes`, which the caller has measured before and hands in through `verdict`.
Status Decide(const VerdictInput& input, Verdict& verdict);

}  // namespace plumb::verify
