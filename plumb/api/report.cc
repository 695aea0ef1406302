#include "plumb/api/report.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>

#include "plumb/api/report_calibration.h"
#include "plumb/api/report_hybrid.h"
#include "plumb/api/report_layers.h"
#include "plumb/api/report_memory.h"
#include "plumb/api/report_pictures.h"
#include "plumb/api/report_text.h"
#include "plumb/base/npy.h"
#include "plumb/report/html.h"
#include "plumb/report/shorten.h"
#include "plumb/verify/closeness.h"
#include "plumb/verify/codes.h"
#include "plumb/vision/decode.h"

namespace plumb {
namespace {

constexpr size_t kMeasuredSamples = 2;  // for distributions: as many as the verdict's layers

std::string BaseName(const std::string& path) {
  return std::filesystem::path(path).filename().string();
}

report::Level LevelOf(verify::Level level) {
  return level == verify::Level::kPass      ? report::Level::kPass
         : level == verify::Level::kWarning ? report::Level::kWarning
                                            : report::Level::kFailure;
}

std::string VerdictText(verify::Level level) {
  return level == verify::Level::kPass      ? "pass"
         : level == verify::Level::kWarning ? "pass with warnings"
                                            : "failure";
}

// Below the gate's limits a figure is marked.
report::Level SqnrLevel(double sqnr, const verify::Gate& gate) {
  return sqnr < gate.fail_below_sqnr   ? report::Level::kFailure
         : sqnr < gate.warn_below_sqnr ? report::Level::kWarning
                                       : report::Level::kNone;
}

class ReportMaker {
 public:
  ReportMaker(const ReportSource& source, const verify::Verdict& verdict, const Progress& progress)
      : source_(source), verdict_(verdict), progress_(progress) {}

  Result<report::Document> Make(std::string json, std::vector<report::Section> more) {
    PLUMB_RETURN_IF_ERROR(Load());
    Header();
    Checks();
    for (report::Section& section : more) {
      document_.sections.push_back(std::move(section));
    }
    if (source_.program != nullptr) {
      PLUMB_RETURN_IF_ERROR(Inputs());
      if (source_.model.graph) {
        PLUMB_RETURN_IF_ERROR(Compared());
      }
      PLUMB_RETURN_IF_ERROR(Memory());
      Provenance();
    }
    Reproduce();
    document_.json = std::move(json);
    document_.footer = FooterText();
    return std::move(document_);
  }

 private:
  void Step(size_t done) const {
    if (progress_) {
      constexpr size_t kSteps = 4;
      progress_("report", done, kSteps);
    }
  }

  // What needs the float network.
  Status Compared() {
    PLUMB_RETURN_IF_ERROR(Results());
    PLUMB_ASSIGN_OR_RETURN(records_, MeasureRecords(*source_.model.graph, source_.program,
                                                    measured_, source_.threads));
    for (const verify::LayerError& layer : verdict_.layers.layers) {
      layer_errors_[layer.name] = &layer;
    }
    ErrorByDepth();
    if (!source_.auto_hybrid.curve.empty()) {
      document_.sections.push_back(HybridSection(source_.auto_hybrid));
    }
    Layers();
    Graph();
    return Calibration();
  }

  Status Load() {
    if (source_.program == nullptr) {
      return {};
    }
    const SampleList& list = source_.samples;
    const size_t all = list.samples.size();
    const size_t count = source_.check_limit == 0 ? all : std::min(source_.check_limit, all);
    for (size_t i = 0; i < count; ++i) {
      const size_t index = i * all / count;
      PLUMB_ASSIGN_OR_RETURN(std::vector<Tensor> inputs,
                             LoadSample(list, index, *source_.model.program, source_.model.io));
      const Sample& sample = list.samples[index];
      checked_.push_back(
          {sample.files.empty() ? StrCat("sample ", index) : BaseName(sample.files[0]),
           std::move(inputs)});
    }
    for (size_t i = 0; i < std::min(kMeasuredSamples, checked_.size()); ++i) {
      measured_.push_back(checked_[i].inputs);
    }
    Step(1);
    return {};
  }

  void Header() {
    const bool compared = source_.model.graph.has_value();
    document_.title =
        compared ? StrCat(BaseName(source_.model.path), " \u2192 ", BaseName(source_.artifact))
                 : BaseName(source_.artifact);
    document_.subtitle = StrCat("plumb ", source_.verb, ", ");
    if (source_.calibration) {
      document_.subtitle += StrCat(source_.samples.samples.size(), " calibration samples, ",
                                   checked_.size(), " of them checked");
    } else {
      document_.subtitle += StrCat(checked_.size(), checked_.size() == 1 ? " sample" : " samples",
                                   compared ? "" : ", without the float model");
    }
    if (source_.program != nullptr && source_.model.decode.family != artifact::Family::kNone) {
      document_.subtitle += StrCat("; family ", vision::FamilyName(source_.model.decode.family));
    }
    document_.level = LevelOf(verdict_.level);
    document_.verdict = VerdictText(verdict_.level);
    document_.next = verdict_.next;
    for (const verify::Level level : {verify::Level::kFailure, verify::Level::kWarning}) {
      for (const verify::Finding& finding : verdict_.findings) {
        if (finding.level == level) {
          document_.reasons.push_back({finding.code, LevelOf(level), "", finding.text,
                                       finding.evidence, finding.fix, report::kNoNumber});
        }
      }
    }
    if (verdict_.level == verify::Level::kFailure) {
      document_.headline = source_.program == nullptr
                               ? "The artifact cannot be used."
                               : "Do not use this artifact: it does not give what it should.";
    } else if (verdict_.level == verify::Level::kWarning) {
      document_.headline = StrCat("Usable, with ", document_.reasons.size(),
                                  document_.reasons.size() == 1 ? " warning." : " warnings.");
    } else if (!compared) {
      document_.headline =
          "Nothing is wrong with the artifact itself; it was not compared with the float model.";
    } else if (checked_.empty()) {
      document_.headline = "Nothing is wrong; without samples the networks were not compared.";
    } else if (!source_.notes.empty() && IntegerLayers() == 0) {
      document_.headline =
          "No layer computes in integers: the artifact gives what the float network gives, and is "
          "as "
          "large and as fast.";
    } else {
      document_.headline = "The integer network gives what the float network gives.";
      for (const verify::Finding& finding : verdict_.findings) {
        if (finding.code.starts_with("D")) {
          document_.headline =
              StrCat("The integer network gives what the float network gives: ", finding.text, ".");
        }
      }
    }
    Tiles();
  }

  [[nodiscard]] size_t IntegerLayers() const {
    return static_cast<size_t>(std::count_if(source_.notes.begin(), source_.notes.end(),
                                             [](const auto& note) { return note.integer; }));
  }

  void Tiles() {
    std::vector<report::Tile>& tiles = document_.tiles;
    const verify::Gate& gate = verdict_.gate;
    if (verdict_.has_matches && verdict_.matches.expected > 0) {
      const double share = verdict_.matches.Share();
      tiles.push_back({PercentText(share), "of the float detections found again",
                       share < gate.fail_below_matched   ? report::Level::kFailure
                       : share < gate.warn_below_matched ? report::Level::kWarning
                                                         : report::Level::kPass});
      tiles.push_back({FixedText(verdict_.matches.MedianShift(), 3), "median score shift"});
    }
    if (verdict_.has_agreement) {
      tiles.push_back({PercentText(verdict_.agreement), "samples with the same first class",
                       verdict_.agreement < gate.fail_below_agreement   ? report::Level::kFailure
                       : verdict_.agreement < gate.warn_below_agreement ? report::Level::kWarning
                                                                        : report::Level::kPass});
    }
    if (!verdict_.outputs.empty()) {
      const auto worst =
          std::min_element(verdict_.outputs.begin(), verdict_.outputs.end(),
                           [](const auto& a, const auto& b) { return a.sqnr < b.sqnr; });
      const bool exact = worst->sqnr >= verify::kExactSqnr;
      tiles.push_back({exact ? "exact" : DecibelText(worst->sqnr) + " dB",
                       exact ? "every output" : "SQNR of the worst output"});
    }
    if (!source_.notes.empty()) {
      tiles.push_back({StrCat(IntegerLayers(), " / ", source_.notes.size()), "layers in integers"});
    }
    if (source_.artifact_bytes > 0) {
      std::error_code ignored;
      const auto before = std::filesystem::file_size(source_.model.path, ignored);
      tiles.push_back({BytesText(static_cast<double>(source_.artifact_bytes)),
                       ignored
                           ? "artifact"
                           : "artifact; the model has " + BytesText(static_cast<double>(before))});
    }
    if (!source_.model.graph) {
      return;
    }
    tiles.push_back({verdict_.judgement.checked ? "yes" : "no",
                     "import checked by an outside judge",
                     verdict_.judgement.checked ? report::Level::kPass : report::Level::kNone});
  }

  void Checks() {
    report::Checks ladder, rules;
    for (const verify::Rung& rung : verdict_.rungs) {
      report::Check check;
      check.code = rung.code;
      check.level = rung.status == verify::RungStatus::kSkipped   ? report::Level::kSkipped
                    : rung.status == verify::RungStatus::kPass    ? report::Level::kPass
                    : rung.status == verify::RungStatus::kWarning ? report::Level::kWarning
                                                                  : report::Level::kFailure;
      check.title = rung.title;
      check.text = rung.figure;
      check.evidence = rung.worst.empty() ? "" : "Worst: " + rung.worst;
      for (const verify::Finding& finding : verdict_.findings) {
        if (finding.code == rung.code && finding.level != verify::Level::kPass) {
          check.remedy = finding.fix;
        }
      }
      check.seconds =
          rung.status == verify::RungStatus::kSkipped ? report::kNoNumber : rung.seconds;
      ladder.checks.push_back(std::move(check));
    }
    for (const verify::Finding& finding : verdict_.findings) {
      if (verdict_.FindRung(finding.code) == nullptr) {
        const verify::CodeRow* row = verify::FindCode(finding.code);
        rules.checks.push_back({finding.code, LevelOf(finding.level),
                                row == nullptr ? "" : std::string(row->title), finding.text,
                                finding.evidence, finding.fix, report::kNoNumber});
      }
    }
    document_
        .Add("ladder", "Ladder",
             "Each rung compares two things that should be the same, so that a difference is the "
             "fault "
             "of one party.")
        .blocks = {std::move(ladder)};
    if (rules.checks.empty() && verdict_.outputs.empty()) {
      return;
    }
    report::Section& section = document_.Add(
        "rules", "Sanity rules",
        "What outputs obey without anybody knowing the truth, and how float and integer "
        "network agree on the checked samples.");
    section.blocks = {std::move(rules)};
    if (!verdict_.outputs.empty()) {
      report::Table table{{{"output"},
                           {"SQNR dB", "10 log10(signal / error) over the checked samples", true},
                           {"cosine", "1: the same direction", true}},
                          {}};
      for (const verify::OutputError& output : verdict_.outputs) {
        table.rows.push_back(
            {"",
             {{output.name},
              {DecibelText(output.sqnr), output.sqnr, SqnrLevel(output.sqnr, verdict_.gate)},
              {FixedText(output.cosine, 5), output.cosine}},
             {}});
      }
      section.blocks.emplace_back(std::move(table));
    }
  }

  Status Inputs() {
    if (checked_.empty() || source_.model.io.pictures.empty()) {
      return {};
    }
    PLUMB_ASSIGN_OR_RETURN(std::vector<report::Block> blocks,
                           InputBlocks(source_.model, source_.program, checked_[0]));
    report::Facts contract;
    for (const std::string& line : source_.model.explanation) {
      constexpr size_t kLongestKey = 12;
      const size_t colon = line.find(": ");
      contract.facts.push_back(colon > kLongestKey
                                   ? report::Fact{"outputs", line}
                                   : report::Fact{line.substr(0, colon), line.substr(colon + 2)});
    }
    report::Section& section = document_.Add(
        "input", "Input as the network sees it",
        "The tensor that enters the first layer, turned back into a picture. Wrong channel "
        "order, a stretched picture or a wrong border can be seen here.");
    section.blocks = std::move(blocks);
    section.blocks.emplace_back(std::move(contract));
    return {};
  }

  Status Results() {
    PLUMB_ASSIGN_OR_RETURN(std::vector<report::Block> blocks,
                           ResultBlocks(source_.model, source_.program, checked_, source_.threads));
    Step(2);
    if (!blocks.empty()) {
      const bool detector = vision::IsDetector(source_.model.decode.family);
      document_
          .Add("results", detector ? "Detections" : "Classes",
               detector
                   ? StrCat("The checked samples on which the two networks differ most, at score ",
                            SignificantText(source_.model.decode.score_threshold),
                            ". In the difference, boxes that both find are green, lost ones red, "
                            "new ones orange; a lost box with a score near the threshold says "
                            "little.")
                   : "The first classes of both networks on the checked samples.")
          .blocks = std::move(blocks);
    }
    return {};
  }

  void ErrorByDepth() {
    report::Chart chart;
    chart.x_title = "layer, in the order they run";
    chart.y_title = "SQNR, dB";
    report::Series alone{"layer alone, on the float network's inputs", {}},
        accumulated{"accumulated from the input to here", {}};
    std::map<std::string, std::string> row_of;
    for (size_t i = 0; i < records_.size(); ++i) {
      row_of[records_[i].name] = RowId(i);
    }
    constexpr double kShown = 60;  // more is as good as exact, and would flatten the rest
    for (const verify::LayerError& layer : verdict_.layers.layers) {
      chart.points.push_back(layer.name);
      chart.rows.push_back(row_of.contains(layer.name) ? row_of[layer.name] : "");
      alone.values.push_back(std::min(layer.sqnr_alone, kShown));
      accumulated.values.push_back(std::min(layer.sqnr_accumulated, kShown));
    }
    if (chart.points.empty()) {
      return;
    }
    chart.series = {std::move(alone), std::move(accumulated)};
    chart.y_low = 0;
    chart.limits = {{StrCat("gate: ", SignificantText(verdict_.gate.warn_below_sqnr), " dB"),
                     verdict_.gate.warn_below_sqnr}};
    document_
        .Add("depth", "Error by depth",
             "Where quantization error is born (a dip of the layer alone) and where it is only "
             "passed "
             "on (a dip of the accumulated curve). Higher is better; a click leads to the layer.")
        .blocks = {std::move(chart)};
  }

  static std::string RowId(size_t record) { return StrCat("layer-", record); }

  [[nodiscard]] const verify::LayerError* ErrorOf(const RecordFacts& facts) const {
    const auto at = layer_errors_.find(facts.name);
    return at == layer_errors_.end() ? nullptr : at->second;
  }

  // "int8", "int8, table": how it is computed.
  [[nodiscard]] std::string FormOf(const RecordFacts& facts) const {
    if (const verify::LayerError* error = ErrorOf(facts);
        error != nullptr && !error->form.empty()) {
      return error->form;
    }
    return facts.in_integers ? TypeText(facts.dtype) : "float";
  }

  void Layers() {
    report::Table table;
    table.columns = {
        {"tensor", "what the layer makes"},
        {"operator"},
        {"form", "how it is computed"},
        {"shape"},
        {"alone dB", "SQNR of this layer alone, on the float network's inputs", true},
        {"accum. dB", "SQNR of the whole network up to here", true},
        {"cosine", "accumulated", true},
        {"max steps", "largest error, in steps of the grid", true},
        {"clipped %", "float values that lie off the grid", true},
        {"levels", "integers that occur", true},
        {"ms", "least of five runs on this machine", true},
        {"least", "of the float values", true},
        {"greatest", "of the float values", true},
        {"scale", "of one step of the grid; the least where channels have their own", true},
        {"zero", "zero point", true}};
    for (size_t i = 0; i < records_.size(); ++i) {
      table.rows.push_back(RowOf(i));
    }
    document_
        .Add("layers", "Layers",
             "Every record that runs, with its tensor in the integer network beside the one in the "
             "float network.")
        .blocks = {std::move(table)};
  }

  report::Row RowOf(size_t index) {
    RecordFacts& f = records_[index];
    const verify::Gate& gate = verdict_.gate;
    const verify::LayerError* error = ErrorOf(f);
    const auto number = [](bool there, double value, std::string text,
                           report::Level level = report::Level::kNone) {
      return there ? report::Cell{std::move(text), value, level} : report::Cell{};
    };
    const bool grid = !f.grid.empty();
    const double scale =
        grid ? *std::min_element(f.grid.scale.begin(), f.grid.scale.end()) : report::kNoNumber;
    const bool integer = f.compared && f.levels_all > 0;
    const double percent = 100 * f.clipped;
    report::Row row;
    row.id = RowId(index);
    row.cells = {
        {f.name},
        {f.function == "none" ? f.op : f.op + " + " + f.function},
        {FormOf(f)},
        {ShapeToString(f.shape)},
        number(error != nullptr, error != nullptr ? error->sqnr_alone : 0,
               error != nullptr ? DecibelText(error->sqnr_alone) : "",
               error != nullptr ? SqnrLevel(error->sqnr_alone, gate) : report::Level::kNone),
        number(f.compared, f.sqnr, DecibelText(f.sqnr), SqnrLevel(f.sqnr, gate)),
        number(f.compared, f.cosine, FixedText(f.cosine, 5)),
        number(integer, f.largest_steps, FixedText(f.largest_steps, 1)),
        number(integer, percent, FixedText(percent, 2),
               f.clipped > gate.s12_saturated ? report::Level::kFailure : report::Level::kNone),
        number(integer, f.levels, StrCat(f.levels)),
        number(true, f.ms, FixedText(f.ms, 3)),
        number(f.compared, f.low, SignificantText(f.low)),
        number(f.compared, f.high, SignificantText(f.high)),
        number(grid, scale, SignificantText(scale) + (f.grid.per_channel() ? " by channel" : "")),
        number(grid && !f.grid.per_channel(), grid ? f.grid.zero_point[0] : 0,
               grid ? StrCat(f.grid.zero_point[0]) : "")};
    f.detail.facts = {{"tensor", f.name},
                      {"multiply-adds", SignificantText(static_cast<double>(f.macs))}};
    if (integer) {
      f.detail.facts.push_back({"levels used", StrCat(f.levels, " of ", f.levels_all)});
    }
    if (f.compared) {
      f.detail.facts.push_back({"largest error", SignificantText(f.largest)});
    }
    for (const quant::LayerNote& note : source_.notes) {
      if (note.name == f.name && !note.reason.empty()) {
        f.detail.facts.push_back({"why", note.reason});
      }
    }
    row.detail = std::move(f.detail);
    return row;
  }

  void Graph() {
    report::Network network;
    std::vector<std::string> forms;
    double most_ms = 0;
    for (const RecordFacts& f : records_) {
      const std::string form = FormOf(f);
      if (std::find(forms.begin(), forms.end(), form) == forms.end()) {
        forms.push_back(form);
      }
      most_ms = std::max(most_ms, f.ms);
    }
    using Good = report::Measure::Good;
    constexpr double kBest = 50;
    network.measures = {{"accumulated SQNR", "dB", Good::kHigh, 0, kBest, {}},
                        {"SQNR alone", "dB", Good::kHigh, 0, kBest, {}},
                        {"precision", "", Good::kNeither, 0, 1, forms},
                        {"time", "ms", Good::kNeither, 0, most_ms, {}}};
    for (size_t i = 0; i < records_.size(); ++i) {
      const RecordFacts& f = records_[i];
      const verify::LayerError* error = ErrorOf(f);
      const auto form =
          static_cast<double>(std::find(forms.begin(), forms.end(), FormOf(f)) - forms.begin());
      network.nodes.push_back(
          {f.name,
           (f.function == "none" ? f.op : f.op + " + " + f.function) + ", " +
               ShapeToString(f.shape),
           RowId(i),
           f.inputs,
           {f.compared ? f.sqnr : report::kNoNumber,
            error != nullptr ? error->sqnr_alone : report::kNoNumber, form, f.ms}});
    }
    document_
        .Add("graph", "Graph",
             "The integer network as it runs, from left to right; grey is what has no counterpart "
             "in "
             "the float network.")
        .blocks = {std::move(network)};
  }

  Status Calibration() {
    Step(3);
    const size_t files = source_.provenance.calibration.size();
    if (source_.samples.samples.empty()) {
      document_.Add("calibration", "Calibration",
                    StrCat("Not shown: this needs samples. Give those that the ranges come from (",
                           files, files == 1 ? " file" : " files",
                           ", by SHA-256 under Provenance) or others like "
                           "them with --data."));
      return {};
    }
    const compile::NamedStats* calibrated = source_.calibrated ? &*source_.calibrated : nullptr;
    std::string lead =
        "The ranges of the integer grids come from these samples. Ranges that only one sample "
        "reaches are an outlier's: they cost resolution everywhere else.";
    if (!source_.calibration) {
      const size_t among = CalibrationFilesAmong(source_.provenance, source_.samples);
      lead = StrCat(
          among, " of the ", files, files == 1 ? " file" : " files", " that the ranges come from ",
          among == 1 ? "is" : "are", " among these samples of --data. ",
          calibrated != nullptr ? StrCat("The ranges themselves are known from ", source_.lock, ".")
                                : StrCat("The ranges themselves are not known: there is no lock ",
                                         source_.lock, " beside the artifact."),
          " Ranges that only one sample reaches are an outlier's.");
    }
    PLUMB_ASSIGN_OR_RETURN(
        std::vector<report::Block> blocks,
        CalibrationBlocks(source_.model, source_.samples, calibrated, source_.threads, progress_));
    document_.Add("calibration", "Calibration", std::move(lead)).blocks = std::move(blocks);
    return {};
  }

  Status Memory() {
    PLUMB_ASSIGN_OR_RETURN(report::MemoryMap map, MemoryMapOf(source_.program, source_.threads));
    report::Section& section = document_.Add(
        "memory", "Memory", "Which tensor lies where in the arena, and for how many steps.");
    size_t weights = 0;
    for (const artifact::Constant& constant : source_.program->constants) {
      weights += constant.bytes;
    }
    section.blocks.emplace_back(report::Facts{
        {{"arena", StrCat(BytesText(static_cast<double>(map.bytes)), " with ", source_.threads,
                          source_.threads == 1 ? " thread" : " threads")},
         {"weights and tables", BytesText(static_cast<double>(weights))}}});
    section.blocks.emplace_back(std::move(map));
    return {};
  }

  void Provenance() {
    const artifact::Provenance& p = source_.provenance;
    report::Facts facts;
    facts.facts = {{"made by", StrCat(p.tool, " ", p.version, " (", p.commit, ")")},
                   {"model", StrCat(p.model.name, ", sha256 ", p.model.sha256)}};
    std::string passes;
    for (const std::string& pass : p.passes) {
      passes += (passes.empty() ? "" : ", ") + pass;
    }
    for (const auto& [key, value] : p.options) {
      constexpr size_t kShown = 200;  // the values of a constant may fill pages
      facts.facts.push_back({key, value.size() > kShown ? value.substr(0, kShown) + "..." : value});
    }
    facts.facts.push_back({"passes", passes});
    report::Section& section = document_.Add(
        "provenance", "Provenance", "What decided the artifact's bytes: nothing else did.");
    section.blocks.emplace_back(std::move(facts));
    std::string files;
    for (const artifact::FileDigest& file : p.calibration) {
      files += StrCat(file.sha256, "  ", file.name, "\n");
    }
    section.blocks.emplace_back(
        report::Preformatted{StrCat(p.calibration.size(), " calibration files"), files});
  }

  void Reproduce() {
    report::Commands commands;
    commands.commands = {
        {"This report again:", source_.command},
        {"What the artifact holds:", StrCat("plumb inspect ", source_.artifact, " --layers")},
        {"Hashes of every tensor, to be compared with another machine's:",
         StrCat("plumb run ", source_.artifact, " --input ",
                source_.samples.samples.empty() || source_.samples.samples[0].files.empty()
                    ? std::string("SAMPLE.npy")
                    : source_.samples.samples[0].files[0],
                source_.model.io.pictures.empty() ? "" : " --as-picture", " --hashes")}};
    if (verdict_.level != verify::Level::kPass && source_.program != nullptr &&
        source_.model.graph && !source_.samples.source.empty()) {
      commands.commands.insert(
          commands.commands.begin() + 1,
          {"Why, with an experiment for each hypothesis:",
           StrCat("plumb diagnose ", source_.artifact, " --against ", source_.model.path,
                  " --data ", source_.samples.source, " --html diagnosis.html")});
    }
    document_
        .Add("reproduce", "Reproduce", "The same inputs and the same tool give the same artifact.")
        .blocks = {std::move(commands)};
  }

  const ReportSource& source_;
  const verify::Verdict& verdict_;
  const Progress& progress_;
  report::Document document_;
  std::vector<ReportSample> checked_;
  std::vector<std::vector<Tensor>> measured_;
  std::vector<RecordFacts> records_;
  std::map<std::string, const verify::LayerError*> layer_errors_;
};

}  // namespace

Status CheckReport(const std::string& path) {
  PLUMB_RETURN_IF_ERROR(report::HtmlAvailable());
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  std::error_code ignored;
  if (!folder.empty() && !std::filesystem::is_directory(folder, ignored)) {
    return EnvironmentError("--html ", path, ": there is no folder '", folder.string(), "'");
  }
  if (std::filesystem::is_directory(path, ignored)) {
    return UsageError("--html ", path, ": is a folder; name a file");
  }
  return {};
}

Result<report::Document> MakeReport(const ReportSource& source, const verify::Verdict& verdict,
                                    std::string json, std::vector<report::Section> more,
                                    const Progress& progress) {
  return ReportMaker(source, verdict, progress).Make(std::move(json), std::move(more));
}

Status WriteReport(const std::string& path, const report::Document& document) {
  PLUMB_ASSIGN_OR_RETURN(const std::string page,
                         report::RenderWithin(document, report::kMostBytes));
  return WriteFileAtomically(path, page);
}

}  // namespace plumb
