#include "plumb/verify/verdict.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <optional>

#include "plumb/base/number_text.h"
#include "plumb/base/shell_word.h"
#include "plumb/lower/lower.h"
#include "plumb/verify/closeness.h"
#include "plumb/verify/contract_check.h"
#include "plumb/verify/rules.h"
#include "plumb/vision/classify.h"
#include "plumb/vision/decode.h"
#include "plumb/vision/nms.h"

namespace plumb::verify {
namespace {

constexpr size_t kQuickDecoded = 2;     // pictures that are decoded twice
constexpr size_t kContractSamples = 4;  // samples that the decode contract is held against
constexpr size_t kLayerSamples = 1;     // samples whose layers are compared, quick
constexpr size_t kFullLayerSamples = 8;
constexpr size_t kQuickLayerElements = 32768;                // of a tensor, for the layers
constexpr size_t kQuickElements = 64, kFullElements = 2048;  // of a record's output, for V5

std::string Percent(double share) { return FixedText(100 * share, 1) + " %"; }

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
  const bool known = input.float_outputs.size() == input.samples.size();
  std::optional<Runner> reference;
  if (!known) {
    PLUMB_ASSIGN_OR_RETURN(reference, Runner::Create(input.float_program, input.threads));
  }
  PLUMB_ASSIGN_OR_RETURN(Runner integer, Runner::Create(input.integer_program, input.threads));
  const bool detector = vision::IsDetector(input.decode->family) && !input.io->pictures.empty();
  const bool classifier = input.decode->family == artifact::Family::kClassifier;
  std::vector<Closeness> closeness;
  std::vector<std::string> names;
  for (const artifact::Port& port : input.integer_program->outputs) {
    names.push_back(port.name);
  }
  Observer observer(*input.decode, *input.io, std::move(names), verdict.gate);
  ContractEvidence contract;
  int same_class = 0;
  std::vector<runtime::NamedTensor> a;
  for (size_t s = 0; s < input.samples.size(); ++s) {
    if (known) {
      a = input.float_outputs[s];
    } else {
      PLUMB_ASSIGN_OR_RETURN(a, reference->Run(input.samples[s]));
    }
    PLUMB_ASSIGN_OR_RETURN(const auto b, integer.Run(input.samples[s]));
    closeness.resize(a.size());
    for (size_t i = 0; i < a.size(); ++i) {
      if (a[i].tensor.dtype() == DType::kF32 && b[i].tensor.dtype() == DType::kF32) {
        const std::span<const float> wanted = std::as_const(a[i].tensor).values<float>();
        const std::span<const float> found = b[i].tensor.values<float>();
        // Every n-th, n odd, where all of them would tell no more.
        const size_t step = input.effort == Effort::kFull
                                ? 1
                                : std::max<size_t>(1, wanted.size() / kQuickLayerElements) | 1;
        for (size_t k = 0; k < std::min(wanted.size(), found.size()); k += step) {
          closeness[i].Add(wanted[k], found[k]);
        }
      }
    }
    const std::vector<ConstTensorView> float_views = Views(a), integer_views = Views(b);
    std::vector<runtime::NamedTensor> repeated;
    if (s == 0) {
      PLUMB_ASSIGN_OR_RETURN(repeated, integer.Run(input.samples[s]));
    }
    std::vector<ConstTensorView> inputs;
    for (const Tensor& tensor : input.samples[s]) {
      inputs.push_back(tensor.view());
    }
    PLUMB_RETURN_IF_ERROR(observer.Add({.inputs = inputs,
                                        .outputs = integer_views,
                                        .reference = float_views,
                                        .repeated = Views(repeated)}));
    if ((detector || classifier) && !input.io->pictures.empty() && s < kContractSamples) {
      PLUMB_RETURN_IF_ERROR(AddEvidence(*input.decode, float_views, input.io->pictures[0].width,
                                        input.io->pictures[0].height, contract));
    }
    if (detector) {
      const int width = input.io->pictures[0].width, height = input.io->pictures[0].height;
      PLUMB_ASSIGN_OR_RETURN(const auto wanted,
                             vision::Boxes(*input.decode, float_views, width, height,
                                           {.score = verdict.gate.float_score, .iou = {}}));
      PLUMB_ASSIGN_OR_RETURN(const auto found,
                             vision::Boxes(*input.decode, integer_views, width, height,
                                           {.score = verdict.gate.integer_score, .iou = {}}));
      CountMatches(wanted, found, verdict.gate, verdict.matches);
      if (input.effort == Effort::kFull || s < kQuickDecoded) {
        PLUMB_RETURN_IF_ERROR(
            AddDecodeCheck(*input.decode, integer_views, width, height, verdict.decode));
      }
    } else if (classifier) {
      PLUMB_ASSIGN_OR_RETURN(const auto wanted,
                             vision::TopClasses(*input.decode, a[0].tensor.view(), 1));
      PLUMB_ASSIGN_OR_RETURN(const auto found,
                             vision::TopClasses(*input.decode, b[0].tensor.view(), 1));
      same_class += !wanted.empty() && !found.empty() && wanted[0].label == found[0].label;
    }
    if (input.progress) {
      input.progress("check outputs", s + 1, input.samples.size());
    }
  }
  for (size_t i = 0; i < closeness.size(); ++i) {
    constexpr double kNothing = 0.01;  // of a probability: no more than a step or two of 8 bits
    verdict.outputs.push_back(
        {a[i].name, closeness[i].Sqnr(), closeness[i].Cosine(),
         closeness[i].high < kNothing && EndsInActivation(*input.float_program, i),
         closeness[i].high});
  }
  RuleInput rules;
  rules.decode = input.decode;
  rules.seen = &observer.observations();
  rules.program = input.integer_program.get();
  rules.layers = &verdict.layers;
  rules.calibration = input.calibration;
  rules.gate = verdict.gate;
  if (contract.pictures > 0) {
    verdict.rules = ContractRules(*input.decode, input.float_program.get(), contract, verdict.gate);
  }
  for (RuleResult& rule : CheckRules(rules)) {
    verdict.rules.push_back(std::move(rule));
  }
  if (detector) {
    verdict.has_matches = true;
  } else if (classifier && !input.samples.empty()) {
    verdict.has_agreement = true;
    verdict.agreement = static_cast<double>(same_class) / static_cast<double>(input.samples.size());
    verdict.agreement_of = static_cast<int>(input.samples.size());
  }
  return {};
}

constexpr const char* kNeedsModel = "needs the float model: --against MODEL";
constexpr const char* kNeedsSamples = "needs inputs: --data PICTURES";

RungStatus StatusOf(Level level) {
  return level == Level::kPass      ? RungStatus::kPass
         : level == Level::kWarning ? RungStatus::kWarning
                                    : RungStatus::kFailure;
}

Level Threshold(double value, double fail_below, double warn_below) {
  return value < fail_below ? Level::kFailure : value < warn_below ? Level::kWarning : Level::kPass;
}

void DecideOutputs(bool synthetic, Verdict& verdict) {
  const Gate& gate = verdict.gate;
  if (verdict.has_matches) {
    const MatchCount& m = verdict.matches;
    verdict.Add("D1", Threshold(m.Share(), gate.fail_below_matched, gate.warn_below_matched),
                m.expected == 0 ? StrCat("the float network finds nothing with score ",
                                         gate.float_score, " on the calibration pictures")
                                : StrCat(m.matched, " of ", m.expected,
                                         " float detections matched (", Percent(m.Share()),
                                         "), median score shift ", FixedText(m.MedianShift(), 3)));
    if (m.expected == 0 && synthetic) {
      verdict.findings.pop_back();
    } else if (m.expected == 0) {
      verdict.findings.back().level = Level::kWarning;
    }
  } else if (verdict.has_agreement) {
    verdict.Add("D2",
                Threshold(verdict.agreement, gate.fail_below_agreement, gate.warn_below_agreement),
                StrCat("float and integer networks agree on the first class for ",
                       Percent(verdict.agreement), " of the samples"));
  } else {
    for (const OutputError& output : verdict.outputs) {
      if (output.silent && output.sqnr < gate.warn_below_sqnr) {
        verdict.Add("D3", Level::kWarning,
                    StrCat("output '", output.name, "' stays below ", output.high,
                           " in float: these samples hold nothing that the network finds, so that "
                           "they can neither calibrate it nor show a difference"),
                    "give samples that hold what the network looks for");
        continue;
      }
      verdict.Add("D3", Threshold(output.sqnr, gate.fail_below_sqnr, gate.warn_below_sqnr),
                  output.sqnr >= kExactSqnr
                      ? StrCat("output '", output.name, "': exactly as in float")
                      : StrCat("output '", output.name, "': SQNR ", FixedText(output.sqnr, 1),
                               " dB, cosine ", FixedText(output.cosine, 5)));
    }
  }
}

// The command to try next: of all that is wrong, what lies first on the way of the data. A command alone, so that it can be
// copied; the words stand in the finding.
std::string NextCommand(const VerdictInput& input, const Verdict& verdict) {
  const auto found = [&](std::initializer_list<std::string_view> codes) -> const Finding* {
    for (const std::string_view code : codes) {
      for (const Finding& finding : verdict.findings) {
        if (finding.code == code && finding.level != Level::kPass) {
          return &finding;
        }
      }
    }
    return nullptr;
  };
  const std::string convert = StrCat("plumb convert ", ShellWord(input.model_path), " -o ",
                                     ShellWord(input.artifact_path), " --calib ");
  if (found({"V5", "V6"}) != nullptr) {
    return "plumb doctor";
  }
  if (found({"V1"}) != nullptr) {
    return StrCat("plumb run ", ShellWord(input.model_path), " --input SAMPLE --hashes");
  }
  if (found({"V2"}) != nullptr && !verdict.passes.worst_pass.empty()) {
    return StrCat(convert, "PICTURES --disable-pass ", verdict.passes.worst_pass);
  }
  if (found({"V7"}) != nullptr) {
    return StrCat("plumb selftest ", ShellWord(input.artifact_path), " --full");
  }
  if (found({"V8"}) != nullptr) {
    return "plumb explain V8";
  }
  if (const Finding* other = found({"P1", "P2", "P3", "P4", "P5"})) {
    const PreprocessReport& report = verdict.preprocess;
    const size_t at = report.better > 0 ? report.better : report.closer;
    if (at == 0) {  // tensors, which the caller prepares
      return "plumb explain " + other->code;
    }
    return StrCat(convert, "PICTURES ", report.alternatives[at].options);
  }
  if (found({"S5"}) !=
      nullptr) {  // boxes and scores get scales of their own unless it is forbidden
    return convert + "PICTURES";
  }
  if (const Finding* scores = found({"S2", "S3", "S4", "S1"})) {
    return StrCat(convert, "PICTURES",
                  scores->fix.starts_with("--decode ") ? " " + scores->fix : "");
  }
  const bool nothing_found = (verdict.has_matches && verdict.matches.expected == 0) ||
                             std::any_of(verdict.outputs.begin(), verdict.outputs.end(),
                                         [](const OutputError& output) { return output.silent; });
  if (nothing_found && found({"D1", "D3"}) != nullptr) {
    return convert + "OTHER_PICTURES";
  }
  if (found({"S12"}) != nullptr) {
    return convert + "MORE_PICTURES --calib-limit 0";
  }
  return verdict.guiltiest.empty()
             ? ""
             : StrCat(convert, "PICTURES --keep-float ", ShellWord(verdict.guiltiest[0].name));
}

// Times rungs.
class Watch {
 public:
  [[nodiscard]] double Lap() {
    const auto now = std::chrono::steady_clock::now();
    const double seconds = std::chrono::duration<double>(now - last_).count();
    last_ = now;
    return seconds;
  }

 private:
  std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
};

// A rung that somebody else measures.
void Take(std::string_view code, const RungOutcome& outcome, Verdict& verdict) {
  if (outcome.ran) {
    verdict.AddRung(code, outcome.level, outcome.figure, outcome.worst, outcome.fix);
  } else {
    verdict.Skip(code, outcome.figure);
  }
}

Status RunContainer(const VerdictInput& input, Verdict& verdict) {
  if (!input.container) {
    verdict.Skip("V0", input.why_no_container);
    return {};
  }
  PLUMB_ASSIGN_OR_RETURN(const RungOutcome outcome, input.container());
  Take("V0", outcome, verdict);
  return {};
}

// Whether the float network rounds to grids on its way: it comes quantized.
bool Rounds(const ir::Graph* graph) {
  if (graph != nullptr) {
    for (size_t n = 0; n < graph->node_count(); ++n) {
      const auto id = static_cast<ir::NodeId>(n);
      if (graph->alive(id) && graph->node(id).op == "quantize") {
        return true;
      }
    }
  }
  return false;
}

Status RunImport(const VerdictInput& input, Verdict& verdict) {
  if (!input.judge) {
    verdict.judgement.reason = input.why_no_judge;
    verdict.Skip("V1", "not independently checked: " + input.why_no_judge);
    return {};
  }
  PLUMB_ASSIGN_OR_RETURN(verdict.judgement, input.judge());
  const Judgement& j = verdict.judgement;
  if (!j.checked) {
    verdict.Skip("V1", "not independently checked: " + j.reason);
    verdict.Add("V1", Level::kPass, "import not independently checked: " + j.reason);
    return {};
  }
  if (j.worst <= verdict.gate.judge_tolerance) {
    verdict.AddRung("V1", Level::kPass,
                    StrCat("import agrees with ", j.judge, " to ", j.worst,
                           " of the range (expected at most ", verdict.gate.judge_tolerance, ")"),
                    StrCat("output '", j.worst_output, "'"));
  } else if (Rounds(input.graph) && j.least_sqnr >= verdict.gate.judge_rounding_sqnr) {
    verdict.AddRung(
        "V1", Level::kPass,
        StrCat("import agrees with ", j.judge, " to ", FixedText(j.least_sqnr, 1),
               " dB (expected at least ", verdict.gate.judge_rounding_sqnr,
               "); the model comes quantized, and a sum between two steps goes either way"),
        StrCat("output '", j.worst_output, "', single values by ", j.worst, " of the range"));
  } else {
    verdict.AddRung("V1", Level::kWarning,
                    StrCat("import differs from ", j.judge, " by ", j.worst,
                           " of the range (expected at most ", verdict.gate.judge_tolerance, ")"),
                    StrCat("output '", j.worst_output, "'"),
                    "compare the float network's tensors with those of the program it came from");
  }
  return {};
}

// The float network's outputs on the first sample, where they are known already.
std::span<const runtime::NamedTensor> KnownOutputs(const VerdictInput& input) {
  const bool known = !input.float_outputs.empty() && input.effort == Effort::kQuick;
  return known ? std::span<const runtime::NamedTensor>(input.float_outputs[0])
               : std::span<const runtime::NamedTensor>();
}

Status RunPasses(const VerdictInput& input, Verdict& verdict) {
  if (input.steps.empty() || input.samples.empty()) {
    verdict.Skip("V2", input.graph == nullptr ? kNeedsModel : kNeedsSamples);
    return {};
  }
  PLUMB_ASSIGN_OR_RETURN(verdict.passes,
                         CheckPasses(input.steps, input.samples[0],
                                     {input.threads, input.effort == Effort::kFull,
                                      verdict.gate.pass_tolerance, KnownOutputs(input)}));
  const PassCheck& p = verdict.passes;
  verdict.AddRung(
      "V2", p.worst <= verdict.gate.pass_tolerance ? Level::kPass : Level::kWarning,
      StrCat(p.passes,
             p.ends_only ? " passes, first and last compared" : " passes compared before and after",
             ", largest difference ", p.worst, " of the range"),
      p.worst_pass.empty() ? "" : StrCat("pass '", p.worst_pass, "'"),
      p.worst <= verdict.gate.pass_tolerance || p.worst_pass.empty()
          ? ""
          : StrCat("convert with --disable-pass ", p.worst_pass));
  return {};
}

Status RunPreprocess(const VerdictInput& input, Verdict& verdict) {
  if (!input.preprocess) {
    verdict.Skip("V3", input.why_no_preprocess);
    return {};
  }
  PLUMB_ASSIGN_OR_RETURN(const RungOutcome outcome, input.preprocess(verdict));
  if (outcome.ran && outcome.level != Level::kPass) {  // its own finding says what fits better
    verdict.rungs.push_back(
        {"V3", std::string(RungTitle("V3")), StatusOf(outcome.level), outcome.figure});
  } else {
    Take("V3", outcome, verdict);
  }
  return {};
}

Status RunLayers(const VerdictInput& input, Verdict& verdict) {
  if (input.graph == nullptr || input.samples.empty()) {
    verdict.Skip("V4", input.graph == nullptr ? kNeedsModel : kNeedsSamples);
    return {};
  }
  const size_t most = input.effort == Effort::kFull ? kFullLayerSamples : kLayerSamples;
  std::vector<std::vector<Tensor>> samples(
      input.samples.begin(),
      input.samples.begin() + static_cast<long>(std::min(most, input.samples.size())));
  if (!input.probe.empty()) {
    samples.emplace_back(input.probe.begin(), input.probe.end());
  }
  PLUMB_ASSIGN_OR_RETURN(const auto reference, lower::Lower(*input.graph));
  LayerOptions options;
  options.threads = input.threads;
  options.isolated = input.effort == Effort::kFull ? samples.size() : 1;
  options.elements = input.effort == Effort::kFull ? 0 : kQuickLayerElements;
  if (input.progress) {
    options.progress = [&](size_t done, size_t total) {
      input.progress("check layers", done, total);
    };
  }
  PLUMB_ASSIGN_OR_RETURN(verdict.layers,
                         MeasureLayers(reference, input.integer_program, samples, options));
  verdict.guiltiest = GuiltiestLayers(verdict.layers, 5);
  return {};
}

void DecideLayers(Verdict& verdict) {
  if (verdict.guiltiest.empty()) {
    if (verdict.FindRung("V4") == nullptr && verdict.layers.layers.empty()) {
      verdict.Skip("V4", "no layer computes in integers");
    }
    return;
  }
  const LayerError& worst = verdict.guiltiest[0];
  std::string outputs;
  if (!verdict.outputs.empty()) {
    const auto [low, high] = std::minmax_element(
        verdict.outputs.begin(), verdict.outputs.end(),
        [](const OutputError& a, const OutputError& b) { return a.sqnr < b.sqnr; });
    outputs = StrCat(", output SQNR ", FixedText(low->sqnr, 1),
                     verdict.outputs.size() > 1 ? " to " + FixedText(high->sqnr, 1) : "");
  }
  verdict.AddRung("V4", Level::kPass,
                  StrCat(verdict.layers.layers.size(), " integer layers",
                         verdict.layers.fused_away > 0 ? StrCat(" (", verdict.layers.fused_away,
                                                                " tensors are inside others)")
                                                       : "",
                         outputs, outputs.empty() ? "" : " dB"),
                  StrCat("'", worst.name,
                         "' adds most error of its own: ", FixedText(worst.sqnr_own, 1), " dB"));
}

Status RunIntegers(const VerdictInput& input, Verdict& verdict) {
  if (input.samples.empty()) {
    verdict.Skip("V5", kNeedsSamples);
    return {};
  }
  IntegerCheckOptions options;
  options.threads = input.threads;
  options.elements = input.effort == Effort::kFull ? kFullElements : kQuickElements;
  PLUMB_ASSIGN_OR_RETURN(verdict.integers,
                         CheckIntegers(input.integer_program, input.samples[0], options));
  const IntegerCheck& check = verdict.integers;
  if (check.records == 0) {
    verdict.Skip("V5", "no record holds integers on a grid");
    return {};
  }
  verdict.AddRung(
      "V5", check.different == 0 ? Level::kPass : Level::kFailure,
      StrCat(check.records, " records, ", check.elements, " elements as docs/arithmetic.md says: ",
             check.different == 0 ? "all equal"
                                  : StrCat(check.different, " differ, by ", check.worst_steps,
                                           check.worst_steps == 1 ? " step" : " steps", " at most"),
             check.without_rule.empty()
                 ? ""
                 : StrCat("; ", check.without_rule.size(), " records have no second evaluation")),
      check.worst_record,
      check.different == 0 ? "" : "PLUMB_ISA=scalar runs the reference kernels");
  return {};
}

Status RunVariants(const VerdictInput& input, Verdict& verdict) {
  if (input.samples.empty()) {
    verdict.Skip("V6", kNeedsSamples);
    return {};
  }
  PLUMB_ASSIGN_OR_RETURN(verdict.kernels,
                         CompareKernels(input.integer_program, input.samples,
                                        {input.threads, input.effort == Effort::kFull}));
  std::string variants;
  for (const std::string& variant : verdict.kernels.variants) {
    variants += (variants.empty() ? "" : " = ") + variant;
  }
  verdict.AddRung("V6", verdict.kernels.agree ? Level::kPass : Level::kFailure,
                  verdict.kernels.agree
                      ? StrCat(variants, ": identical in ", verdict.kernels.records, " records")
                      : verdict.kernels.difference,
                  "", verdict.kernels.agree ? "" : "PLUMB_ISA=scalar runs the reference kernels");
  return {};
}

Status RunGolden(const VerdictInput& input, Verdict& verdict) {
  if (!input.golden) {
    verdict.Skip("V7", input.why_no_golden);
    return {};
  }
  PLUMB_ASSIGN_OR_RETURN(const RungOutcome outcome, input.golden());
  Take("V7", outcome, verdict);
  return {};
}

void DecideDecode(const VerdictInput& input, Verdict& verdict) {
  const DecodeCheck& check = verdict.decode;
  if (check.pictures == 0) {
    verdict.Skip("V8", input.graph == nullptr                      ? kNeedsModel
                       : !vision::IsDetector(input.decode->family) ? "no detector"
                                                                   : kNeedsSamples);
    return;
  }
  verdict.AddRung("V8", check.agrees() ? Level::kPass : Level::kFailure,
                  StrCat(check.boxes, " boxes of ", check.pictures,
                         " pictures identical and in the same order in both decoders"),
                  check.difference, check.agrees() ? "" : "report it with the artifact");
}

// Half the width of the 95 % interval (Wilson's) of a share, as its two ends.
std::string ShareInterval(double share, double n) {
  constexpr double z = 1.959964;
  const double centre = (share + z * z / (2 * n)) / (1 + z * z / n);
  const double half =
      z / (1 + z * z / n) * std::sqrt(share * (1 - share) / n + z * z / (4 * n * n));
  return StrCat("95 % interval ", Percent(std::max(0.0, centre - half)), " to ",
                Percent(std::min(1.0, centre + half)));
}

// V9 without labels: what DecideOutputs found.
Status RunTask(const VerdictInput& input, Verdict& verdict) {
  if (input.task) {
    PLUMB_ASSIGN_OR_RETURN(const RungOutcome outcome, input.task(verdict));
    Take("V9", outcome, verdict);
    return {};
  }
  if (input.graph == nullptr || input.samples.empty()) {
    verdict.Skip("V9", input.graph == nullptr ? kNeedsModel : kNeedsSamples);
    return {};
  }
  Level level = Level::kPass;
  for (const Finding& finding : verdict.findings) {
    level = finding.code[0] == 'D' ? std::max(level, finding.level) : level;
  }
  std::string figure;
  if (verdict.has_matches && verdict.matches.expected > 0) {
    figure = StrCat("no labels; ", Percent(verdict.matches.Share()),
                    " of the float network's detections found again, ",
                    ShareInterval(verdict.matches.Share(), verdict.matches.expected));
  } else if (verdict.has_agreement) {
    figure = StrCat("no labels; the first class is the same for ", Percent(verdict.agreement), ", ",
                    ShareInterval(verdict.agreement, verdict.agreement_of));
  } else {
    figure = "no labels; outputs compared by their error";
  }
  verdict.rungs.push_back({"V9", std::string(RungTitle("V9")), StatusOf(level), std::move(figure)});
  return {};
}

}  // namespace

std::string_view LevelName(Level level) {
  constexpr std::array<std::string_view, 3> kNames = {"pass", "warning", "failure"};
  return kNames[static_cast<size_t>(level)];
}

void Verdict::Add(std::string code, Level finding_level, std::string text, std::string fix,
                  std::string evidence) {
  findings.push_back(
      {std::move(code), finding_level, std::move(text), std::move(fix), std::move(evidence)});
}

void Verdict::AddRung(std::string_view code, Level rung_level, std::string figure,
                      std::string worst, std::string fix) {
  Add(std::string(code), rung_level, worst.empty() ? figure : StrCat(figure, "; ", worst),
      std::move(fix));
  rungs.push_back({std::string(code), std::string(RungTitle(code)), StatusOf(rung_level),
                   std::move(figure), std::move(worst)});
}

void Verdict::Skip(std::string_view code, std::string reason) {
  rungs.push_back(SkippedRung(code, std::move(reason)));
}

const Rung* Verdict::FindRung(std::string_view code) const {
  const auto found =
      std::find_if(rungs.begin(), rungs.end(), [&](const Rung& rung) { return rung.code == code; });
  return found == rungs.end() ? nullptr : &*found;
}

Status Decide(const VerdictInput& input, Verdict& verdict) {
  Watch watch;
  const auto timed = [&](const Status& status, double more = 0) {
    if (!verdict.rungs.empty()) {
      verdict.rungs.back().seconds = watch.Lap() + more;
    }
    return status;
  };
  PLUMB_RETURN_IF_ERROR(timed(RunContainer(input, verdict)));
  PLUMB_RETURN_IF_ERROR(timed(RunImport(input, verdict)));
  PLUMB_RETURN_IF_ERROR(timed(RunPasses(input, verdict)));
  PLUMB_RETURN_IF_ERROR(timed(RunPreprocess(input, verdict)));
  PLUMB_RETURN_IF_ERROR(RunLayers(input, verdict));
  const double layers = watch.Lap();
  if (input.graph != nullptr && !input.samples.empty()) {
    PLUMB_RETURN_IF_ERROR(CompareOutputs(input, verdict));
  }
  const double outputs = watch.Lap();
  DecideLayers(verdict);
  PLUMB_RETURN_IF_ERROR(timed({}, layers));
  PLUMB_RETURN_IF_ERROR(timed(RunIntegers(input, verdict)));
  PLUMB_RETURN_IF_ERROR(timed(RunVariants(input, verdict)));
  PLUMB_RETURN_IF_ERROR(timed(RunGolden(input, verdict)));
  DecideDecode(input, verdict);
  PLUMB_RETURN_IF_ERROR(timed({}));
  if (input.graph != nullptr && !input.samples.empty()) {
    for (const RuleResult& rule : verdict.rules) {
      if (rule.fired || rule.rule == "S12") {  // S12 is worth a line when it is fine, too
        verdict.Add(rule.rule,
                    !rule.fired  ? Level::kPass
                    : rule.fails ? Level::kFailure
                                 : Level::kWarning,
                    rule.finding, rule.fired ? rule.fix : "", rule.evidence);
      }
    }
    DecideOutputs(input.synthetic, verdict);
  }
  PLUMB_RETURN_IF_ERROR(timed(RunTask(input, verdict), outputs));
  for (const Finding& finding : verdict.findings) {
    verdict.level = std::max(verdict.level, finding.level);
  }
  if (verdict.level != Level::kPass) {
    verdict.next = NextCommand(input, verdict);
  }
  return {};
}

}  // namespace plumb::verify
