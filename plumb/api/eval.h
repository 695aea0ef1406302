// plumb eval: accuracy on labelled pictures, with a bootstrap interval.
#pragma once

#include <string>
#include <vector>

#include "plumb/api/model.h"
#include "plumb/api/progress.h"
#include "plumb/base/status.h"

namespace plumb {

struct EvalOptions {
  std::string task;    // "coco", "imagenet"
  std::string data;    // coco: annotations as instances_*.json; imagenet: lines "file index"
  std::string images;  // the folder the file names are relative to
  int threads = 1;
  Progress progress;
};

struct EvalMetric {
  std::string name;          // "AP50", "AP", "top-1", "top-5"
  double value = 0;          // 0..1
  double low = 0, high = 0;  // 95 % bootstrap interval over the pictures
};

struct EvalResult {
  std::string model;
  size_t pictures = 0;
  std::vector<EvalMetric> metrics;
};

struct EvalComparison {
  EvalResult model;
  bool compared = false;
  EvalResult other;
  std::vector<EvalMetric> difference;  // model minus other, drawn together
};

// COCO: score 0.01, class-wise NMS 0.65, every class of a box, 100 boxes a picture.
[[nodiscard]] Result<EvalComparison> Evaluate(const Model& model, const Model* compare,
                                              const EvalOptions& options);

}  // namespace plumb
