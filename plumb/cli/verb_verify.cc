// plumb verify: is this artifact still the model it was made of?

#include <nlohmann/json.hpp>

#include "plumb/api/lock_rebuild.h"
#include "plumb/api/report.h"
#include "plumb/api/verify_artifact.h"
#include "plumb/base/npy.h"
#include "plumb/base/number_text.h"
#include "plumb/cli/interruption.h"
#include "plumb/cli/model_options.h"
#include "plumb/cli/verb.h"
#include "plumb/cli/verdict_output.h"

namespace plumb::cli {
namespace {

struct Arguments {
  VerifyOptions verify;
  ModelArguments model;  // of --against
  bool quick = false, full = false;
  std::string judge = "auto";
  std::string junit, html;
  bool layer_errors = false;
  LayerTableOptions layers;
  std::string dump_form = "npy";
  bool rebuild = false;
  RebuildRequest again;
};

std::string Described(const VerifyOptions& options, const VerifyResult& result) {
  return StrCat("verify   ", options.artifact, "   ",
                options.effort == verify::Effort::kFull ? "full" : "quick",
                options.against.empty() ? "" : StrCat(", against ", options.against),
                options.data.empty() ? ", no data"
                                     : StrCat(", data ", options.data, " (", result.samples,
                                              result.samples == 1 ? " sample)" : " samples)"));
}

std::string JsonText(const VerifyOptions& options, const VerifyResult& result) {
  nlohmann::ordered_json json = {
      {"artifact", options.artifact},
      {"model", options.against},
      {"data", options.data},
      {"samples", result.samples},
      {"effort", options.effort == verify::Effort::kFull ? "full" : "quick"}};
  AddVerdictJson(result.verdict, json);
  return json.dump(2);
}

std::string DistanceText(const std::optional<verify::Distance>& distance) {
  return distance ? StrCat(FixedText(distance->cosine, 5, 9), FixedText(distance->euclidean, 4, 13))
                  : std::string(22, ' ');
}

// --layer-errors, --dump-layers.
Status CompareLayers(const Console& console, VerifyOptions options) {
  VerifyResult result;
  const auto compare = [&](const Progress& progress) -> Status {
    options.progress = progress;
    PLUMB_ASSIGN_OR_RETURN(result, Verify(options));
    return {};
  };
  // Inside another program, that one ends the work.
  PLUMB_RETURN_IF_ERROR(console.listener ? compare(options.progress)
                                         : RunUntilInterrupted(options.progress, compare));
  if (console.json) {
    nlohmann::ordered_json json = {{"artifact", options.artifact},
                                   {"model", options.against},
                                   {"data", options.data},
                                   {"folder", options.layers->folder}};
    json.update(LayerTableJson(result.layers));
    console.PrintJson(json);
    return {};
  }
  console.Print(StrCat("layers   ", options.artifact, " against ", options.against, ", on ",
                       result.samples, result.samples == 1 ? " sample" : " samples"));
  console.Print("     entire: cosine     distance     alone: cosine     distance   tensor");
  for (const verify::TensorRow& row : result.layers.rows) {
    const std::string form = row.held == DType::kNone ? "inside another layer"
                                                      : StrCat(row.op, ", ", DTypeName(row.held));
    console.Print(StrCat("      ", DistanceText(row.entire), "         ", DistanceText(row.single),
                         "   ", row.name, " (", form, ")"));
  }
  if (!options.layers->folder.empty()) {
    console.Note(StrCat("written  ", options.layers->folder));
  }
  return {};
}

// --rebuild: the artifact made again, byte for byte.
Status Rebuild(const Console& console, const RebuildRequest& request) {
  PLUMB_ASSIGN_OR_RETURN(const RebuildReport report, RebuildAndCompare(request));
  if (console.json) {
    const nlohmann::ordered_json json = {{"artifact", request.artifact},
                                         {"identical", report.identical},
                                         {"difference", report.difference},
                                         {"from", report.from},
                                         {"from_lock", report.taken_over}};
    console.PrintJson(json);
  } else {
    std::string taken;
    for (const std::string& part : report.taken_over) {
      taken += StrCat(taken.empty() ? "; from lock, not measured anew: " : ", ", part);
    }
    console.Print(StrCat("rebuild  ", request.artifact, ": ",
                         report.identical ? "identical" : "differs: " + report.difference,
                         ", made again from ", report.from, taken));
  }
  return report.identical ? Status() : VerificationFailed("the artifact made again is another one");
}

}  // namespace

std::function<Status(Console&)> Setup_verify(CLI::App& app) {
  auto args = std::make_shared<Arguments>();
  VerifyOptions& verify = args->verify;
  app.add_option("artifact", verify.artifact, "a .plumb artifact")->required();
  app.add_option("--against", verify.against,
                 "the float model that it was made of; without it, rungs that need it are skipped");
  app.add_option("--data", verify.data,
                 "pictures or samples as for convert --calib, COCO annotations (instances_*.json), "
                 "or lines 'file index'");
  app.add_flag("--raw-samples", verify.raw_samples,
               "arrays among the samples hold pixels: mean and std are applied to them as to "
               "pictures");
  app.add_option("--images", verify.images,
                 "folder of the pictures that annotations name (default: beside them)");
  app.add_option("--limit", verify.limit, "samples used at most (default: 20 quick, 100 full)");
  CLI::Option* quick =
      app.add_flag("--quick", args->quick, "what a conversion ends with (default)");
  app.add_flag("--full", args->full, "every pass, every kernel, more samples")->excludes(quick);
  app.add_option("--reference", verify.reference,
                 "inputs and expected outputs by name (.npz): judges the import");
  app.add_option("--judge", args->judge,
                 "auto: an installed ONNX Runtime where there is one; onnxruntime: it must be "
                 "there; none")
      ->check(CLI::IsMember({"auto", "onnxruntime", "none"}))
      ->capture_default_str();
  args->model.DeclareReading(app);
  app.add_flag("--rebuild", args->rebuild,
               "make the artifact again, from its lock or --calib, and compare byte for byte");
  app.add_option("--lock", args->again.lock,
                 "with --rebuild: the lock (default: the one beside the artifact)");
  app.add_option(
      "--calib", args->again.calib,
      "with --rebuild: calibrate anew with these samples, as for convert, without a lock");
  app.add_flag("--layer-errors", args->layer_errors,
               "instead of the ladder: every layer's cosine and Euclidean distance from the float "
               "model's on one sample (--limit: more), entire and alone");
  const CLI::Option* dump =
      app.add_option("--dump-layers", args->layers.folder,
                     "the same, and every layer's tensors in both into this new folder");
  app.add_option("--dump-form", args->dump_form,
                 "of --dump-layers: npy; or text, one number a line")
      ->check(CLI::IsMember({"npy", "text"}))
      ->capture_default_str();
  app.add_option("--junit", args->junit, "write the rungs as JUnit XML into this file");
  app.add_option("--html", args->html, "write a report with pictures and charts: one HTML file");
  return [args, dump](Console& console) -> Status {
    VerifyOptions& options = args->verify;
    options.effort = args->full ? verify::Effort::kFull : verify::Effort::kQuick;
    options.judge = args->judge == "none"          ? JudgeChoice::kNone
                    : args->judge == "onnxruntime" ? JudgeChoice::kOnnxRuntime
                                                   : JudgeChoice::kAuto;
    PLUMB_RETURN_IF_ERROR(args->model.ParseReading(options.model_options));
    options.threads = console.Threads();
    options.progress = console.ProgressBar();
    if (!args->rebuild && !(args->again.lock + args->again.calib).empty()) {
      return UsageError("--lock and --calib belong to --rebuild");
    }
    if (args->rebuild) {
      args->again.artifact = options.artifact;
      args->again.model = options.against;
      args->again.threads = options.threads;
      args->again.progress = options.progress;
      return Rebuild(console, args->again);
    }
    if (args->layer_errors || dump->count() > 0) {
      if (dump->count() > 0 && args->layers.folder.empty()) {
        return UsageError("--dump-layers: the name of the folder is empty");
      }
      if (args->full || !(args->junit + args->html).empty()) {
        return UsageError(
            "--layer-errors and --dump-layers give no verdict: leave --full, --junit and --html "
            "out");
      }
      args->layers.form = args->dump_form == "text" ? TensorForm::kText : TensorForm::kNpy;
      options.layers = args->layers;
      return CompareLayers(console, options);
    }
    options.keep_for_report = !args->html.empty();
    if (options.keep_for_report) {
      PLUMB_RETURN_IF_ERROR(CheckReport(args->html));
    }
    PLUMB_ASSIGN_OR_RETURN(const VerifyResult result, Verify(options));
    if (!args->junit.empty()) {
      PLUMB_RETURN_IF_ERROR(WriteFileAtomically(
          args->junit, VerdictJunit(result.verdict, "plumb verify " + options.artifact)));
    }
    if (console.json) {
      console.Print(JsonText(options, result));
    } else {
      console.Print(Described(options, result));
      PrintVerdict(console, result.verdict);
    }
    if (options.keep_for_report) {
      result.report->command = console.command;
      PLUMB_ASSIGN_OR_RETURN(const report::Document document,
                             MakeReport(*result.report, result.verdict, JsonText(options, result),
                                        {}, options.progress));
      PLUMB_RETURN_IF_ERROR(WriteReport(args->html, document));
      console.Note(StrCat("report   ", args->html));
    }
    PLUMB_RETURN_IF_ERROR(result.container);
    if (result.verdict.level == verify::Level::kFailure) {
      return VerificationFailed("the verdict is a failure");
    }
    constexpr int kWarnings = 8;
    console.exit_code =
        result.verdict.level == verify::Level::kWarning && console.strict ? kWarnings : 0;
    return {};
  };
}

}  // namespace plumb::cli
