// plumb eval: accuracy on labelled pictures.

#include <algorithm>
#include <nlohmann/json.hpp>

#include "plumb/api/eval.h"
#include "plumb/artifact/reader.h"
#include "plumb/cli/model_options.h"
#include "plumb/cli/verb.h"

namespace plumb::cli {
namespace {

nlohmann::ordered_json Json(const std::vector<EvalMetric>& metrics) {
  nlohmann::ordered_json json;
  for (const EvalMetric& metric : metrics) {
    json[metric.name] = {{"value", metric.value}, {"low", metric.low}, {"high", metric.high}};
  }
  return json;
}

std::string Text(const std::string& title, const std::vector<EvalMetric>& metrics) {
  std::string text = title;
  for (const EvalMetric& metric : metrics) {
    char cell[128];
    std::snprintf(cell, sizeof(cell), "\n  %-6s %7.4f   95 %% interval %7.4f to %7.4f",
                  metric.name.c_str(), metric.value, metric.low, metric.high);
    text += cell;
  }
  return text;
}

struct Models {
  Model model;
  std::optional<Model> other;
};

bool SamePorts(const Model& a, const Model& b) {
  const auto same = [](const auto& x, const auto& y) {
    return std::equal(x.begin(), x.end(), y.begin(), y.end(),
                      [](const auto& p, const auto& q) { return p.name == q.name; });
  };
  return same(a.program->inputs, b.program->inputs) && same(a.program->outputs, b.program->outputs);
}

// A float model beside an artifact: the options are the float model's. Where they say nothing of pictures and decoding, the
// artifact of the same network does; and the float model is the part of its file that the artifact was made of.
Result<Models> LoadBoth(const std::string& path, const std::string& compare,
                        const ModelOptions& options) {
  const bool first = artifact::LooksLikeArtifact(path);
  const bool mixed = first != artifact::LooksLikeArtifact(compare);
  Models models;
  if (mixed) {
    PLUMB_ASSIGN_OR_RETURN(Model made, LoadModel(first ? path : compare, {}));
    ModelOptions as_made = options;
    ReadAsRecorded(made, as_made);
    PLUMB_ASSIGN_OR_RETURN(Model read, LoadModel(first ? compare : path, as_made));
    models.model = std::move(first ? made : read);
    models.other = std::move(first ? read : made);
  } else {
    PLUMB_ASSIGN_OR_RETURN(models.model, LoadModel(path, options));
    PLUMB_ASSIGN_OR_RETURN(models.other, LoadModel(compare, options));
  }
  const contract::PictureOptions& p = options.contract.picture;
  if (mixed && SamePorts(models.model, *models.other) && !p.color && !p.mean && !p.std &&
      !p.resize && !p.pad && !options.contract.decode) {
    const Model& from = first ? models.model : *models.other;
    Model& to = first ? *models.other : models.model;
    to.io = from.io;
    to.decode = from.decode;
  }
  return models;
}

}  // namespace

std::function<Status(Console&)> Setup_eval(CLI::App& app) {
  struct Arguments {
    ModelArguments model;
    EvalOptions eval;
    std::string compare;
  };
  auto args = std::make_shared<Arguments>();
  args->model.Declare(app);
  app.add_option("--task", args->eval.task, "coco or imagenet")
      ->required()
      ->check(CLI::IsMember({"coco", "imagenet"}));
  app.add_option("--data", args->eval.data,
                 "coco: annotations (instances_*.json); imagenet: lines 'file index'")
      ->required();
  app.add_option("--images", args->eval.images, "folder of the pictures")->required();
  app.add_option("--compare", args->compare,
                 "another model or artifact, measured on the same pictures");
  return [args](Console& console) -> Status {
    PLUMB_ASSIGN_OR_RETURN(const ModelOptions options, args->model.Parse());
    Models models;
    if (args->compare.empty()) {
      PLUMB_ASSIGN_OR_RETURN(models.model, LoadModel(args->model.model, options));
    } else {
      PLUMB_ASSIGN_OR_RETURN(models, LoadBoth(args->model.model, args->compare, options));
    }
    const Model& model = models.model;
    const std::optional<Model>& other = models.other;
    args->eval.threads = console.Threads();
    args->eval.progress = console.ProgressBar();
    PLUMB_ASSIGN_OR_RETURN(const EvalComparison result,
                           Evaluate(model, other ? &*other : nullptr, args->eval));
    if (console.json) {
      nlohmann::ordered_json json = {{"task", args->eval.task},
                                     {"pictures", result.model.pictures},
                                     {"model", result.model.model},
                                     {"metrics", Json(result.model.metrics)}};
      if (result.compared) {
        json["compare"] = {{"model", result.other.model}, {"metrics", Json(result.other.metrics)}};
        json["difference"] = Json(result.difference);
      }
      console.PrintJson(json);
      return {};
    }
    console.Print(Text(StrCat(result.model.model, ", ", result.model.pictures, " pictures"),
                       result.model.metrics));
    if (result.compared) {
      console.Print(Text(result.other.model, result.other.metrics));
      console.Print(Text("difference", result.difference));
    }
    return {};
  };
}

}  // namespace plumb::cli
