// From pictures to boxes, and to classes.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "plumb/api/model.h"
#include "plumb/base/picture.h"
#include "plumb/base/status.h"
#include "plumb/runtime/session.h"
#include "plumb/vision/classify.h"
#include "plumb/vision/decode.h"
#include "plumb/vision/detection.h"

namespace plumb {

struct DetectOptions {
  std::optional<float> score;  // default: the decode contract's
  std::optional<float> iou;
  int max_detections = 0;  // 0: the contract's
  vision::ClassMode class_mode = vision::ClassMode::kBest;
  int threads = 1;
};

// A model with one picture input, bound and ready. One picture at a time.
class PictureModel {
 public:
  // Refuses a model that takes no pictures, with what is missing.
  [[nodiscard]] static Result<PictureModel> Create(const Model& model, int threads);

  // The f32 outputs for one picture, valid until the next call, and where the picture was placed.
  struct Outputs {
    std::vector<runtime::NamedTensor> tensors;
    vision::Placement placement;
  };
  [[nodiscard]] Result<Outputs> Run(const Picture& picture);

  // Boxes in pixels of the picture, by falling score.
  [[nodiscard]] Result<std::vector<vision::Detection>> Detect(const Picture& picture,
                                                              const DetectOptions& options);
  // The k best classes.
  [[nodiscard]] Result<std::vector<vision::ClassScore>> Classify(const Picture& picture, int k);

  [[nodiscard]] const Model& model() const { return *model_; }

 private:
  std::shared_ptr<const Model> model_;
  std::unique_ptr<runtime::Session> session_;
};

// Pictures that the arguments name: files, and the pictures of folders, by name.
[[nodiscard]] Result<std::vector<std::string>> ListPictures(const std::vector<std::string>& paths);

[[nodiscard]] std::string LabelOf(const artifact::DecodeContract& contract, int label);

}  // namespace plumb
