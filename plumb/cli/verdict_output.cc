#include "plumb/cli/verdict_output.h"

#include <algorithm>

#include "plumb/base/number_text.h"

namespace plumb::cli {
namespace {

using Json = nlohmann::ordered_json;

std::string Padded(std::string_view text, size_t width) {
  std::string padded(text);
  padded.resize(std::max(width, padded.size()), ' ');
  return padded;
}

std::string_view Mark(verify::Level level) {
  return level == verify::Level::kPass      ? "ok  "
         : level == verify::Level::kWarning ? "WARN"
                                            : "FAIL";
}
std::string_view Mark(verify::RungStatus status) {
  switch (status) {
    case verify::RungStatus::kSkipped:
      return "skip";
    case verify::RungStatus::kPass:
      return "ok  ";
    case verify::RungStatus::kWarning:
      return "WARN";
    case verify::RungStatus::kFailure:
      return "FAIL";
  }
  return "";
}

// Findings that no rung says already.
bool IsBesideRungs(const verify::Finding& finding) { return finding.code[0] != 'V'; }

void PrintLayers(const Console& console, const verify::Verdict& verdict) {
  if (verdict.guiltiest.empty()) {
    return;
  }
  console.Print("  layers that lose most       own    alone    accumulated");
  for (const verify::LayerError& layer : verdict.guiltiest) {
    console.Print(StrCat("    ", FixedText(layer.sqnr_own, 1, 24), " dB",
                         FixedText(layer.sqnr_alone, 1, 6), " dB",
                         FixedText(layer.sqnr_accumulated, 1, 8), " dB   ", layer.name, " (",
                         layer.op, ", ", layer.form,
                         layer.origin == verify::ErrorOrigin::kNone
                             ? ""
                             : StrCat("; error ", verify::ErrorOriginName(layer.origin)),
                         ")"));
  }
}

Json LayerJson(const verify::LayerError& layer) {
  return {{"name", layer.name},
          {"op", layer.op},
          {"form", layer.form},
          {"sqnr_alone", layer.sqnr_alone},
          {"cosine_alone", layer.cosine_alone},
          {"largest_steps", layer.largest_steps},
          {"sqnr_accumulated", layer.sqnr_accumulated},
          {"cosine_accumulated", layer.cosine_accumulated},
          {"sqnr_own", layer.sqnr_own},
          {"own_share", layer.own_share},
          {"origin", verify::ErrorOriginName(layer.origin)},
          {"outside", layer.outside},
          {"saturated", layer.saturated},
          {"levels", layer.levels}};
}

Json GateJson(const verify::Gate& gate) {
  return {{"float_score", gate.float_score},
          {"integer_score", gate.integer_score},
          {"match_iou", gate.match_iou},
          {"fail_below_matched", gate.fail_below_matched},
          {"warn_below_matched", gate.warn_below_matched},
          {"fail_below_agreement", gate.fail_below_agreement},
          {"warn_below_agreement", gate.warn_below_agreement},
          {"fail_below_sqnr", gate.fail_below_sqnr},
          {"warn_below_sqnr", gate.warn_below_sqnr},
          {"judge_tolerance", gate.judge_tolerance},
          {"pass_tolerance", gate.pass_tolerance},
          {"s1_cells", gate.s1_cells},
          {"s1_cells_ever", gate.s1_cells_ever},
          {"s3_share", gate.s3_share},
          {"s4_share", gate.s4_share},
          {"s5_levels", gate.s5_levels},
          {"s12_saturated", gate.s12_saturated}};
}

std::string XmlText(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      default:
        escaped += static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t' ? '?' : c;
    }
  }
  return escaped;
}

}  // namespace

void PrintVerdict(const Console& console, const verify::Verdict& verdict) {
  for (const verify::Rung& rung : verdict.rungs) {
    console.Print(StrCat("  ", rung.code, " ", Padded(rung.title, 11), Mark(rung.status), " ",
                         FixedText(rung.seconds, 2, 6), " s  ", rung.figure,
                         rung.worst.empty() ? "" : "; " + rung.worst));
  }
  for (const verify::Finding& finding : verdict.findings) {
    if (IsBesideRungs(finding)) {
      console.Print(StrCat("  ", Padded(finding.code, 4), Mark(finding.level), "  ", finding.text));
    }
  }
  for (const verify::OutputError& output : verdict.outputs) {
    console.Print(StrCat("  output '", output.name, "': SQNR ", FixedText(output.sqnr, 1),
                         " dB, cosine ", FixedText(output.cosine, 5)));
  }
  PrintLayers(console, verdict);
  console.Print(StrCat("verdict  ", verify::LevelName(verdict.level)));
  if (!verdict.judgement.checked) {
    console.Print(StrCat("  the import is not independently checked: ", verdict.judgement.reason));
  }
  for (const verify::Finding& finding : verdict.findings) {
    if (finding.level != verify::Level::kPass) {
      console.Print(StrCat("  because of ", finding.code, ": ", finding.text));
      if (!finding.evidence.empty()) {
        console.Print(StrCat("    evidence: ", finding.evidence));
      }
      if (!finding.fix.empty()) {
        console.Print(StrCat("    fix: ", finding.fix));
      }
    }
  }
  if (!verdict.next.empty()) {
    console.Print(StrCat("next     ", verdict.next));
  }
}

void AddVerdictJson(const verify::Verdict& verdict, Json& json) {
  json["schema_version"] = kJsonSchemaVersion;
  json["verdict"] = verify::LevelName(verdict.level);
  json["independently_checked"] = verdict.judgement.checked;
  json["rungs"] = Json::array();
  for (const verify::Rung& rung : verdict.rungs) {
    json["rungs"].push_back({{"code", rung.code},
                             {"title", rung.title},
                             {"status", verify::RungStatusName(rung.status)},
                             {"figure", rung.figure},
                             {"worst", rung.worst},
                             {"seconds", rung.seconds}});
  }
  json["findings"] = Json::array();
  for (const verify::Finding& finding : verdict.findings) {
    json["findings"].push_back({{"code", finding.code},
                                {"level", verify::LevelName(finding.level)},
                                {"text", finding.text},
                                {"fix", finding.fix},
                                {"evidence", finding.evidence}});
  }
  json["next"] = verdict.next;
  json["preprocessing"] = Json::array();
  for (const verify::PreprocessAlternative& a : verdict.preprocess.alternatives) {
    json["preprocessing"].push_back({{"name", a.name},
                                     {"code", a.code},
                                     {"options", a.options},
                                     {"quality", a.quality},
                                     {"found", a.found},
                                     {"sureness", a.sureness},
                                     {"consistency", a.consistency},
                                     {"gain", a.gain},
                                     {"certainty", a.certainty},
                                     {"clipped", a.fit.clipped},
                                     {"used", a.fit.used},
                                     {"looked_at", a.looked_at},
                                     {"better", a.better}});
  }
  json["outputs"] = Json::array();
  for (const verify::OutputError& output : verdict.outputs) {
    json["outputs"].push_back(
        {{"name", output.name}, {"sqnr", output.sqnr}, {"cosine", output.cosine}});
  }
  if (verdict.has_matches) {
    json["matches"] = {{"expected", verdict.matches.expected},
                       {"matched", verdict.matches.matched},
                       {"share", verdict.matches.Share()},
                       {"median_score_shift", verdict.matches.MedianShift()}};
  }
  if (verdict.has_agreement) {
    json["agreement"] = {{"samples", verdict.agreement_of}, {"share", verdict.agreement}};
  }
  json["guiltiest"] = Json::array();
  for (const verify::LayerError& layer : verdict.guiltiest) {
    json["guiltiest"].push_back(LayerJson(layer));
  }
  json["layers"] = Json::array();
  for (const verify::LayerError& layer : verdict.layers.layers) {
    json["layers"].push_back(LayerJson(layer));
  }
  json["fused_away"] = verdict.layers.fused_away;
  json["gate"] = GateJson(verdict.gate);
}

std::string VerdictJunit(const verify::Verdict& verdict, const std::string& name) {
  std::string cases;
  size_t tests = 0, failures = 0, skipped = 0;
  double seconds = 0;
  const auto add = [&](const std::string& test, double time, std::string_view kind,
                       const std::string& text) {
    ++tests;
    seconds += time;
    cases += StrCat("  <testcase classname=\"plumb.verify\" name=\"", XmlText(test), "\" time=\"",
                    FixedText(time, 3), "\"");
    if (kind == "failure") {
      ++failures;
      cases += StrCat("><failure message=\"", XmlText(text), "\"/></testcase>\n");
    } else if (kind == "skipped") {
      ++skipped;
      cases += StrCat("><skipped message=\"", XmlText(text), "\"/></testcase>\n");
    } else {
      cases += StrCat("><system-out>", XmlText(text), "</system-out></testcase>\n");
    }
  };
  for (const verify::Rung& rung : verdict.rungs) {
    const std::string text = rung.figure + (rung.worst.empty() ? "" : "; " + rung.worst);
    add(StrCat(rung.code, " ", rung.title), rung.seconds,
        rung.status == verify::RungStatus::kFailure   ? "failure"
        : rung.status == verify::RungStatus::kSkipped ? "skipped"
        : rung.status == verify::RungStatus::kWarning ? "warning"
                                                      : "pass",
        rung.status == verify::RungStatus::kWarning ? "warning: " + text : text);
  }
  for (const verify::Finding& finding : verdict.findings) {
    if (IsBesideRungs(finding)) {
      add(finding.code, 0, finding.level == verify::Level::kFailure ? "failure" : "pass",
          finding.level == verify::Level::kWarning ? "warning: " + finding.text : finding.text);
    }
  }
  return StrCat("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"", XmlText(name),
                "\" tests=\"", tests, "\" failures=\"", failures, "\" skipped=\"", skipped,
                "\" errors=\"0\" time=\"", FixedText(seconds, 3), "\">\n", cases, "</testsuite>\n");
}

}  // namespace plumb::cli
