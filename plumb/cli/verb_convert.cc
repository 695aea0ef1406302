// plumb convert: ends with a verdict and its reasons.

#include <algorithm>
#include <nlohmann/json.hpp>

#include "plumb/api/convert.h"
#include "plumb/api/hybrid_file.h"
#include "plumb/api/report.h"
#include "plumb/artifact/validator.h"
#include "plumb/base/number_text.h"
#include "plumb/cli/model_options.h"
#include "plumb/cli/verb.h"
#include "plumb/cli/verdict_output.h"
#include "plumb/import/onnx/edge_reshapes.h"

namespace plumb::cli {
namespace {

struct Arguments {
  ModelArguments model;
  ConvertOptions convert;
  std::string observer = "min-max";
  std::string form = "auto";
  std::string activations = "int8", weights = "int8", weight_scales = "channel";
  std::vector<std::string> keep_float, faults, shape_sets;
  std::string precision = "integer", hybrid, auto_hybrid;
  bool no_judge = false;
  std::string html;
  std::string golden;
  bool remove_reshape = false;
};

// "quality record, golden vectors"; empty without --locked.
std::string TakenOver(const ConvertResult& result) {
  std::string text;
  for (const std::string& part : result.taken_over) {
    text += (text.empty() ? "" : ", ") + part;
  }
  return text;
}

// "min-max 12 tensors, kl 3"
std::string ObserversText(const std::map<std::string, size_t>& observers) {
  std::string text;
  for (const auto& [name, count] : observers) {
    text += StrCat(text.empty() ? "" : ", ", name, " for ", count);
  }
  return text;
}

// The curve of error against cost, a line a point.
void PrintHybrid(const Console& console, const AutoHybrid& hybrid) {
  const HybridPoint& plain = hybrid.curve.front();
  const HybridPoint& last = hybrid.curve.back();
  size_t promoted = 0;
  for (const HybridPoint& point : hybrid.curve) {
    promoted += point.layers.size();
  }
  console.Print(StrCat("  auto-hybrid ", hybrid.target, hybrid.met ? "" : " (not met)", ": ",
                       promoted, " of ", hybrid.layers, " layers in 16 bits, SQNR ",
                       FixedText(plain.sqnr, 1), " -> ", FixedText(last.sqnr, 1), " dB, cosine ",
                       FixedText(plain.cosine, 5), " -> ", FixedText(last.cosine, 5)));
  size_t layers = 0;
  for (const HybridPoint& point : hybrid.curve) {
    layers += point.layers.size();
    console.Print(
        StrCat("    ", layers, " layers: ", FixedText(point.sqnr, 1), " dB, ",
               FixedText(100.0 * static_cast<double>(point.macs_16) /
                             static_cast<double>(std::max<int64_t>(point.macs, 1)),
                         1),
               " % of the products on 16 bits, ", point.bytes / 1024, " KiB",
               point.layers.empty() ? "" : StrCat(", + '", point.layers.front(), "'"),
               point.layers.size() > 1 ? StrCat(" and ", point.layers.size() - 1, " more") : ""));
  }
}

void PrintHead(const Console& console, const ConvertOptions& options, const ConvertResult& result) {
  if (!options.locked.empty()) {
    console.Print(StrCat(options.output, ": the same bytes as ", options.locked,
                         " was written for; from lock, not measured anew: ", TakenOver(result)));
    return;
  }
  size_t integer = 0;
  for (const quant::LayerNote& note : result.notes) {
    integer += note.integer;
  }
  console.Print(StrCat(options.model, ": ", integer, " layers in integers, ",
                       result.notes.size() - integer, " in float, ", result.samples,
                       " calibration samples"));
  if (result.variants.size() > 1) {
    console.Print(StrCat("  ", result.variants.size(), " sets of input shapes, calibrated on ",
                         result.variants[0]));
  }
  if (options.batch > 1) {
    console.Print(StrCat("  a run takes ", options.batch, " samples"));
  }
  if (!result.observers.empty()) {
    console.Print("  observers chosen: " + ObserversText(result.observers));
  }
  if (!result.auto_hybrid.curve.empty()) {
    PrintHybrid(console, result.auto_hybrid);
  }
  for (const std::string& line : result.no_effect) {
    console.Print("  no effect: " + line);
  }
}

void PrintText(const Console& console, const ConvertOptions& options, const ConvertResult& result) {
  PrintHead(console, options, result);
  PrintVerdict(console, result.verdict);
  console.Print(
      result.written
          ? StrCat("written  ", options.output, "  (", result.artifact_bytes / 1024, " KiB)")
          : StrCat("not written: ", options.output, "  (--force keeps a failed conversion)"));
  if (result.written && !result.lock.empty()) {
    console.Print(StrCat("lock     ", result.lock));
  }
}

std::string JsonText(const ConvertOptions& options, const ConvertResult& result) {
  using Json = nlohmann::ordered_json;
  Json json = {{"model", options.model},      {"artifact", options.output},
               {"written", result.written},   {"samples", result.samples},
               {"variants", result.variants}, {"batch", options.batch}};
  json["lock"] = result.lock.empty() ? Json() : Json(result.lock);
  json["from_lock"] = result.taken_over;
  json["no_effect"] = result.no_effect;
  json["observers"] = Json::object();
  for (const auto& [name, count] : result.observers) {
    json["observers"][name] = count;
  }
  json["auto_hybrid"] = Json();
  if (!result.auto_hybrid.curve.empty()) {
    json["auto_hybrid"] = {{"target", result.auto_hybrid.target},
                           {"met", result.auto_hybrid.met},
                           {"layers", result.auto_hybrid.layers},
                           {"curve", Json::array()}};
    for (const HybridPoint& point : result.auto_hybrid.curve) {
      json["auto_hybrid"]["curve"].push_back({{"promoted", point.layers},
                                              {"share_of_error", point.share},
                                              {"sqnr", point.sqnr},
                                              {"cosine", point.cosine},
                                              {"macs_16", point.macs_16},
                                              {"macs", point.macs},
                                              {"bytes", point.bytes}});
    }
  }
  AddVerdictJson(result.verdict, json);
  json["kept_float"] = Json::array();
  for (const quant::LayerNote& note : result.notes) {
    if (!note.integer) {
      json["kept_float"].push_back({{"name", note.name}, {"op", note.op}, {"reason", note.reason}});
    }
  }
  json["contracts"] = result.explanation;
  return json.dump(2);
}

Status WriteHtml(const Arguments& args, Console& console, const ConvertResult& result) {
  result.report->command = console.command;
  PLUMB_ASSIGN_OR_RETURN(const report::Document document,
                         MakeReport(*result.report, result.verdict, JsonText(args.convert, result),
                                    {}, args.convert.progress));
  PLUMB_RETURN_IF_ERROR(WriteReport(args.html, document));
  console.Note(StrCat("report   ", args.html));
  return {};
}

Status ParseQuantization(Arguments& args) {
  quant::QuantizeOptions& q = args.convert.quantize;
  PLUMB_ASSIGN_OR_RETURN(q.grids.range.observer, quant::ObserverFromName(args.observer));
  PLUMB_ASSIGN_OR_RETURN(q.form, quant::FunctionFormFromName(args.form));
  PLUMB_ASSIGN_OR_RETURN(q.grids.activations, quant::IntegerTypeFromName(args.activations));
  PLUMB_ASSIGN_OR_RETURN(q.weights, quant::IntegerTypeFromName(args.weights));
  PLUMB_ASSIGN_OR_RETURN(q.weight_scales, quant::WeightScalesFromName(args.weight_scales));
  if (q.weights == DType::kS16 && q.grids.activations != DType::kS16) {
    return UsageError(
        "--weights int16 needs --activations int16: no product has weights of 16 bits "
        "and activations of 8");
  }
  PLUMB_ASSIGN_OR_RETURN(args.convert.precision, PrecisionFromName(args.precision));
  PLUMB_RETURN_IF_ERROR(CheckCustomString(args.convert.custom_string));
  if (!args.hybrid.empty()) {
    PLUMB_RETURN_IF_ERROR(ReadHybridFile(args.hybrid, q));
  }
  if (!args.auto_hybrid.empty()) {
    PLUMB_ASSIGN_OR_RETURN(args.convert.auto_hybrid, AutoHybridTargetFromText(args.auto_hybrid));
  }
  if (args.convert.precision == Precision::kFloat &&
      (args.convert.auto_hybrid || !args.convert.ranges.empty())) {
    return UsageError(
        args.convert.auto_hybrid ? "--auto-hybrid" : "--ranges",
        " beside --precision fp32: nothing is quantized there; leave one of them out");
  }
  q.keep_float.insert(args.keep_float.begin(), args.keep_float.end());
  for (const std::string& fault : args.faults) {
    const size_t equals = fault.rfind('=');
    char* end = nullptr;
    const float factor =
        equals == std::string::npos ? 0 : std::strtof(fault.c_str() + equals + 1, &end);
    if (equals == std::string::npos || *end != '\0' || !(factor > 0)) {
      return UsageError("--scale-fault ", fault, ": expected name=factor");
    }
    q.scale_faults[fault.substr(0, equals)] = factor;
  }
  return {};
}

// A lock states every option; one given beside it would be without effect, or break its promise.
Status CheckOnlyLocked(const CLI::App& app) {
  constexpr std::string_view kAllowed[] = {"model",  "output",  "locked",  "no-lock",
                                           "json",   "threads", "verbose", "quiet",
                                           "strict", "config",  "force"};
  for (const CLI::Option* option : app.get_options()) {
    const std::string name =
        option->get_lnames().empty() ? option->get_single_name() : option->get_lnames()[0];
    const bool model = option == app.get_option_no_throw("model");
    if (option->count() > 0 && !model &&
        std::ranges::find(kAllowed, name) == std::ranges::end(kAllowed)) {
      return UsageError("--", name,
                        " beside --locked: the lock states every option; leave it out, or "
                        "convert anew with --calib");
    }
  }
  return {};
}

}  // namespace

std::function<Status(Console&)> Setup_convert(CLI::App& app) {
  auto args = std::make_shared<Arguments>();
  ConvertOptions& convert = args->convert;
  args->model.Declare(app);
  app.get_option("model")->required(false);  // --locked finds it beside the lock
  app.add_option("-o,--output", convert.output, "the artifact to write")->required();
  app.add_option("--calib", convert.calib,
                 "calibration samples: a folder, a list with one sample a line, or an .npz");
  app.add_option("--shape-set", args->shape_sets,
                 "one of several sets of input shapes that the artifact takes: "
                 "name=1x3x640x640,other=1x4 (given once a set, or with ; between sets)");
  app.add_option("--batch", convert.batch,
                 "samples that a run of the artifact takes, computed one after the other")
      ->check(CLI::Range(1, artifact::kMaxBatch))
      ->capture_default_str();
  app.add_flag("--raw-samples", convert.raw_samples,
               "arrays among the samples hold pixels: mean and std are applied to them as to "
               "pictures");
  app.add_option("--locked", convert.locked,
                 "make the same bytes again from a lock (model.lock), without samples");
  app.add_option(
      "--ranges", convert.ranges,
      "take calibrated ranges from a lock, as they stand there; --calib serves the check");
  app.add_flag("!--no-lock", convert.lock, "do not write the lock beside the artifact");
  app.add_option("--calib-limit", convert.calib_limit,
                 "samples used at most, spread over all (0: all)")
      ->capture_default_str();
  app.add_option("--check-limit", convert.check_limit, "of these, used for the verdict (0: all)")
      ->capture_default_str();
  app.add_option("--observer", args->observer,
                 "how ranges are chosen: min-max, percentile, mse, kl, or auto: for each tensor "
                 "the one of these that leaves its readers the least error")
      ->capture_default_str();
  app.add_option("--percentile", convert.quantize.grids.range.percentile,
                 "share of values inside, in percent")
      ->check(CLI::Range(50.0, 100.0))
      ->capture_default_str();
  app.add_option("--function-form", args->form, "functions behind a layer: auto, table or float")
      ->capture_default_str();
  app.add_option(
         "--activations", args->activations,
         "what activations are held as: int8, or int16 (zero point 0, more accurate, slower)")
      ->capture_default_str();
  app.add_option("--weights", args->weights,
                 "what weights are held as: int8, or int16 with --activations int16")
      ->capture_default_str();
  app.add_option("--weight-scales", args->weight_scales,
                 "scales of a layer's weights: one an output channel, or one a layer (less "
                 "accurate)")
      ->capture_default_str();
  app.add_option("--dense-channel-ratio", convert.quantize.grids.dense_channel_ratio,
                 "how far apart scales of channels may lie that a dense layer reads (1: one scale)")
      ->check(CLI::Range(1.0, 1e6))
      ->capture_default_str();
  app.add_option("--precision", args->precision,
                 "integer, or fp32: the float network as it is; needs no samples")
      ->capture_default_str();
  app.add_option("--hybrid", args->hybrid,
                 "types of layers and ranges of tensors by name: a YAML file");
  app.add_option("--auto-hybrid", args->auto_hybrid,
                 "give 16 bits to the layers that cost most, until sqnr=DECIBELS or cosine=NUMBER "
                 "is met; or to those that are off by themselves: layer-cosine=NUMBER below it, "
                 "layer-euclidean=NUMBER above it, or both with a comma");
  app.add_option("--keep-float", args->keep_float,
                 "layers or tensors to compute in float, by name");
  app.add_flag("!--no-bias-correction", convert.quantize.correct_bias,
               "leave the mean error of rounded weights in the biases");
  app.add_flag("--one-scale-for-outputs", convert.quantize.one_scale_for_outputs,
               "hold every output as int8 on one scale, as some converters do (boxes and scores "
               "then share it)");
  app.add_option("--reference", convert.reference,
                 "inputs and expected outputs by name (.npz): judges the import");
  app.add_flag("--no-judge", args->no_judge,
               "do not run an installed ONNX Runtime to judge the import");
  app.add_option("--golden", args->golden,
                 "golden vectors for 'plumb selftest': none or 1 to 4 (default: as many as 256 KiB "
                 "hold)")
      ->check(CLI::IsMember({"none", "1", "2", "3", "4"}));
  app.add_option("--custom-string", convert.custom_string,
                 "a text of at most 1024 bytes that travels in the artifact");
  app.add_flag("--remove-reshape", args->remove_reshape,
               "begin and end the model behind and before Reshape nodes at its ends (other shapes, "
               "other names)");
  app.add_flag("--force", convert.keep_failed,
               "write the artifact although the verdict is a failure");
  app.add_option("--html", args->html, "write a report with pictures and charts: one HTML file");
  app.add_option("--save-stage", convert.save_stages,
                 "folder to write each stage's graph into, as text");
  app.add_option("--scale-fault", args->faults,
                 "name=factor: spoil a layer's weight scale, to test the checks")
      ->group("");
  return [args, &app](Console& console) -> Status {
    ConvertOptions& options = args->convert;
    options.model = args->model.model;
    if (options.locked.empty() && options.model.empty()) {
      return UsageError("the model is missing: plumb convert MODEL --calib SAMPLES -o OUT");
    }
    if (!options.locked.empty()) {
      PLUMB_RETURN_IF_ERROR(CheckOnlyLocked(app));
    }
    options.judge = !args->no_judge;
    if (!args->golden.empty()) {
      options.golden = args->golden == "none" ? 0 : static_cast<size_t>(args->golden[0] - '0');
    }
    PLUMB_ASSIGN_OR_RETURN(options.model_options, args->model.Parse());
    if (args->remove_reshape) {
      PLUMB_ASSIGN_OR_RETURN(const auto moved,
                             onnx::CutEdgeReshapes(options.model, options.model_options.cut));
      for (const auto& [was, is] : moved) {
        console.Warn(StrCat("--remove-reshape: '", is, "' takes the place of '", was,
                            "', with the shape that it has inside the model"));
      }
    }
    PLUMB_RETURN_IF_ERROR(ParseQuantization(*args));
    for (const std::string& text : args->shape_sets) {
      PLUMB_ASSIGN_OR_RETURN(const std::vector<ShapeSet> sets, ParseShapeSets(text));
      options.shape_sets.insert(options.shape_sets.end(), sets.begin(), sets.end());
    }
    options.threads = console.Threads();
    options.progress = console.ProgressBar();
    options.note = [&console](const std::string& line) { console.Note(line); };
    options.keep_for_report = !args->html.empty();
    if (options.keep_for_report) {
      PLUMB_RETURN_IF_ERROR(CheckReport(args->html));
    }
    PLUMB_ASSIGN_OR_RETURN(const ConvertResult result, Convert(options));
    console.json ? console.Print(JsonText(options, result)) : PrintText(console, options, result);
    if (options.keep_for_report) {
      PLUMB_RETURN_IF_ERROR(WriteHtml(*args, console, result));
    }
    if (result.verdict.level == verify::Level::kFailure) {
      return VerificationFailed(
          "the verdict is a failure",
          result.written ? StrCat("; '", options.output, "' was written because of --force")
                         : "; nothing was written");
    }
    constexpr int kWarnings = 8;
    console.exit_code =
        result.verdict.level == verify::Level::kWarning && console.strict ? kWarnings : 0;
    return {};
  };
}

}  // namespace plumb::cli
