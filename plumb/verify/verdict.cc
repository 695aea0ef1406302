#include "plumb/verify/verdict.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "plumb/verify/closeness.h"
#include "plumb/vision/classify.h"
#include "plumb/vision/decode.h"
#include "plumb/vision/nms.h"

namespace plumb::verify {
namespace {

std::string Fixed(double value, int digits) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%.*f", digits, value);
  return text.data();
}
std::string Percent(double share) { return Fixed(100 * share, 1) + " %"; }

// Runs a program on inputs in port order; gives its outputs as the model's user sees them.
class Runner {
 public:
  static Result<Runner> Create(std::shared_ptr<const artifact::Program> program, int threads) {
    runtime::SessionOptions options;
    options.threads = threads;
    Runner runner;
    PLUMB_ASSIGN_OR_RETURN(runner.session_, runtime::Session::Create(std::move(program), options));
    return runner;
  }
  Result<std::vector<runtime::NamedTensor>> Run(std::span<const Tensor> inputs) {
    std::vector<runtime::NamedTensor> named;
    for (size_t i = 0; i < inputs.size(); ++i) {
      named.push_back({session_->program().inputs[i].name, inputs[i]});
    }
    return runtime::RunNamed(*session_, named);
  }

 private:
  std::unique_ptr<runtime::Session> session_;
};

std::vector<ConstTensorView> Views(const std::vector<runtime::NamedTensor>& outputs) {
  std::vector<ConstTensorView> views;
  for (const runtime::NamedTensor& output : outputs) {
    views.push_back(output.tensor.view());
  }
  return views;
}

// Outputs, detections, classes and rules over the samples.
Status CompareOutputs(const VerdictInput& input, Verdict& verdict) {
  PLUMB_ASSIGN_OR_RETURN(Runner reference, Runner::Create(input.float_program, input.threads));
  PLUMB_ASSIGN_OR_RETURN(Runner integer, Runner::Create(input.integer_program, input.threads));
  const bool detector = vision::IsDetector(input.decode->family) && !input.io->pictures.empty();
  const bool classifier = input.decode->family == artifact::Family::kClassifier;
  std::vector<Closeness> closeness;
  ScoreStatistics float_scores, integer_scores;
  int same_class = 0;
  std::vector<runtime::NamedTensor> a;
  for (size_t s = 0; s < input.samples.size(); ++s) {
    PLUMB_ASSIGN_OR_RETURN(a, reference.Run(input.samples[s]));
    PLUMB_ASSIGN_OR_RETURN(const auto b, integer.Run(input.samples[s]));
    closeness.resize(a.size());
    for (size_t i = 0; i < a.size(); ++i) {
      if (a[i].tensor.dtype() == DType::kF32 && b[i].tensor.dtype() == DType::kF32) {
        closeness[i].Add(std::as_const(a[i].tensor).values<float>(), b[i].tensor.values<float>());
      }
    }
    if (detector) {
      const int width = input.io->pictures[0].width, height = input.io->pictures[0].height;
      const std::vector<ConstTensorView> float_views = Views(a), integer_views = Views(b);
      PLUMB_ASSIGN_OR_RETURN(const auto wanted,
                             vision::Boxes(*input.decode, float_views, width, height,
                                           {.score = verdict.gate.float_score, .iou = {}}));
      PLUMB_ASSIGN_OR_RETURN(const auto found,
                             vision::Boxes(*input.decode, integer_views, width, height,
                                           {.score = verdict.gate.integer_score, .iou = {}}));
      CountMatches(wanted, found, verdict.gate, verdict.matches);
      PLUMB_RETURN_IF_ERROR(AddScores(*input.decode, float_views, width, height, float_scores));
      PLUMB_RETURN_IF_ERROR(AddScores(*input.decode, integer_views, width, height, integer_scores));
    } else if (classifier) {
      PLUMB_ASSIGN_OR_RETURN(const auto wanted,
                             vision::TopClasses(*input.decode, a[0].tensor.view(), 1));
      PLUMB_ASSIGN_OR_RETURN(const auto found,
                             vision::TopClasses(*input.decode, b[0].tensor.view(), 1));
      same_class += !wanted.empty() && !found.empty() && wanted[0].label == found[0].label;
    }
    if (input.output_progress) {
      input.output_progress(s + 1, input.samples.size());
    }
  }
  for (size_t i = 0; i < closeness.size(); ++i) {
    verdict.outputs.push_back({a[i].name, closeness[i].Sqnr(), closeness[i].Cosine()});
  }
  if (detector) {
    verdict.has_matches = true;
    verdict.rules = CheckScores(*input.decode, float_scores, integer_scores, verdict.gate);
    if (integer_scores.not_finite > 0) {
      verdict.layers.finite = false;
      verdict.layers.not_finite = "a score";
    }
  } else if (classifier && !input.samples.empty()) {
    verdict.has_agreement = true;
    verdict.agreement = static_cast<double>(same_class) / static_cast<double>(input.samples.size());
  }
  return {};
}

Level Threshold(double value, double fail_below, double warn_below) {
  return value < fail_below ? Level::kFailure : value < warn_below ? Level::kWarning : Level::kPass;
}

void DecideOutputs(Verdict& verdict) {
  const Gate& gate = verdict.gate;
  if (verdict.has_matches) {
    const MatchCount& m = verdict.matches;
    verdict.Add("D1", Threshold(m.Share(), gate.fail_below_matched, gate.warn_below_matched),
                m.expected == 0 ? StrCat("the float network finds nothing with score ",
                                         gate.float_score, " on the calibration pictures")
                                : StrCat(m.matched, " of ", m.expected,
                                         " float detections matched (", Percent(m.Share()),
                                         "), median score shift ", Fixed(m.MedianShift(), 3)));
    if (m.expected == 0) {
      verdict.findings.back().level = Level::kWarning;
    }
  } else if (verdict.has_agreement) {
    verdict.Add("D2",
                Threshold(verdict.agreement, gate.fail_below_agreement, gate.warn_below_agreement),
                StrCat("float and integer networks agree on the first class for ",
                       Percent(verdict.agreement), " of the samples"));
  } else {
    for (const OutputError& output : verdict.outputs) {
      verdict.Add("D3", Threshold(output.sqnr, gate.fail_below_sqnr, gate.warn_below_sqnr),
                  StrCat("output '", output.name, "': SQNR ", Fixed(output.sqnr, 1), " dB, cosine ",
                         Fixed(output.cosine, 5)));
    }
  }
}

// S12: not finite, off the grid, or stuck at its ends.
void DecideSaturation(Verdict& verdict) {
  if (!verdict.layers.finite) {
    verdict.Add("S12", Level::kFailure,
                StrCat("'", verdict.layers.not_finite, "' holds NaN or infinity"));
  }
  const LayerError* worst = nullptr;
  double share = verdict.gate.s12_saturated;
  int count = 0;
  for (const LayerError& layer : verdict.layers.layers) {
    const double beyond = std::max(layer.outside, layer.saturated);
    count += beyond > verdict.gate.s12_saturated;
    if (beyond > share) {
      share = beyond;
      worst = &layer;
    }
  }
  if (worst != nullptr) {
    verdict.Add("S12", Level::kFailure,
                StrCat(Percent(share), " of the values of '", worst->name, "' (", worst->op,
                       ") lie beyond its calibrated range (expected at most ",
                       Percent(verdict.gate.s12_saturated), "); ", count,
                       count == 1 ? " tensor is" : " tensors are", " concerned"));
  } else if (verdict.layers.finite) {
    verdict.Add("S12", Level::kPass, "no NaN, no infinity, no tensor beyond its calibrated range");
  }
}

void DecideNext(const VerdictInput& input, Verdict& verdict) {
  const auto failed = [&](std::string_view code) {
    return std::any_of(verdict.findings.begin(), verdict.findings.end(),
                       [&](const Finding& f) { return f.code == code && f.level != Level::kPass; });
  };
  if (verdict.level == Level::kPass) {
    return;
  }
  const std::string convert =
      StrCat("plumb convert ", input.model_path, " -o ", input.artifact_path, " --calib PICTURES");
  if (failed("V6")) {
    verdict.next =
        "PLUMB_ISA=scalar runs the reference kernels; please report this machine's 'plumb doctor' "
        "output";
  } else if (failed("V1")) {
    verdict.next = StrCat("plumb run ", input.model_path,
                          " --hashes: compare the float network with its source");
  } else if (failed("S5")) {
    verdict.next =
        StrCat(convert,
               ": without --one-scale-for-outputs, so that boxes and scores get their own scales");
  } else if (failed("S2") || failed("S3") || failed("S4") || failed("S1")) {
    verdict.next = StrCat(convert, " --decode ", vision::FamilyName(input.decode->family),
                          ",sigmoid=...: state where the activation is applied");
  } else if (failed("S12")) {
    verdict.next = StrCat(convert, ": with more, and more varied, calibration pictures");
  } else if (!verdict.guiltiest.empty()) {
    verdict.next = StrCat(convert, " --keep-float '", verdict.guiltiest[0].name, "'");
  }
}

}  // namespace

std::string_view LevelName(Level level) {
  constexpr std::array<std::string_view, 3> kNames = {"pass", "warning", "failure"};
  return kNames[static_cast<size_t>(level)];
}

void Verdict::Add(std::string code, Level finding_level, std::string text) {
  findings.push_back({std::move(code), finding_level, std::move(text)});
}

Status Decide(const VerdictInput& input, Verdict& verdict) {
  const Gate& gate = verdict.gate;
  if (verdict.judgement.checked) {
    verdict.Add(
        "V1", verdict.judgement.worst <= gate.judge_tolerance ? Level::kPass : Level::kWarning,
        StrCat("import agrees with ", verdict.judgement.judge, " to ", verdict.judgement.worst,
               " of the range (output '", verdict.judgement.worst_output, "', expected at most ",
               gate.judge_tolerance, ")"));
  } else {
    verdict.Add("V1", Level::kPass,
                StrCat("import not independently checked: ", verdict.judgement.reason));
  }
  verdict.Add(
      "V2", verdict.passes.worst <= gate.pass_tolerance ? Level::kPass : Level::kWarning,
      StrCat(verdict.passes.compared, " passes compared before and after, largest difference ",
             verdict.passes.worst, " of the range",
             verdict.passes.worst_pass.empty() ? "" : " in '" + verdict.passes.worst_pass + "'"));

  const size_t layer_samples = std::min(input.layer_samples, input.samples.size());
  std::vector<std::vector<Tensor>> for_layers(
      input.samples.begin(), input.samples.begin() + static_cast<long>(layer_samples));
  if (!input.probe.empty()) {
    for_layers.emplace_back(input.probe.begin(), input.probe.end());
  }
  PLUMB_ASSIGN_OR_RETURN(verdict.layers, MeasureLayers(*input.graph, *input.quantized, for_layers,
                                                       input.threads, input.layer_progress));
  PLUMB_ASSIGN_OR_RETURN(verdict.kernels,
                         CompareKernels(input.integer_program, input.samples[0], input.threads));
  PLUMB_RETURN_IF_ERROR(CompareOutputs(input, verdict));

  verdict.guiltiest = GuiltiestLayers(verdict.layers, 5);
  if (!verdict.guiltiest.empty()) {
    verdict.Add("V4", Level::kPass,
                StrCat(verdict.layers.layers.size(), " integer layers; the worst alone is '",
                       verdict.guiltiest[0].name, "' with ",
                       Fixed(verdict.guiltiest[0].sqnr_alone, 1), " dB"));
  }
  std::string variants;
  for (const std::string& variant : verdict.kernels.variants) {
    variants += (variants.empty() ? "" : " = ") + variant;
  }
  verdict.Add("V6", verdict.kernels.agree ? Level::kPass : Level::kFailure,
              verdict.kernels.agree
                  ? StrCat(variants, ": identical in ", verdict.kernels.records, " records")
                  : verdict.kernels.difference);
  for (const RuleResult& rule : verdict.rules) {
    if (rule.fired) {
      verdict.Add(rule.rule, rule.fails ? Level::kFailure : Level::kWarning, rule.finding);
    }
  }
  DecideSaturation(verdict);
  DecideOutputs(verdict);
  for (const Finding& finding : verdict.findings) {
    verdict.level = std::max(verdict.level, finding.level);
  }
  DecideNext(input, verdict);
  return {};
}

}  // namespace plumb::verify
