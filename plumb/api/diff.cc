#include "plumb/api/diff.h"

#include <algorithm>
#include <map>

#include "plumb/api/diff_facts.h"
#include "plumb/api/diff_golden.h"
#include "plumb/api/diff_measure.h"
#include "plumb/api/recipe_options.h"
#include "plumb/api/shape_sets.h"
#include "plumb/base/mapped_file.h"
#include "plumb/verify/closeness.h"
#include "plumb/verify/program_mix.h"

namespace plumb {
namespace {

std::string Joined(const std::vector<std::string>& lines, size_t most) {
  std::string text;
  for (size_t i = 0; i < std::min(lines.size(), most); ++i) {
    text += (i > 0 ? ", " : "") + lines[i];
  }
  return lines.size() > most ? StrCat(text, " and ", lines.size() - most, " more") : text;
}

std::string Counted(size_t count, std::string_view one, std::string_view many) {
  return StrCat(count, " ", count == 1 ? one : many);
}

// Less: moves the result more.
std::pair<int, double> Key(const Effect& e) {
  return {-(e.boxes_changed + e.classes_changed), e.sqnr};
}

class Comparison {
 public:
  explicit Comparison(const DiffOptions& options) : options_(options) {}

  Result<DiffReport> Run() {
    PLUMB_RETURN_IF_ERROR(Load());
    report_.sections = CompareFacts(a_, b_);
    if (a_.is_artifact && b_.is_artifact) {
      AddSection("golden vectors", CompareGolden(*a_.artifact, *b_.artifact));
    }
    pair_.emplace(a_.program, b_.program);
    if (pair_->why_not().empty()) {
      report_.program = verify::CompareParts(*pair_);
      AddProgram();
    } else {
      report_.not_alone.push_back("layers: " + pair_->why_not());
      AddSection("graph", {pair_->why_not()});
    }
    io_ = CompareIo(a_.io, b_.io);
    decode_ = CompareDecode(a_.decode, b_.decode);
    report_.same_result = pair_->why_not().empty() && pair_->differing().empty() && io_.empty() &&
                          decode_.empty() && a_.io == b_.io && a_.decode == b_.decode;
    if (!report_.same_file && !report_.same_result) {
      PLUMB_RETURN_IF_ERROR(Measure());
    }
    Summarize();
    return std::move(report_);
  }

 private:
  // A float model beside an artifact is read as the artifact's recipe read it, unless options say
  // otherwise.
  Result<Model> LoadSide(const std::string& path, const Model* artifact) const {
    ModelOptions model_options = options_.model_options;
    const bool plain = ConvertOptionsOf(model_options) == ConvertOptionsOf(ModelOptions());
    if (artifact != nullptr && artifact->is_artifact && plain) {
      ConvertOptions recorded;
      TakeKnownOptions(artifact->artifact->provenance.options, recorded);
      model_options = recorded.model_options;
      ReadForShapesOf(*artifact, model_options);
    }
    return LoadModel(path, model_options);
  }

  static std::vector<OptionText> ConvertOptionsOf(const ModelOptions& model_options) {
    ConvertOptions options;
    options.model_options = model_options;
    return OptionsOf(options);
  }

  Status Load() {
    const auto is_artifact = [](const std::string& path) { return path.ends_with(".plumb"); };
    if (is_artifact(options_.b) && !is_artifact(options_.a)) {
      PLUMB_ASSIGN_OR_RETURN(b_, LoadModel(options_.b, {}));
      PLUMB_ASSIGN_OR_RETURN(a_, LoadSide(options_.a, &b_));
      return {};
    }
    PLUMB_ASSIGN_OR_RETURN(
        a_, is_artifact(options_.a) ? LoadModel(options_.a, {}) : LoadSide(options_.a, nullptr));
    PLUMB_ASSIGN_OR_RETURN(
        b_, is_artifact(options_.b) ? LoadModel(options_.b, {}) : LoadSide(options_.b, &a_));
    PLUMB_ASSIGN_OR_RETURN(const auto x, MappedFile::Open(options_.a));
    PLUMB_ASSIGN_OR_RETURN(const auto y, MappedFile::Open(options_.b));
    report_.same_file = std::ranges::equal(x->bytes(), y->bytes());
    return {};
  }

  void AddSection(std::string title, std::vector<std::string> lines) {
    if (!lines.empty()) {
      report_.sections.push_back({std::move(title), std::move(lines)});
    }
  }

  void AddProgram() {
    std::vector<std::string> graph, layers;
    for (const std::string& record : report_.program.only_a) {
      graph.push_back("only in a: " + record);
    }
    for (const std::string& record : report_.program.only_b) {
      graph.push_back("only in b: " + record);
    }
    for (const verify::PartChange& part : report_.program.parts) {
      layers.push_back(StrCat("'", part.tensor, "': ", part.Text()));
    }
    AddSection("graph", std::move(graph));
    AddSection("layers", std::move(layers));
  }

  Status Measure() {
    PLUMB_ASSIGN_OR_RETURN(const DiffSamples data,
                           LoadDiffSamples(options_.data, options_.limit, a_));
    samples_ = data.samples;
    report_.measured_on = data.source;
    report_.samples = samples_.size();
    PLUMB_ASSIGN_OR_RETURN(reference_,
                           AnswersOf(a_.program, {a_.io, a_.decode}, samples_, options_.threads));
    const auto whole = AnswersOf(b_.program, {b_.io, b_.decode}, samples_, options_.threads);
    if (!whole.ok()) {
      report_.not_alone.push_back("everything: " + whole.status().message());
      return {};
    }
    report_.whole = EffectOf(reference_, *whole, a_.decode);
    MeasureContracts();
    if (pair_->why_not().empty() && !pair_->differing().empty()) {
      PLUMB_RETURN_IF_ERROR(MeasureLayers());
    }
    std::stable_sort(
        report_.alone.begin(), report_.alone.end(),
        [](const AloneEffect& x, const AloneEffect& y) { return Key(x.effect) < Key(y.effect); });
    return {};
  }

  // What was measured; null when it cannot be.
  const Effect* Keep(std::string what, const Result<std::vector<Answer>>& answers,
                     bool together = false) {
    if (!answers.ok()) {
      report_.not_alone.push_back(what + ": " + answers.status().message());
      return nullptr;
    }
    report_.alone.push_back({std::move(what), EffectOf(reference_, *answers, a_.decode), together});
    return &report_.alone.back().effect;
  }

  void MeasureContracts() {
    if (!io_.empty()) {
      Keep("I/O contract: " + Joined(io_, 4),
           AnswersOf(a_.program, {b_.io, a_.decode}, samples_, options_.threads));
    }
    if (!decode_.empty()) {
      std::vector<Answer> answers = reference_;
      const Status status = ReadAnew({a_.io, b_.decode}, answers);
      Keep("decode contract: " + Joined(decode_, 4),
           status.ok() ? Result<std::vector<Answer>>(std::move(answers)) : status);
    }
  }

  // How far apart the two parts' own results are on the first sample, in dB by tensor.
  Result<std::vector<std::pair<double, std::string>>> OwnDifferences() {
    constexpr size_t kAtOnce = 12;  // tensors whose values are held at one time
    std::vector<std::pair<double, std::string>> apart;
    const std::vector<std::string>& names = pair_->differing();
    for (size_t first = 0; first < names.size(); first += kAtOnce) {
      const std::span<const std::string> some =
          std::span(names).subspan(first, std::min(kAtOnce, names.size() - first));
      PLUMB_ASSIGN_OR_RETURN(const auto answers,
                             AnswersOf(pair_->SideBySide(some), {a_.io, kNoDecode},
                                       {samples_.begin(), samples_.begin() + 1}, options_.threads));
      for (size_t i = 0; i < some.size(); ++i) {
        const Tensor& x = answers[0].outputs[2 * i].tensor;
        const Tensor& y = answers[0].outputs[2 * i + 1].tensor;
        verify::Closeness closeness;
        if (x.dtype() == DType::kF32 && y.dtype() == DType::kF32) {
          closeness.Add(x.values<float>(), y.values<float>());
          apart.emplace_back(closeness.Sqnr(), some[i]);
        }
      }
      if (options_.progress) {
        options_.progress("compare layers", std::min(first + kAtOnce, names.size()), names.size());
      }
    }
    std::stable_sort(apart.begin(), apart.end(),
                     [](const auto& x, const auto& y) { return x.first < y.first; });
    return apart;
  }

  Status MeasureLayers() {
    const std::vector<std::string>& names = pair_->differing();
    if (names.size() > 1) {
      Keep(StrCat("all ", names.size(), " layers that differ, together"), WithLayers(names), true);
    }
    PLUMB_ASSIGN_OR_RETURN(const auto apart, OwnDifferences());
    const size_t count = std::min(options_.layers, apart.size());
    std::vector<std::string> rest = names;
    std::optional<Effect> most;
    for (size_t i = 0; i < count; ++i) {
      const Effect* effect = KeepLayer(apart[i].second);
      std::erase(rest, apart[i].second);
      if (effect != nullptr && (!most || Key(*effect) < Key(*most))) {
        most = *effect;
      }
      if (options_.progress) {
        options_.progress("measure alone", i + 1, count);
      }
    }
    MeasureRest(std::move(rest), most);
    return {};
  }

  [[nodiscard]] Result<std::vector<Answer>> WithLayers(std::span<const std::string> names) const {
    return AnswersOf(pair_->With({names.begin(), names.end()}), {a_.io, a_.decode}, samples_,
                     options_.threads);
  }

  const Effect* KeepLayer(const std::string& name) {
    const auto part = std::ranges::find(report_.program.parts, name, &verify::PartChange::tensor);
    return Keep(StrCat("layer '", name, "': ", part->Text()), WithLayers(std::span(&name, 1)));
  }

  // The layers that were not measured alone, together: a bound on each of them. Where they move the result more than `most`,
  // the layer that does is looked for by bisection.
  void MeasureRest(std::vector<std::string> rest, const std::optional<Effect>& most) {
    const auto not_alone = [&](size_t count) {
      if (count > 0) {
        report_.not_alone.push_back(
            StrCat(count, count == 1 ? " layer" : " layers",
                   " whose own results differ less (--layers measures more)"));
      }
    };
    const size_t all = rest.size();
    if (all < 2 || !most) {
      return all == 1 ? (void)KeepLayer(rest[0]) : not_alone(all);
    }
    const Effect* together =
        Keep(StrCat("the other ", all, " layers that differ, together"), WithLayers(rest), true);
    if (together == nullptr || Key(*together) >= Key(*most)) {
      return not_alone(all);
    }
    while (rest.size() > 1) {
      const auto middle = rest.begin() + static_cast<long>(rest.size() / 2);
      const auto first = WithLayers({rest.begin(), middle});
      const auto second = WithLayers({middle, rest.end()});
      if (!first.ok() || !second.ok()) {
        return not_alone(all);
      }
      const bool front = Key(EffectOf(reference_, *first, a_.decode)) <=
                         Key(EffectOf(reference_, *second, a_.decode));
      front ? rest.erase(middle, rest.end()) : rest.erase(rest.begin(), middle);
    }
    KeepLayer(rest[0]);
    not_alone(all - 1);
  }

  const DiffSection* Find(std::string_view title) const {
    const auto found = std::ranges::find(report_.sections, title, &DiffSection::title);
    return found == report_.sections.end() ? nullptr : &*found;
  }

  void Summarize() {
    if (report_.same_file) {
      report_.summary = "the same bytes";
      return;
    }
    std::vector<std::string> parts;
    if (const DiffSection* recipe = Find("recipe")) {
      parts.push_back(Joined(recipe->lines, 3));
    }
    if (Find("calibration") != nullptr) {
      parts.push_back("other calibration files");
    }
    if (!io_.empty()) {
      parts.push_back(Joined(io_, 3));
    }
    if (!decode_.empty()) {
      parts.push_back("decoding: " + Joined(decode_, 3));
    }
    const verify::ProgramDiff& program = report_.program;
    if (!pair_->why_not().empty()) {
      parts.push_back(pair_->why_not());
    } else if (program.parts.empty()) {
      parts.emplace_back("the same computation");
    } else {
      parts.push_back(StrCat(program.parts.size(), " of ", pair_->common(), " layers differ (",
                             program.grids, " on another grid, ", program.weights,
                             " with other weights)"));
    }
    if (!program.only_a.empty() || !program.only_b.empty()) {
      parts.push_back(StrCat(Counted(program.only_a.size(), "tensor", "tensors"),
                             " computed only in a, ", program.only_b.size(), " only in b"));
    }
    if (report_.same_result) {
      parts.emplace_back("results are the same");
    }
    for (const std::string& part : parts) {
      report_.summary += (report_.summary.empty() ? "" : "; ") + part;
    }
    const auto most = std::ranges::find(report_.alone, false, &AloneEffect::together);
    if (most != report_.alone.end()) {
      report_.most = most->effect.None() ? "no change alone moves the result"
                                         : StrCat(most->what, ": ", most->effect.Text());
    }
  }

  static inline const artifact::DecodeContract kNoDecode;

  const DiffOptions& options_;
  DiffReport report_;
  Model a_, b_;
  std::optional<verify::ProgramPair> pair_;
  std::vector<std::string> io_, decode_;
  std::vector<DiffSample> samples_;
  std::vector<Answer> reference_;
};

}  // namespace

std::string Effect::Text() const {
  char text[48];
  std::snprintf(text, sizeof(text), "SQNR %.1f dB", sqnr);
  std::string all = !comparable   ? "outputs of other shapes"
                    : sqnr >= 200 ? "outputs the same"
                                  : text;
  if (has_boxes) {
    all += StrCat(", ", boxes_changed, boxes_changed == 1 ? " box changes (" : " boxes change (",
                  boxes_a, " -> ", boxes_b, ")");
  }
  if (has_classes) {
    all += StrCat(", first class of ",
                  Counted(static_cast<size_t>(classes_changed), "sample", "samples"), " changes");
  }
  return all;
}

Result<DiffReport> Diff(const DiffOptions& options) { return Comparison(options).Run(); }

}  // namespace plumb
