// plumb diff: what is not the same in two artifacts, and what of it moves the result most.

#include <algorithm>
#include <nlohmann/json.hpp>

#include "plumb/api/diff.h"
#include "plumb/cli/model_options.h"
#include "plumb/cli/verb.h"

namespace plumb::cli {
namespace {

using Json = nlohmann::ordered_json;

struct Arguments {
  ModelArguments model;  // its model is the first
  DiffOptions diff;
};

void PrintText(const Console& console, const DiffOptions& options, const DiffReport& report) {
  console.Print(StrCat(options.a, " -> ", options.b, ": ", report.summary));
  if (!report.most.empty()) {
    console.Print("moves the result most: " + report.most);
  }
  if (report.samples > 0) {
    console.Print(
        StrCat("everything together: ", report.whole.Text(), ", on ", report.measured_on));
  }
  constexpr size_t kShown = 12;
  for (const DiffSection& section : report.sections) {
    console.Print(section.title);
    const size_t shown = console.verbosity == Verbosity::kVerbose ? section.lines.size() : kShown;
    for (size_t i = 0; i < std::min(shown, section.lines.size()); ++i) {
      console.Print("  " + section.lines[i]);
    }
    if (section.lines.size() > shown) {
      console.Print(StrCat("  and ", section.lines.size() - shown, " more (--verbose shows all)"));
    }
  }
  if (!report.alone.empty()) {
    console.Print("each change alone, made in a");
  }
  for (const AloneEffect& alone : report.alone) {
    console.Print(StrCat("  ", alone.effect.Text(), "   ", alone.what));
  }
  for (const std::string& what : report.not_alone) {
    console.Print("  not measured alone: " + what);
  }
}

Json EffectJson(const Effect& effect) {
  Json json = {{"sqnr", effect.comparable ? Json(effect.sqnr) : Json()}};
  if (effect.has_boxes) {
    json["boxes_a"] = effect.boxes_a;
    json["boxes_b"] = effect.boxes_b;
    json["boxes_changed"] = effect.boxes_changed;
  }
  if (effect.has_classes) {
    json["classes_changed"] = effect.classes_changed;
  }
  return json;
}

Json PartJson(const verify::PartChange& part) {
  Json constants = Json::array();
  for (const verify::ConstantChange& c : part.constants) {
    constants.push_back({{"role", c.role},
                         {"note", c.note},
                         {"elements", c.elements},
                         {"changed", c.changed},
                         {"largest", c.largest}});
    if (c.steps) {
      constants.back()["steps"] = *c.steps;
    }
  }
  return {{"tensor", part.tensor}, {"records_a", part.records_a}, {"records_b", part.records_b},
          {"grid_a", part.grid_a}, {"grid_b", part.grid_b},       {"attributes", part.attributes},
          {"constants", constants}};
}

void PrintJson(const Console& console, const DiffOptions& options, const DiffReport& report) {
  Json json = {{"a", options.a},
               {"b", options.b},
               {"same_file", report.same_file},
               {"same_result", report.same_result},
               {"summary", report.summary},
               {"most", report.most}};
  json["sections"] = Json::object();
  for (const DiffSection& section : report.sections) {
    json["sections"][section.title] = section.lines;
  }
  json["layers"] = Json::array();
  for (const verify::PartChange& part : report.program.parts) {
    json["layers"].push_back(PartJson(part));
  }
  json["only_a"] = report.program.only_a;
  json["only_b"] = report.program.only_b;
  json["measured_on"] = report.measured_on;
  json["samples"] = report.samples;
  if (report.samples > 0) {
    json["whole"] = EffectJson(report.whole);
  }
  json["alone"] = Json::array();
  for (const AloneEffect& alone : report.alone) {
    json["alone"].push_back(
        {{"what", alone.what}, {"together", alone.together}, {"effect", EffectJson(alone.effect)}});
  }
  json["not_alone"] = report.not_alone;
  console.PrintJson(json);
}

}  // namespace

std::function<Status(Console&)> Setup_diff(CLI::App& app) {
  auto args = std::make_shared<Arguments>();
  DiffOptions& diff = args->diff;
  args->model.Declare(app);
  app.add_option("other", diff.b, "the other one: an artifact or a model")->required();
  app.add_option("--data", diff.data,
                 "samples to measure on: a folder of pictures, a list, or an .npz");
  app.add_option("--limit", diff.limit, "samples of --data used at most (0: all)")
      ->capture_default_str();
  app.add_option("--layers", diff.layers, "layers measured alone, those that differ most")
      ->capture_default_str();
  return [args](Console& console) -> Status {
    DiffOptions& options = args->diff;
    options.a = args->model.model;
    PLUMB_ASSIGN_OR_RETURN(options.model_options, args->model.Parse());
    options.threads = console.Threads();
    options.progress = console.ProgressBar();
    PLUMB_ASSIGN_OR_RETURN(const DiffReport report, Diff(options));
    console.json ? PrintJson(console, options, report) : PrintText(console, options, report);
    constexpr int kDiffer = 8;
    console.exit_code = console.strict && !report.same_file ? kDiffer : 0;
    return {};
  };
}

}  // namespace plumb::cli
