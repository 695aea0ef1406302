#include "plumb/api/report_diagnosis.h"

#include <algorithm>
#include <filesystem>

#include "plumb/api/report_boxes.h"
#include "plumb/api/report_pictures.h"
#include "plumb/api/report_text.h"

namespace plumb {
namespace {

constexpr size_t kShownCauses = 3;
constexpr size_t kShownPictures = 3;

std::string BaseName(const std::string& path) {
  return std::filesystem::path(path).filename().string();
}

bool IsUntested(const verify::TriedHypothesis& tried) {
  return tried.evidence.starts_with("not tested: ");
}

class Maker {
 public:
  Maker(const DiagnosisSource* source, const verify::Diagnosis& diagnosis)
      : source_(source), diagnosis_(diagnosis) {}

  Result<report::Document> Make(const std::string& command, std::string json) {
    Header();
    Experiments();
    if (source_ != nullptr && !source_->pictures.empty()) {
      PLUMB_RETURN_IF_ERROR(Inputs());
      PLUMB_RETURN_IF_ERROR(Boxes());
    }
    Reproduce(command);
    document_.json = std::move(json);
    document_.footer = FooterText();
    return std::move(document_);
  }

 private:
  void Header() {
    document_.title = "Why are the boxes wrong?";
    if (source_ != nullptr) {
      document_.subtitle =
          StrCat(BaseName(source_->name), " against ", BaseName(source_->reference.path), ", ",
                 source_->samples.samples.size(),
                 source_->samples.samples.size() == 1 ? " sample" : " samples");
    }
    const bool found = !diagnosis_.causes.empty();
    document_.level = diagnosis_.healthy ? report::Level::kPass : report::Level::kFailure;
    document_.verdict = diagnosis_.healthy ? "no fault found"
                        : found            ? "fault found"
                                           : "unexplained";
    document_.headline = diagnosis_.headline;
    document_.next = diagnosis_.next;
    for (size_t i = 0; i < std::min(kShownCauses, diagnosis_.causes.size()); ++i) {
      const verify::NamedCause& cause = diagnosis_.causes[i];
      const verify::Explanation& e = cause.explanation;
      document_.reasons.push_back({cause.code,
                                   i == 0 ? report::Level::kFailure : report::Level::kWarning, "",
                                   StrCat(i == 0 ? "" : "Or else: ", e.sentence, " Explains ",
                                          PercentText(e.explained), " of the difference."),
                                   e.evidence, e.remedy, report::kNoNumber});
    }
    document_.tiles = {{FixedText(diagnosis_.difference.value(), 3), "difference, of 0 to 1"},
                       {FixedText(diagnosis_.expected, 3), "what a sound conversion may have"}};
    if (found) {
      document_.tiles.push_back({PercentText(diagnosis_.causes[0].explanation.explained),
                                 "of the difference goes with the first cause"});
      document_.tiles.push_back({PercentText(diagnosis_.causes[0].confidence), "confidence"});
    }
  }

  // The first cause that a hypothesis gave; null: nothing speaks for it.
  [[nodiscard]] const verify::NamedCause* CauseOf(const std::string& code) const {
    const auto found =
        std::find_if(diagnosis_.causes.begin(), diagnosis_.causes.end(),
                     [&](const verify::NamedCause& cause) { return cause.code == code; });
    return found == diagnosis_.causes.end() ? nullptr : &*found;
  }

  void Experiments() {
    report::Checks checks;
    report::Chart chart;
    chart.form = report::Chart::Form::kBars;
    chart.title = "Share of the difference that goes when one thing is put right";
    chart.x_title = "hypothesis, in the order tried";
    chart.y_title = "percent";
    chart.y_low = 0;
    chart.limits = {{"enough: the search stops", 100 * verify::kExplainsEnough}};
    report::Series series{"explained", {}};
    for (const verify::TriedHypothesis& tried : diagnosis_.tried) {
      const verify::NamedCause* cause = CauseOf(tried.code);
      report::Check check;
      check.code = tried.code;
      check.level = IsUntested(tried)                ? report::Level::kSkipped
                    : cause == nullptr               ? report::Level::kPass
                    : cause == &diagnosis_.causes[0] ? report::Level::kFailure
                                                     : report::Level::kWarning;
      check.title = tried.title + ".";
      check.text = cause == nullptr ? tried.evidence
                                    : StrCat(cause->explanation.sentence, " Explains ",
                                             PercentText(cause->explanation.explained), ".");
      check.evidence = cause == nullptr ? "" : cause->explanation.evidence;
      check.remedy = cause == nullptr ? "" : cause->explanation.remedy;
      check.seconds = tried.seconds;
      checks.checks.push_back(std::move(check));
      chart.points.push_back(StrCat(tried.code, " ", tried.title));
      series.values.push_back(100 * std::clamp(tried.explained, 0.0, 1.0));
    }
    report::Section& section = document_.Add(
        "diagnosis", "Experiments",
        "Each hypothesis was tried on these pictures: one thing is put right in what is "
        "suspected (or put wrong in the model), and the difference measured again. The search "
        "stops at what explains more than 80 %.");
    if (!diagnosis_.note.empty()) {
      section.blocks.emplace_back(report::Paragraph{diagnosis_.note + "."});
    }
    section.blocks.emplace_back(std::move(checks));
    if (!chart.points.empty()) {
      chart.series = {std::move(series)};
      section.blocks.emplace_back(std::move(chart));
    }
  }

  Status InputOf(const Model& model, const std::string& name, report::Section& section) const {
    PLUMB_ASSIGN_OR_RETURN(std::vector<Tensor> inputs,
                           LoadSample(source_->samples, 0, *model.program, model.io));
    const ReportSample sample{name, std::move(inputs)};
    PLUMB_ASSIGN_OR_RETURN(std::vector<report::Block> blocks,
                           InputBlocks(model, model.program, sample));
    std::move(blocks.begin(), blocks.end(), std::back_inserter(section.blocks));
    return {};
  }

  Status Inputs() {
    report::Section section{"input",
                            "Input as each side sees it",
                            "The tensor that enters the first layer, turned back into a picture: "
                            "what the two sides do not prepare alike can be seen here.",
                            {}};
    const std::string picture = BaseName(source_->samples.samples[0].files[0]);
    PLUMB_RETURN_IF_ERROR(InputOf(
        source_->reference,
        StrCat(picture, ", as it should be (", BaseName(source_->reference.path), ")"), section));
    if (source_->subject) {
      PLUMB_RETURN_IF_ERROR(InputOf(*source_->subject,
                                    StrCat(picture, ", as ", BaseName(source_->name), " sees it"),
                                    section));
    }
    document_.sections.push_back(std::move(section));
    return {};
  }

  Status Boxes() {
    const auto &right = diagnosis_.reference_boxes, &wrong = diagnosis_.subject_boxes;
    if (right.size() != source_->pictures.size() || wrong.size() != right.size()) {
      return {};
    }
    std::vector<std::pair<size_t, BoxDifference>> differences;
    for (size_t i = 0; i < right.size(); ++i) {
      differences.emplace_back(i, BoxDifference(right[i], wrong[i]));
    }
    std::stable_sort(differences.begin(), differences.end(), [](const auto& a, const auto& b) {
      return a.second.size() > b.second.size();
    });
    report::Section& section = document_.Add(
        "results", "Detections",
        "The pictures on which the two sides differ most. In the difference, boxes that both "
        "find are green, lost ones red, new ones orange.");
    const Model& subject = source_->subject ? *source_->subject : source_->reference;
    for (size_t i = 0; i < std::min(kShownPictures, differences.size()); ++i) {
      const auto& [index, difference] = differences[i];
      PLUMB_ASSIGN_OR_RETURN(
          report::Images row,
          difference.Draw(source_->pictures[index],
                          BaseName(source_->samples.samples[index].files[0]),
                          {StrCat("As it should be (", BaseName(source_->reference.path), ")"),
                           &source_->reference.decode},
                          {BaseName(source_->name), &subject.decode}));
      section.blocks.emplace_back(std::move(row));
    }
    return {};
  }

  void Reproduce(const std::string& command) {
    report::Commands commands;
    commands.commands.push_back({"This report again:", command});
    if (source_ != nullptr && source_->subject && source_->subject->is_artifact) {
      const std::string& artifact = source_->name;
      commands.commands.push_back({"What the artifact holds:", "plumb inspect " + artifact});
      if (source_->reference.graph) {
        commands.commands.push_back(
            {"Every rung of the ladder, layer by layer:",
             StrCat("plumb verify ", artifact, " --against ", source_->reference.path, " --data ",
                    source_->samples.source, " --html verify.html")});
      }
    }
    document_.Add("reproduce", "Reproduce", "").blocks = {std::move(commands)};
  }

  const DiagnosisSource* source_;
  const verify::Diagnosis& diagnosis_;
  report::Document document_;
};

}  // namespace

Result<report::Document> MakeDiagnosisReport(const DiagnosisSource* source,
                                             const verify::Diagnosis& diagnosis,
                                             const std::string& command, std::string json) {
  return Maker(source, diagnosis).Make(command, std::move(json));
}

}  // namespace plumb
