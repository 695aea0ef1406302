// plumb diagnose: why are the boxes wrong?

#include <nlohmann/json.hpp>

#include "plumb/api/diagnose.h"
#include "plumb/api/report.h"
#include "plumb/api/report_diagnosis.h"
#include "plumb/cli/model_options.h"
#include "plumb/cli/verb.h"

namespace plumb::cli {
namespace {

using verify::Diagnosis;

std::string Text(const Diagnosis& d) {
  std::string text = d.headline;
  if (!d.causes.empty()) {
    text += StrCat("\nevidence  ", d.causes[0].explanation.evidence);
  }
  if (!d.note.empty()) {
    text += StrCat("\nnote      ", d.note);
  }
  if (!d.tried.empty()) {
    text += "\n\n      explains  hypothesis";
  }
  for (const verify::TriedHypothesis& t : d.tried) {
    char head[64];
    std::snprintf(head, sizeof(head), "\n%-4s  %8s  ", t.code.c_str(),
                  t.cause.empty() ? "-" : verify::PercentText(t.explained).c_str());
    text += head + t.title + (t.cause.empty() ? "" : StrCat(" [", t.cause, "]")) +
            "\n                " + t.evidence;
  }
  for (size_t i = 1; i < d.causes.size() && i < 3; ++i) {
    text += StrCat(i == 1 ? "\n\nor else   " : "\n          ", d.causes[i].explanation.sentence,
                   " (", d.causes[i].code, ", explains ",
                   verify::PercentText(d.causes[i].explanation.explained), ")");
  }
  if (!d.next.empty()) {
    text += StrCat("\n\nnext      ", d.next);
  }
  return text;
}

nlohmann::ordered_json Json(const Diagnosis& d) {
  nlohmann::ordered_json json = {{"healthy", d.healthy}};
  json["headline"] = d.headline;
  json["difference"] = {{"value", d.difference.value()}, {"expected", d.expected}};
  if (d.difference.tensors) {
    json["difference"]["tensors"] = *d.difference.tensors;
  }
  if (d.difference.boxes) {
    json["difference"]["boxes"] = *d.difference.boxes;
  }
  json["causes"] = nlohmann::ordered_json::array();
  for (const verify::NamedCause& cause : d.causes) {
    const verify::Explanation& e = cause.explanation;
    json["causes"].push_back({{"code", cause.code},
                              {"cause", e.cause},
                              {"text", e.sentence},
                              {"evidence", e.evidence},
                              {"fix", e.remedy},
                              {"explained", e.explained},
                              {"confidence", cause.confidence},
                              {"exact", e.certain}});
  }
  json["tried"] = nlohmann::ordered_json::array();
  for (const verify::TriedHypothesis& t : d.tried) {
    json["tried"].push_back({{"code", t.code},
                             {"title", t.title},
                             {"cause", t.cause},
                             {"explained", t.explained},
                             {"evidence", t.evidence},
                             {"seconds", t.seconds}});
  }
  json["note"] = d.note;
  json["next"] = d.next;
  return json;
}

}  // namespace

std::function<Status(Console&)> Setup_diagnose(CLI::App& app) {
  struct Arguments {
    ModelArguments model;  // of --against
    DiagnoseOptions options;
    std::string symptom, html;
  };
  auto args = std::make_shared<Arguments>();
  app.add_option("artifact", args->options.subject, "the artifact (or model) that is wrong");
  app.add_option("--against", args->options.against,
                 "what is right: the .onnx model, or an artifact")
      ->required();
  app.add_option(
         "--data", args->options.data,
         "pictures: a folder, a list, or one file; .npy or .npz for networks that take tensors")
      ->required();
  app.add_option("--limit", args->options.limit, "pictures used at most, spread over all; 0: all")
      ->capture_default_str();
  app.add_option(
      "--outputs", args->options.outputs,
      "instead of an artifact: .npz of outputs by name that another runtime made of --data, in "
      "its order; other tensors by name help to find the layer");
  app.add_option(
      "--boxes", args->options.boxes,
      "instead of an artifact: boxes that another program found in --data (COCO results, or "
      "{\"a.jpg\": [[x1,y1,x2,y2,score,class]]})");
  app.add_option("--symptom", args->symptom, "what you see; the likeliest causes are tried first")
      ->check(CLI::IsMember(
          {"too-many-boxes", "no-boxes", "shifted", "low-score", "nan", "differs-by-machine"}));
  app.add_option("--html", args->html, "write a report with every experiment: one HTML file");
  args->model.DeclareOptions(app);
  return [args](Console& console) -> Status {
    DiagnoseOptions& options = args->options;
    PLUMB_ASSIGN_OR_RETURN(options.model_options, args->model.Parse());
    if (!args->symptom.empty()) {
      PLUMB_ASSIGN_OR_RETURN(options.symptom, verify::SymptomFromName(args->symptom));
    }
    options.threads = console.Threads();
    options.progress = console.ProgressBar();
    options.note = [&console](const std::string& line) { console.Note(line); };
    options.keep_for_report = !args->html.empty();
    if (options.keep_for_report) {
      PLUMB_RETURN_IF_ERROR(CheckReport(args->html));
    }
    PLUMB_ASSIGN_OR_RETURN(const DiagnoseResult result, Diagnose(options));
    const Diagnosis& diagnosis = result.diagnosis;
    console.json ? console.PrintJson(Json(diagnosis)) : console.Print(Text(diagnosis));
    if (options.keep_for_report) {
      PLUMB_ASSIGN_OR_RETURN(const report::Document document,
                             MakeDiagnosisReport(result.report.get(), diagnosis, console.command,
                                                 Console::JsonText(Json(diagnosis))));
      PLUMB_RETURN_IF_ERROR(WriteReport(args->html, document));
      console.Note(StrCat("report   ", args->html));
    }
    // An answer is a success; a difference without a known cause is not.
    if (!diagnosis.healthy && diagnosis.causes.empty()) {
      console.exit_code = static_cast<int>(Code::kVerificationFailed);
    }
    return {};
  };
}

}  // namespace plumb::cli
