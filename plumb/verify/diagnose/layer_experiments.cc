#include "plumb/verify/diagnose/layer_experiments.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

#include "plumb/verify/diagnose/float_donor.h"
#include "plumb/verify/diagnose/foreign_results.h"
#include "plumb/verify/diagnose/layer_pairs.h"
#include "plumb/verify/diagnose/layer_variants.h"
#include "plumb/verify/diagnose/operator_remedy.h"
#include "plumb/verify/diagnose/output_exchange.h"
#include "plumb/verify/diagnose/partial_runs.h"

namespace plumb::verify {
namespace {

using artifact::Program;

constexpr double kEnough = 0.8;
constexpr size_t kMostTransplants = 12;
constexpr double kSlightError = 1e-4;  // of a layer's variance: eight bits cost as much
constexpr double kCostlyLayer = 0.02;  // 17 dB: no rounding of weights costs as much

class Search {
 public:
  Search(Case& c, const CasePaths& paths)
      : c_(c), paths_(paths), subject_(*c.input().subject->program) {}

  Result<std::shared_ptr<const LayerStudy>> Run() {
    PLUMB_ASSIGN_OR_RETURN(auto swapped, SwappedOutputs(c_, paths_));
    if (swapped) {
      study_->operators.push_back(std::move(*swapped));
    }
    if (c_.input().graph == nullptr) {
      return BesideAnArtifact();
    }
    const auto twin = c_.Twin();
    if (!twin.ok()) {
      study_->problem = StrCat("the model cannot be rebuilt beside it: ", twin.status().message());
      return Done();
    }
    twin_ = *twin;
    AddRenamedOutputs();
    PLUMB_ASSIGN_OR_RETURN(const auto* values, c_.Values());
    runs_.emplace(c_, subject_, *values);
    Take(PairWithTwin(subject_, twin_, c_.graph(), [this](const Program& program, int32_t t) {
      return runs_->Known(program, t);
    }));
    CompareAll();
    // What the ranges do is not the layers' fault.
    PLUMB_ASSIGN_OR_RETURN(const double twin_left, c_.TwinDifference());
    PLUMB_ASSIGN_OR_RETURN(layers_share_, c_.Explained(twin_left));
    PLUMB_ASSIGN_OR_RETURN(material_, c_.Material());
    if (study_->operators.empty() || study_->operators[0].explained < kEnough) {
      if ((material_ && layers_share_ > 0.2) || !study_->stated.empty()) {
        PLUMB_RETURN_IF_ERROR(Blame());
      } else {
        PLUMB_ASSIGN_OR_RETURN(const std::vector<Ranked> all, Rank());
        double lean = 0;
        if (LeansAlike(all, lean) || StatesByTrial(all)) {
          return Blamed();
        }
        study_->evidence =
            StrCat("each of ", blocks_.size(), " layers has the model's operator and numbers",
                   material_ ? StrCat("; with the same ranges converted anew, ",
                                      PercentText(layers_share_), " of the difference goes")
                             : std::string());
      }
    }
    return Done();
  }

 private:
  Result<std::shared_ptr<const LayerStudy>> Done() {
    return std::shared_ptr<const LayerStudy>(study_);
  }

  // Without the model: layer beside layer of an artifact that is right. Ranges are not comparable by what they do, layers are
  // by what they hold.
  Result<std::shared_ptr<const LayerStudy>> BesideAnArtifact() {
    twin_ = c_.input().reference.program;
    Take(PairByName(subject_, twin_));
    CompareAll();
    AddRenamedOutputs();
    std::map<std::string, const artifact::TensorInfo*> theirs;
    for (const artifact::TensorInfo& info : twin_->tensors) {
      theirs.emplace(info.name, &info);
    }
    size_t other_ranges = 0;
    for (const artifact::TensorInfo& info : subject_.tensors) {
      const auto found = theirs.find(info.name);
      other_ranges += info.constant < 0 && found != theirs.end() &&
                      !(found->second->quantization == info.quantization);
    }
    study_->evidence = StrCat("each of ", blocks_.size(),
                              " layers has the other artifact's operator and "
                              "numbers; ",
                              other_ranges, " tensors have other ranges");
    for (const GuiltyLayer& layer : study_->stated) {
      Explanation e;
      e.cause = layer.fault.cause;
      e.sentence =
          StrCat("Layer '", layer.name, "' is not the other artifact's: ", layer.fault.what, ".");
      e.evidence = StrCat(study_->stated.size(), " of ", blocks_.size(), " layers contradict it; ",
                          other_ranges, " tensors have other ranges");
      e.remedy = StrCat("plumb diagnose ", paths_.subject, " --against MODEL.onnx --data PICTURES");
      e.certain = true;
      (layer.fault.parameter ? study_->parameters : study_->operators).push_back(std::move(e));
    }
    return Done();
  }

  Result<std::shared_ptr<const LayerStudy>> Blamed() {
    PLUMB_RETURN_IF_ERROR(Blame());
    return Done();
  }

  void Take(LayerPairs pairs) {
    blocks_ = std::move(pairs.blocks);
    donor_ = std::move(pairs.donors);
    from_model_ = std::move(pairs.from_model);
  }

  const std::string& NameOf(size_t block) const {
    return subject_.tensors[static_cast<size_t>(blocks_[block].output)].name;
  }

  void CompareAll() {
    std::map<std::string, const artifact::Record*> by_value;
    for (const artifact::Record& record : twin_->records) {
      if (record.op != "quantize" && record.op != "dequantize" && !record.outputs.empty()) {
        by_value[ValueNameOf(twin_->tensors[static_cast<size_t>(record.outputs[0])].name)] =
            &record;
      }
    }
    for (size_t b = 0; b < blocks_.size(); ++b) {
      const artifact::Record& record = subject_.records[blocks_[b].records.back()];
      std::optional<LayerFault> fault;
      if (donor_[b] && !from_model_[b]) {
        fault = CompareLayers(subject_, blocks_[b], *twin_, donor_[b]->block,
                              c_.input().graph == nullptr ? nullptr : &c_.graph());
      } else if (const auto twin = by_value.find(ValueNameOf(NameOf(b)));
                 twin != by_value.end() && record.op != "quantize" && record.op != "dequantize") {
        fault = CompareOperators(record, *twin->second);
      }
      if (fault && !(fault->form && ComputesTheSame(b))) {
        study_->stated.push_back({NameOf(b), record.op, 0, 0, std::move(*fault)});
      }
    }
  }

  // Two forms of one thing are no fault.
  bool ComputesTheSame(size_t b) const {
    if (!runs_ || !donor_[b]) {
      return false;
    }
    std::vector<float> made;
    const auto error = runs_->Alone(subject_, blocks_[b], &made);
    const auto expected = runs_->Alone(*donor_[b]->program, donor_[b]->block, &made);
    return error.ok() && expected.ok() && *error < 1.5 * *expected + kSlightError;
  }

  void AddRenamedOutputs() {
    if (study_->operators.empty()) {
      if (auto renamed = RenamedOutputs(subject_, *twin_, paths_)) {
        study_->operators.push_back(std::move(*renamed));
      }
    }
  }

  struct Ranked {
    size_t block;
    double error, expected;
    double steps;  // mean of subject - twin in steps of the output
  };

  // Each block alone, the subject's and the twin's, worst first.
  Result<std::vector<Ranked>> Rank() {
    std::vector<Ranked> ranked;
    for (size_t b = 0; b < blocks_.size(); ++b) {
      if (!donor_[b]) {
        continue;
      }
      std::vector<float> mine, other;
      PLUMB_ASSIGN_OR_RETURN(const double error, runs_->Alone(subject_, blocks_[b], &mine));
      PLUMB_ASSIGN_OR_RETURN(const double expected,
                             runs_->Alone(*donor_[b]->program, donor_[b]->block, &other));
      const Quantization& grid =
          subject_.tensors[static_cast<size_t>(blocks_[b].output)].quantization;
      double mean = 0;
      for (size_t i = 0; i < mine.size(); ++i) {
        mean += static_cast<double>(mine[i]) - other[i];
      }
      if (!grid.empty() && !mine.empty()) {
        const double scale = std::accumulate(grid.scale.begin(), grid.scale.end(), 0.0) /
                             static_cast<double>(grid.scale.size());
        mean /= static_cast<double>(mine.size()) * scale;
      } else {
        mean = 0;
      }
      ranked.push_back({b, error, expected, mean});
    }
    std::stable_sort(ranked.begin(), ranked.end(), [](const Ranked& x, const Ranked& y) {
      return x.error - x.expected > y.error - y.expected;
    });
    return ranked;
  }

  // Whether most products lean to one side by a like part of a step: another rule of rounding.
  bool LeansAlike(const std::vector<Ranked>& ranked, double& lean) {
    std::vector<double> means;
    for (const Ranked& r : ranked) {
      const artifact::Record& record = subject_.records[blocks_[r.block].records.back()];
      const bool product = record.op == "conv" || record.op == "fully_connected";
      const bool grid =
          !subject_.tensors[static_cast<size_t>(blocks_[r.block].output)].quantization.empty();
      if (product && grid) {
        means.push_back(r.steps);
      }
    }
    if (means.size() < 8) {
      return false;
    }
    std::sort(means.begin(), means.end());
    lean = means[means.size() / 2];
    const auto alike = std::count_if(means.begin(), means.end(), [&](double m) {
      return m * lean > 0 && std::fabs(m) > 0.1 && std::fabs(m) < 1.1;
    });
    return std::fabs(lean) > 0.15 && std::fabs(lean) < 1.0 &&
           static_cast<double>(alike) > 0.6 * static_cast<double>(means.size());
  }

  const LayerFault* StatedFault(const std::string& name) const {
    for (const GuiltyLayer& layer : study_->stated) {
      if (layer.name == name) {
        return &layer.fault;
      }
    }
    return nullptr;
  }

  // Puts the twin's layers in the subject's place, one after another, until the difference is explained.
  Status Blame() {
    size_t first = 0, last = subject_.records.size();
    if (material_) {
      PLUMB_ASSIGN_OR_RETURN(const auto segment, runs_->Segment());
      first = segment.first;
      last = segment.second;
    }
    PLUMB_ASSIGN_OR_RETURN(const std::vector<Ranked> all, Rank());
    double lean = 0;
    const bool leans = study_->stated.empty() && LeansAlike(all, lean);
    std::vector<Ranked> ranked;
    std::copy_if(all.begin(), all.end(), std::back_inserter(ranked), [&](const Ranked& r) {
      const size_t record = blocks_[r.block].records.back();
      return leans || (record >= first && record < last);
    });
    // A layer that contradicts the model outside of the segment counts too.
    for (size_t b = 0; b < blocks_.size(); ++b) {
      const bool listed =
          std::any_of(ranked.begin(), ranked.end(), [&](const Ranked& r) { return r.block == b; });
      if (!listed && StatedFault(NameOf(b)) != nullptr) {
        ranked.push_back({b, 0, 0, 0});
      }
    }
    std::stable_partition(ranked.begin(), ranked.end(),
                          [&](const Ranked& r) { return StatedFault(NameOf(r.block)) != nullptr; });
    std::shared_ptr<const Program> mended = c_.input().subject->program;
    double explained = 0;
    size_t used = 0;
    std::string names;
    const Ranked* worst = nullptr;
    const size_t most = leans ? ranked.size() : std::min(ranked.size(), kMostTransplants);
    for (size_t i = 0; i < most; ++i) {
      const Ranked& r = ranked[i];
      if (!donor_[r.block]) {
        continue;
      }
      const bool stated = StatedFault(NameOf(r.block)) != nullptr;
      // What the model's part in float differs by is without the rounding of weights.
      const double slight = from_model_[r.block] ? kCostlyLayer : kSlightError;
      if (!stated && !leans && r.error < 1.5 * r.expected + slight) {
        continue;
      }
      const std::vector<Block> now =
          BlocksOf(*mended, [&](int32_t t) { return runs_->Known(*mended, t); });
      const auto block = std::find_if(now.begin(), now.end(), [&](const Block& b) {
        return mended->tensors[static_cast<size_t>(b.output)].name == NameOf(r.block);
      });
      if (block == now.end()) {
        continue;
      }
      auto next = Transplant(*mended, *block, *donor_[r.block]->program, donor_[r.block]->block);
      if (!next.ok()) {
        continue;
      }
      if (worst == nullptr) {
        worst = &r;
      }
      mended = *next;
      ++used;
      names += used <= 3 ? StrCat(used == 1 ? "'" : ", '", NameOf(r.block), "'") : "";
      if (leans && i + 1 < most) {
        continue;  // all of them lean: measure once
      }
      Side side = *c_.input().subject;
      side.program = mended;
      const auto results = c_.Run(side);
      if (!results.ok()) {
        break;  // what was put in does not run: what is explained so far counts
      }
      PLUMB_ASSIGN_OR_RETURN(explained, c_.Explained(Compare(c_.reference(), *results).value()));
      if (explained >= kEnough) {
        break;
      }
    }
    if (worst == nullptr && !study_->stated.empty()) {
      const GuiltyLayer& layer = study_->stated[0];
      Explanation e;
      e.cause = layer.fault.cause;
      e.sentence = StrCat("Layer '", layer.name, "' is not the model's: ", layer.fault.what, ".");
      e.evidence = StrCat("the model's '", layer.name, "' (", layer.op,
                          ") cannot be put in its place to measure what it changes");
      e.remedy = ConvertCommand(paths_, "");
      e.certain = true;
      e.layer = layer.name;
      (layer.fault.parameter ? study_->parameters : study_->operators).push_back(std::move(e));
      return {};
    }
    if (worst == nullptr) {
      study_->evidence = StrCat(ranked.size(),
                                " layers run alone are as near to the model as they "
                                "should be");
      return {};
    }
    Add(*worst, explained, used, names, first, last, leans ? lean : 0);
    return {};
  }

  // A grid unlike the one that the pictures ask for, where the layer's own numbers are right.
  std::optional<LayerFault> GridFault(const std::string& tensor) {
    if (c_.fresh() == nullptr) {
      return std::nullopt;
    }
    const std::map<std::string, Quantization> fresh = c_.GridsOf(*c_.fresh());
    const auto has = c_.SubjectGrids().find(ValueNameOf(tensor));
    const auto wants = fresh.find(ValueNameOf(tensor));
    if (has == c_.SubjectGrids().end() || wants == fresh.end() || has->second.scale.size() != 1 ||
        wants->second.scale.size() != 1) {
      return std::nullopt;
    }
    const double ratio = has->second.scale[0] / wants->second.scale[0];
    const int shift = has->second.zero_point[0] - wants->second.zero_point[0];
    if (ratio > 0.75 && ratio < 1.33 && std::abs(shift) > 24) {
      return LayerFault{"zero-point",
                        StrCat("its zero point is ", has->second.zero_point[0], ", about ",
                               wants->second.zero_point[0], " would suit these pictures"),
                        true};
    }
    if (ratio < 0.4 || ratio > 4) {
      return LayerFault{
          ratio < 1 ? "saturated-layer" : "activation-outlier",
          StrCat("its scale is ", FixedText(ratio, 2), " times what suits these pictures"), true};
    }
    return std::nullopt;
  }

  // Which number or operator it is, by putting one right, or wrong, at a time.
  std::optional<LayerFault> FaultByTrial(const Ranked& worst) const {
    const Block& block = blocks_[worst.block];
    if (!from_model_[worst.block]) {
      if (auto fault = FaultyNumber(*runs_, subject_, block, *donor_[worst.block])) {
        return fault;
      }
    }
    const auto part = ModelPart(c_.graph(), subject_, block);
    return part.ok() ? FaultyOperator(*runs_, subject_, block, *part) : std::nullopt;
  }

  // A layer that costs much alone, and of which a trial says what it is: a contradiction, however little these pictures show it.
  bool StatesByTrial(const std::vector<Ranked>& ranked) {
    for (const Ranked& r : ranked) {
      if (r.error < 1.5 * r.expected + kCostlyLayer) {
        continue;
      }
      if (auto fault = FaultByTrial(r)) {
        study_->stated.push_back({NameOf(r.block),
                                  subject_.records[blocks_[r.block].records.back()].op, r.error,
                                  r.expected, std::move(*fault)});
        return true;
      }
    }
    return false;
  }

  void Add(const Ranked& worst, double explained, size_t used, const std::string& names,
           size_t first, size_t last, double lean) {
    const std::string& name = NameOf(worst.block);
    const artifact::Record& record = subject_.records[blocks_[worst.block].records.back()];
    const std::string alone = StrCat(
        runs_->runs() > 0 ? StrCat(runs_->runs(), " partial runs narrow it down to records ", first,
                                   " to ", last, " of ", subject_.records.size(), "; ")
                          : std::string(),
        "alone, '", name, "' (", record.op, ") is off by ", PercentText(worst.error),
        " of its variance, the model's in its place by ", PercentText(worst.expected));
    const std::string share =
        StrCat("; with ", used == 1 ? "it" : StrCat(used, " layers (", names, ")"), " put right, ",
               PercentText(explained), " of the difference is gone");
    if (lean != 0) {
      study_->rounding.push_back(
          {"other-rounding",
           "The integers were made by another version of the arithmetic: they are rounded by "
           "another rule.",
           StrCat("nearly every layer is off by the same part of a step (median ",
                  FixedText(lean, 2), "): ", used, " layers", share),
           ConvertCommand(paths_, "") + "   # with this release", explained, true});
      return;
    }
    const LayerFault* fault = StatedFault(name);
    const std::optional<LayerFault> grid = fault == nullptr ? GridFault(name) : std::nullopt;
    fault = grid ? &*grid : fault;
    std::optional<LayerFault> found;
    if (fault == nullptr) {
      found = FaultByTrial(worst);
      fault = found ? &*found : nullptr;
    }
    Explanation e;
    e.layer = name;
    e.explained = explained;
    e.certain = fault != nullptr && !grid;
    e.cause = fault != nullptr ? fault->cause : "other-layer";
    e.sentence = fault != nullptr
                     ? StrCat("Layer '", name, "' is not the model's: ", fault->what, ".")
                     : StrCat("Layer '", name, "' (", record.op,
                              ") computes something else than "
                              "the model.");
    e.evidence = alone + share;
    e.remedy = StrCat(ConvertCommand(paths_, ""), "   # then: plumb verify ", paths_.subject,
                      " --against ", paths_.model);
    (fault != nullptr && fault->parameter ? study_->parameters : study_->operators).push_back(e);
  }

  Case& c_;
  const CasePaths& paths_;
  const Program& subject_;
  std::shared_ptr<const Program> twin_;
  std::optional<PartialRuns> runs_;
  std::vector<Block> blocks_;
  std::vector<std::optional<Donor>> donor_;
  std::vector<bool> from_model_;  // the donor is the model's part in float
  std::shared_ptr<LayerStudy> study_ = std::make_shared<LayerStudy>();
  double layers_share_ = 0;
  bool material_ = false;
};

Result<HypothesisResult> FromStudy(Case& c, const CasePaths& paths,
                                   std::vector<Explanation> LayerStudy::*which) {
  HypothesisResult result;
  if (c.layers == nullptr) {
    PLUMB_ASSIGN_OR_RETURN(c.layers, Search(c, paths).Run());
  }
  result.explanations = (*c.layers).*which;
  result.evidence = !c.layers->problem.empty()    ? c.layers->problem
                    : !c.layers->evidence.empty() ? c.layers->evidence
                                                  : "the layer to blame has another fault";
  return result;
}

}  // namespace

Result<HypothesisResult> TestParameters(Case& c, const CasePaths& paths) {
  if (!c.input().subject) {
    return HypothesisResult{{}, "needs the artifact itself"};
  }
  return FromStudy(c, paths, &LayerStudy::parameters);
}

Result<HypothesisResult> TestOperators(Case& c, const CasePaths& paths) {
  if (!c.input().subject) {
    return TestForeignOperators(c, paths);
  }
  PLUMB_ASSIGN_OR_RETURN(HypothesisResult result, FromStudy(c, paths, &LayerStudy::operators));
  for (Explanation& e : result.explanations) {
    PLUMB_ASSIGN_OR_RETURN(e.remedy, OperatorRemedy(c, paths, e));
  }
  return result;
}

Result<HypothesisResult> RoundingOf(Case& c, const CasePaths& paths) {
  return FromStudy(c, paths, &LayerStudy::rounding);
}

}  // namespace plumb::verify
