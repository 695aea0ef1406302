#include "plumb/api/eval.h"

#include <algorithm>
#include <filesystem>
#include <random>

#include "plumb/api/detect.h"
#include "plumb/api/labelled_data.h"
#include "plumb/pictures/read_picture.h"
#include "plumb/vision/coco_metric.h"
#include "plumb/vision/coco_results.h"

namespace plumb {
namespace {

constexpr uint64_t kSeed = 1;
constexpr float kEvalScore = 0.01f, kEvalIou = 0.65f;
constexpr int kEvalMost = 100;

// The annotations' category of each of the model's labels: by name where the names are there, else COCO's numbering.
int32_t CategoryOf(const CocoData& data, const artifact::DecodeContract& contract, int32_t label) {
  const auto found = data.category_of_name.find(LabelOf(contract, label));
  return found != data.category_of_name.end() ? found->second
                                              : vision::CategoryId(label, contract.classes);
}

Result<vision::CocoMetric> MeasureCoco(const Model& model, const CocoData& data,
                                       const EvalOptions& options, const std::string& stage) {
  PLUMB_ASSIGN_OR_RETURN(PictureModel detector, PictureModel::Create(model, options.threads));
  vision::BoxOptions detect;
  detect.score = kEvalScore;
  detect.iou = kEvalIou;
  detect.max_detections = kEvalMost;
  detect.class_mode = vision::ClassMode::kEvery;
  std::vector<vision::CocoFound> found;
  std::vector<int64_t> ids;
  for (size_t i = 0; i < data.images.size(); ++i) {
    const auto& [id, name] = data.images[i];
    ids.push_back(id);
    PLUMB_ASSIGN_OR_RETURN(
        const Picture picture,
        pictures::ReadPicture((std::filesystem::path(options.images) / name).string()));
    PLUMB_ASSIGN_OR_RETURN(const auto detections, detector.Detect(picture, detect));
    for (const vision::Detection& d : detections) {
      found.push_back(
          {id,
           CategoryOf(data, model.decode, d.label),
           {d.x1, d.y1, static_cast<double>(d.x2) - d.x1, static_cast<double>(d.y2) - d.y1},
           d.score});
    }
    if (options.progress) {
      options.progress(stage, i + 1, data.images.size());
    }
  }
  return vision::CocoMetric::Make(ids, data.truths, found);
}

std::vector<EvalMetric> Metrics(const vision::CocoScores& scores,
                                const vision::CocoInterval& interval) {
  return {{"AP50", scores.ap50, interval.low.ap50, interval.high.ap50},
          {"AP", scores.ap, interval.low.ap, interval.high.ap}};
}

Result<EvalComparison> EvaluateCoco(const Model& model, const Model* compare,
                                    const EvalOptions& options) {
  PLUMB_ASSIGN_OR_RETURN(const CocoData data, ReadCoco(options.data));
  EvalComparison result;
  PLUMB_ASSIGN_OR_RETURN(const vision::CocoMetric a, MeasureCoco(model, data, options, "evaluate"));
  result.model = {model.path, data.images.size(), Metrics(a.Scores(), a.Bootstrap(kSeed))};
  if (compare != nullptr) {
    PLUMB_ASSIGN_OR_RETURN(const vision::CocoMetric b,
                           MeasureCoco(*compare, data, options, "evaluate compared"));
    result.compared = true;
    result.other = {compare->path, data.images.size(), Metrics(b.Scores(), b.Bootstrap(kSeed))};
    const vision::CocoScores difference{a.Scores().ap - b.Scores().ap,
                                        a.Scores().ap50 - b.Scores().ap50};
    result.difference = Metrics(difference, vision::CocoMetric::BootstrapDifference(a, b, kSeed));
  }
  return result;
}

// By picture: 1 when the label is among the first k.
struct Hits {
  std::vector<int> top1, top5;
};

Result<Hits> MeasureClasses(const Model& model, const std::vector<LabelledPicture>& data,
                            const EvalOptions& options, const std::string& stage) {
  PLUMB_ASSIGN_OR_RETURN(PictureModel classifier, PictureModel::Create(model, options.threads));
  Hits hits;
  for (size_t i = 0; i < data.size(); ++i) {
    PLUMB_ASSIGN_OR_RETURN(
        const Picture picture,
        pictures::ReadPicture((std::filesystem::path(options.images) / data[i].file).string()));
    PLUMB_ASSIGN_OR_RETURN(const auto top, classifier.Classify(picture, 5));
    const auto at = std::find_if(top.begin(), top.end(), [&](const vision::ClassScore& s) {
      return s.label == data[i].label;
    });
    hits.top1.push_back(at == top.begin() && at != top.end());
    hits.top5.push_back(at != top.end());
    if (options.progress) {
      options.progress(stage, i + 1, data.size());
    }
  }
  return hits;
}

double Mean(const std::vector<double>& x) {
  double sum = 0;
  for (double v : x) {
    sum += v;
  }
  return sum / static_cast<double>(x.size());
}

// Percentile bootstrap of the mean of values by picture; the draws depend on the seed and the count alone.
EvalMetric Bootstrapped(std::string name, const std::vector<double>& values) {
  constexpr int kDraws = 1000;
  std::mt19937_64 random(kSeed);
  std::vector<double> means;
  for (int draw = 0; draw < kDraws; ++draw) {
    double sum = 0;
    for (size_t i = 0; i < values.size(); ++i) {
      sum += values[static_cast<size_t>(
          (static_cast<unsigned __int128>(random()) * values.size()) >> 64)];
    }
    means.push_back(sum / static_cast<double>(values.size()));
  }
  std::sort(means.begin(), means.end());
  return {std::move(name), Mean(values), means[kDraws * 25 / 1000], means[kDraws * 975 / 1000 - 1]};
}

std::vector<double> Difference(const std::vector<int>& a, const std::vector<int>* b) {
  std::vector<double> x;
  for (size_t i = 0; i < a.size(); ++i) {
    x.push_back(a[i] - (b == nullptr ? 0 : (*b)[i]));
  }
  return x;
}

std::vector<EvalMetric> ClassMetrics(const Hits& a, const Hits* b) {
  return {Bootstrapped("top-1", Difference(a.top1, b == nullptr ? nullptr : &b->top1)),
          Bootstrapped("top-5", Difference(a.top5, b == nullptr ? nullptr : &b->top5))};
}

Result<EvalComparison> EvaluateClasses(const Model& model, const Model* compare,
                                       const EvalOptions& options) {
  PLUMB_ASSIGN_OR_RETURN(const std::vector<LabelledPicture> data, ReadPictureLabels(options.data));
  EvalComparison result;
  PLUMB_ASSIGN_OR_RETURN(const Hits a, MeasureClasses(model, data, options, "evaluate"));
  result.model = {model.path, data.size(), ClassMetrics(a, nullptr)};
  if (compare != nullptr) {
    PLUMB_ASSIGN_OR_RETURN(const Hits b,
                           MeasureClasses(*compare, data, options, "evaluate compared"));
    result.compared = true;
    result.other = {compare->path, data.size(), ClassMetrics(b, nullptr)};
    result.difference = ClassMetrics(a, &b);
  }
  return result;
}

}  // namespace

Result<EvalComparison> Evaluate(const Model& model, const Model* compare,
                                const EvalOptions& options) {
  if (options.task == "coco") {
    return EvaluateCoco(model, compare, options);
  }
  if (options.task == "imagenet") {
    return EvaluateClasses(model, compare, options);
  }
  return UsageError("--task ", options.task, ": expected coco or imagenet");
}

}  // namespace plumb
