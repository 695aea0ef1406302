#include "plumb/verify/diagnose/layer_experiments.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

#include "plumb/verify/diagnose/foreign_results.h"
#include "plumb/verify/grid_values.h"

namespace plumb::verify {
namespace {

using artifact::Program;

constexpr double kEnough = 0.8;
constexpr size_t kMostTransplants = 12;

double NoiseShare(std::span<const float> reference, std::span<const float> other) {
  double sum = 0, squares = 0, noise = 0, lost = 0;
  for (size_t i = 0; i < std::min(reference.size(), other.size()); ++i) {
    const double x = reference[i], d = static_cast<double>(other[i]) - x;
    sum += x;
    squares += x * x;
    noise += std::isfinite(d) ? d * d : 0;
    lost += std::isfinite(d) ? 0 : 1;  // as wrong as if the value said nothing
  }
  const auto n = static_cast<double>(std::max<size_t>(1, reference.size()));
  const double variance = squares / n - (sum / n) * (sum / n);
  return variance <= 0 ? (noise + lost > 0 ? 1.0 : 0.0) : noise / n / variance + lost / n;
}

class Search {
 public:
  Search(Case& c, const CasePaths& paths)
      : c_(c), paths_(paths), subject_(*c.input().subject->program) {}

  Result<std::shared_ptr<const LayerStudy>> Run() {
    PLUMB_RETURN_IF_ERROR(SwappedOutputs());
    if (c_.input().graph == nullptr) {
      return BesideAnArtifact();
    }
    const auto twin = c_.Twin();
    if (!twin.ok()) {
      study_->problem = StrCat("the model cannot be rebuilt beside it: ", twin.status().message());
      return Done();
    }
    twin_ = *twin;
    PLUMB_RETURN_IF_ERROR(RenamedOutputs());
    PLUMB_ASSIGN_OR_RETURN(values_, c_.Values());
    blocks_ = BlocksOf(subject_, [this](int32_t t) { return Known(subject_, t); });
    FindDonors();
    CompareAll();
    // What the ranges do is not the layers' fault.
    PLUMB_ASSIGN_OR_RETURN(const double twin_left, c_.TwinDifference());
    PLUMB_ASSIGN_OR_RETURN(layers_share_, c_.Explained(twin_left));
    PLUMB_ASSIGN_OR_RETURN(material_, c_.Material());
    if (study_->operators.empty() || study_->operators[0].explained < kEnough) {
      if ((material_ && layers_share_ > 0.2) || !study_->stated.empty()) {
        PLUMB_RETURN_IF_ERROR(Blame());
      } else {
        PLUMB_ASSIGN_OR_RETURN(const std::vector<Ranked> all, Rank(0, subject_.records.size()));
        double lean = 0;
        if (LeansAlike(all, lean)) {
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
    static const std::map<std::string, std::vector<float>> kNothing;
    values_ = &kNothing;
    std::map<std::string, const artifact::TensorInfo*> theirs;
    for (const artifact::TensorInfo& info : twin_->tensors) {
      theirs.emplace(info.name, &info);
    }
    const auto shared = [&](int32_t t) {
      const artifact::TensorInfo& info = subject_.tensors[static_cast<size_t>(t)];
      const auto found = theirs.find(info.name);
      return info.constant < 0 && found != theirs.end() && found->second->dtype == info.dtype &&
             found->second->shape == info.shape;
    };
    blocks_ = BlocksOf(subject_, shared);
    std::map<std::string, bool> ours;
    for (size_t t = 0; t < subject_.tensors.size(); ++t) {
      ours[subject_.tensors[t].name] = shared(static_cast<int32_t>(t));
    }
    const std::vector<Block> donors = BlocksOf(*twin_, [&](int32_t t) {
      const auto found = ours.find(twin_->tensors[static_cast<size_t>(t)].name);
      return found != ours.end() && found->second;
    });
    donor_.resize(blocks_.size());
    for (size_t b = 0; b < blocks_.size(); ++b) {
      for (const Block& donor : donors) {
        if (twin_->tensors[static_cast<size_t>(donor.output)].name == NameOf(b)) {
          donor_[b] = donor;
        }
      }
    }
    CompareAll();
    PLUMB_RETURN_IF_ERROR(RenamedOutputs());
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

  bool Known(const Program& program, int32_t t) const {
    const artifact::TensorInfo& info = program.tensors[static_cast<size_t>(t)];
    if (info.constant >= 0 ||
        (info.dtype != DType::kF32 && info.dtype != DType::kS8 && info.dtype != DType::kS16)) {
      return false;
    }
    if (info.dtype != DType::kF32 && info.quantization.empty()) {
      return false;
    }
    const auto found = values_->find(ValueNameOf(info.name));
    return found != values_->end() &&
           static_cast<int64_t>(found->second.size()) == NumElements(info.shape);
  }

  // For each block of the subject the twin's that makes the same tensor from tensors that the subject has too.
  void FindDonors() {
    std::map<std::string, const artifact::TensorInfo*> has;
    for (const artifact::TensorInfo& info : subject_.tensors) {
      has.emplace(info.name, &info);
    }
    const std::vector<Block> donors = BlocksOf(*twin_, [&](int32_t t) {
      if (!Known(*twin_, t)) {
        return false;
      }
      const artifact::TensorInfo& info = twin_->tensors[static_cast<size_t>(t)];
      const auto found = has.find(info.name);
      return found != has.end() && found->second->dtype == info.dtype &&
             found->second->shape == info.shape;
    });
    std::map<std::string, const Block*> by_name;
    for (const Block& donor : donors) {
      by_name.emplace(twin_->tensors[static_cast<size_t>(donor.output)].name, &donor);
    }
    donor_.resize(blocks_.size());
    for (size_t b = 0; b < blocks_.size(); ++b) {
      const auto found = by_name.find(NameOf(b));
      if (found != by_name.end()) {
        donor_[b] = *found->second;
      }
    }
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
      if (!donor_[b]) {
        const artifact::Record& record = subject_.records[blocks_[b].records.back()];
        const auto twin = by_value.find(ValueNameOf(NameOf(b)));
        if (twin != by_value.end() && record.op != "quantize" && record.op != "dequantize") {
          if (auto fault = CompareOperators(record, *twin->second)) {
            study_->stated.push_back({NameOf(b), record.op, 0, 0, std::move(*fault)});
          }
        }
        continue;
      }
      if (auto fault = CompareLayers(subject_, blocks_[b], *twin_, *donor_[b],
                                     c_.input().graph == nullptr ? nullptr : &c_.graph())) {
        study_->stated.push_back(
            {NameOf(b), subject_.records[blocks_[b].records.back()].op, 0, 0, std::move(*fault)});
      }
    }
  }

  // Outputs that hold what another one should.
  Status SwappedOutputs() {
    const SideResults& a = c_.reference();
    const SideResults& b = c_.subject();
    const size_t n = a.outputs.empty() ? 0 : a.outputs[0].size();
    if (n < 2 || b.outputs.size() != a.outputs.size() || b.outputs[0].size() != n) {
      return {};
    }
    std::vector<size_t> best(n);
    bool moved = false;
    std::string text;
    for (size_t i = 0; i < n; ++i) {
      double least = 2;
      for (size_t j = 0; j < n; ++j) {
        std::vector<const Tensor*> x, y;
        for (size_t s = 0; s < a.outputs.size(); ++s) {
          x.push_back(&a.outputs[s][i].tensor);
          y.push_back(&b.outputs[s][j].tensor);
        }
        const double d = TensorDifference(x, y);
        if (d < least - (j == i ? 0.0 : 0.05)) {
          least = d;
          best[i] = j;
        }
      }
      if (best[i] != i && least < 0.5) {
        moved = true;
        text += StrCat(text.empty() ? "'" : ", '", b.outputs[0][best[i]].name, "' holds what '",
                       a.outputs[0][i].name, "' should");
      } else {
        best[i] = i;
      }
    }
    if (!moved) {
      return {};
    }
    SideResults mended = b;
    for (size_t s = 0; s < b.outputs.size(); ++s) {
      for (size_t i = 0; i < n; ++i) {
        mended.outputs[s][i] = {a.outputs[s][i].name, b.outputs[s][best[i]].tensor};
      }
    }
    if (c_.detector()) {
      auto boxes = c_.Boxes(c_.input().subject->io, c_.input().subject->decode, mended);
      mended.boxes = boxes.ok() ? std::move(*boxes) : b.boxes;
    }
    PLUMB_ASSIGN_OR_RETURN(const double explained, c_.Explained(Compare(a, mended).value()));
    study_->operators.push_back(
        {"swapped-outputs", "Outputs are exchanged: one has the name of another.",
         StrCat(text, "; put back, ", PercentText(explained), " of the difference is gone"),
         ConvertCommand(paths_, ""), explained, explained > kEnough});
    return {};
  }

  // Outputs that stand on each other's tensors: an exact contradiction, whatever these pictures show.
  Status RenamedOutputs() {
    if (!study_->operators.empty() || subject_.outputs.size() != twin_->outputs.size()) {
      return {};
    }
    const auto value = [](const Program& p, const artifact::Port& port) {
      return ValueNameOf(p.tensors[static_cast<size_t>(port.tensor)].name);
    };
    std::map<std::string, std::string> expected;
    std::set<std::string> values;
    for (const artifact::Port& port : twin_->outputs) {
      expected[port.name] = value(*twin_, port);
      values.insert(value(*twin_, port));
    }
    for (const artifact::Port& port : subject_.outputs) {
      const auto right = expected.find(port.name);
      const std::string found = value(subject_, port);
      if (right != expected.end() && right->second != found && values.contains(found)) {
        study_->operators.push_back({"swapped-outputs",
                                     "Outputs are exchanged: one has the name of another.",
                                     StrCat("output '", port.name, "' is made of '", found,
                                            "', in the model of '", right->second, "'"),
                                     ConvertCommand(paths_, ""), 0, true});
        return {};
      }
    }
    return {};
  }

  // The program from record `cut` on, on the float network's values of everything made before.
  Result<double> DifferenceFrom(size_t cut) {
    const std::vector<int32_t> live = LiveAt(subject_, cut);
    std::vector<int32_t> outputs;
    for (const artifact::Port& port : subject_.outputs) {
      outputs.push_back(port.tensor);
    }
    PLUMB_ASSIGN_OR_RETURN(auto part, ExtractPart(subject_, live, outputs));
    std::vector<Tensor> inputs;
    for (const int32_t t : live) {
      inputs.push_back(ValueOf(subject_, t));
    }
    PLUMB_ASSIGN_OR_RETURN(const std::vector<Tensor> made,
                           RunPart(part, inputs, c_.input().threads));
    ++runs_;
    SideResults reference, other;
    reference.outputs = {c_.reference().outputs[c_.probe()]};
    other.outputs.resize(1);
    for (size_t i = 0; i < made.size(); ++i) {
      const artifact::TensorInfo& info = subject_.tensors[static_cast<size_t>(outputs[i])];
      Tensor real(DType::kF32, info.shape);
      const std::vector<float> x = RealValues(made[i].view(), info.quantization);
      std::copy(x.begin(), x.end(), real.values<float>().begin());
      other.outputs[0].push_back({subject_.outputs[i].name, std::move(real)});
    }
    return Compare(reference, other).value();
  }

  Tensor ValueOf(const Program& program, int32_t t) const {
    const artifact::TensorInfo& info = program.tensors[static_cast<size_t>(t)];
    return OnGrid(values_->at(ValueNameOf(info.name)), info);
  }

  bool CanCut(size_t cut) const {
    const std::vector<int32_t> live = LiveAt(subject_, cut);
    return std::all_of(live.begin(), live.end(), [this](int32_t t) { return Known(subject_, t); });
  }

  // First and last record of the segment that makes the difference, by two bisections.
  Result<std::pair<size_t, size_t>> Segment() {
    std::vector<size_t> cuts;
    for (size_t cut = 0; cut <= subject_.records.size(); ++cut) {
      if (CanCut(cut)) {
        cuts.push_back(cut);
      }
    }
    if (cuts.size() < 3) {
      return std::pair<size_t, size_t>{0, subject_.records.size()};
    }
    for (const artifact::Port& port :
         subject_.outputs) {  // integers of outputs are compared as such
      if (subject_.tensors[static_cast<size_t>(port.tensor)].dtype == DType::kS64) {
        return std::pair<size_t, size_t>{0, subject_.records.size()};
      }
    }
    PLUMB_ASSIGN_OR_RETURN(const double whole, DifferenceFrom(cuts.front()));
    PLUMB_ASSIGN_OR_RETURN(const double none, DifferenceFrom(cuts.back()));
    const auto bisect = [&](double share) -> Result<size_t> {  // first cut that leaves less
      size_t low = 0, high = cuts.size() - 1;
      while (high - low > 1) {
        const size_t middle = (low + high) / 2;
        PLUMB_ASSIGN_OR_RETURN(const double d, DifferenceFrom(cuts[middle]));
        (d - none > share * (whole - none) ? low : high) = middle;
      }
      return high;
    };
    PLUMB_ASSIGN_OR_RETURN(const size_t first, bisect(kEnough));
    PLUMB_ASSIGN_OR_RETURN(const size_t last, bisect(1 - kEnough));
    return std::pair<size_t, size_t>{cuts[first - 1], cuts[std::max(first, last)]};
  }

  Result<double> Alone(const Program& program, const Block& block, std::vector<float>* made) {
    std::vector<Tensor> inputs;
    for (const int32_t t : block.inputs) {
      inputs.push_back(ValueOf(program, t));
    }
    const int32_t output[] = {block.output};
    PLUMB_ASSIGN_OR_RETURN(auto part, ExtractPart(program, block.inputs, output));
    PLUMB_ASSIGN_OR_RETURN(const std::vector<Tensor> out,
                           RunPart(part, inputs, c_.input().threads));
    const artifact::TensorInfo& info = program.tensors[static_cast<size_t>(block.output)];
    *made = RealValues(out[0].view(), info.quantization);
    return NoiseShare(values_->at(ValueNameOf(info.name)), *made);
  }

  struct Ranked {
    size_t block;
    double error, expected;
    double steps;  // mean of subject - twin in steps of the output
  };

  // Each block of the segment alone, the subject's and the twin's, worst first.
  Result<std::vector<Ranked>> Rank(size_t first, size_t last) {
    std::vector<Ranked> ranked;
    for (size_t b = 0; b < blocks_.size(); ++b) {
      const size_t record = blocks_[b].records.back();
      if (record < first || record >= last || !donor_[b]) {
        continue;
      }
      std::vector<float> mine, other;
      PLUMB_ASSIGN_OR_RETURN(const double error, Alone(subject_, blocks_[b], &mine));
      PLUMB_ASSIGN_OR_RETURN(const double expected, Alone(*twin_, *donor_[b], &other));
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
      PLUMB_ASSIGN_OR_RETURN(const auto segment, Segment());
      first = segment.first;
      last = segment.second;
    }
    PLUMB_ASSIGN_OR_RETURN(std::vector<Ranked> ranked, Rank(first, last));
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
    double lean = 0;
    const bool leans = study_->stated.empty() && LeansAlike(ranked, lean);
    std::shared_ptr<const Program> mended = c_.input().subject->program;
    double explained = 0;
    size_t used = 0;
    std::string names;
    const Ranked* worst = nullptr;
    const size_t most = leans ? ranked.size() : std::min(ranked.size(), kMostTransplants);
    for (size_t i = 0; i < most; ++i) {
      const Ranked& r = ranked[i];
      const bool stated = StatedFault(NameOf(r.block)) != nullptr;
      if (!stated && !leans && r.error < 1.5 * r.expected + 1e-4) {
        continue;
      }
      const std::vector<Block> now =
          BlocksOf(*mended, [&](int32_t t) { return Known(*mended, t); });
      const auto block = std::find_if(now.begin(), now.end(), [&](const Block& b) {
        return mended->tensors[static_cast<size_t>(b.output)].name == NameOf(r.block);
      });
      if (block == now.end()) {
        continue;
      }
      auto next = Transplant(*mended, *block, *twin_, *donor_[r.block]);
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

  void Add(const Ranked& worst, double explained, size_t used, const std::string& names,
           size_t first, size_t last, double lean) {
    const std::string& name = NameOf(worst.block);
    const artifact::Record& record = subject_.records[blocks_[worst.block].records.back()];
    const std::string alone =
        StrCat(runs_ > 0 ? StrCat(runs_, " partial runs narrow it down to records ", first, " to ",
                                  last, " of ", subject_.records.size(), "; ")
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
    Explanation e;
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
  const std::map<std::string, std::vector<float>>* values_ = nullptr;
  std::vector<Block> blocks_;
  std::vector<std::optional<Block>> donor_;
  std::shared_ptr<LayerStudy> study_ = std::make_shared<LayerStudy>();
  double layers_share_ = 0;
  bool material_ = false;
  int runs_ = 0;
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
  return c.input().subject ? FromStudy(c, paths, &LayerStudy::operators)
                           : TestForeignOperators(c, paths);
}

Result<HypothesisResult> RoundingOf(Case& c, const CasePaths& paths) {
  return FromStudy(c, paths, &LayerStudy::rounding);
}

}  // namespace plumb::verify
