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
#include "plumb/vision/nms.h"

namespace plumb {

// Where the time of the pictures went, summed, in milliseconds.
struct StageTimes {
  int64_t pictures = 0;
  double fit = 0;      // resize and letterbox
  double input = 0;    // pixels into the network's input
  double network = 0;  // Run
  double boxes = 0;    // decode and NMS
};

// A model with one picture input, bound and ready. One picture at a time, except Fit.
class PictureModel {
 public:
  // Refuses a model that takes no pictures, with what is missing.
  [[nodiscard]] static Result<PictureModel> Create(const Model& model, int threads);

  // The picture in the network's size. Any number of threads may call it.
  [[nodiscard]] Result<vision::Fitted> Fit(const Picture& picture) const;
  // Boxes in pixels of the picture that was fitted, by falling score.
  [[nodiscard]] Result<std::vector<vision::Detection>> Detect(const vision::Fitted& fitted,
                                                              const vision::BoxOptions& options);
  [[nodiscard]] Result<std::vector<vision::Detection>> Detect(const Picture& picture,
                                                              const vision::BoxOptions& options);
  // The k best classes.
  [[nodiscard]] Result<std::vector<vision::ClassScore>> Classify(const Picture& picture, int k);

  [[nodiscard]] const Model& model() const { return *model_; }
  // Of all calls of Detect(fitted) so far; `fit` stays 0, since Fit may run elsewhere.
  [[nodiscard]] const StageTimes& times() const { return times_; }

 private:
  // Runs the network; the views are valid until the next call.
  [[nodiscard]] Result<std::vector<ConstTensorView>> Run(const Picture& fitted);

  std::shared_ptr<const Model> model_;
  std::shared_ptr<const artifact::Program>
      program_;                      // the model's, or what FindHeads and TakePixels leave of it
  artifact::DecodeContract decode_;  // of program_'s outputs
  std::optional<vision::PixelTables> pixels_;  // when program_'s input takes pixels
  std::unique_ptr<runtime::Session> session_;
  std::vector<runtime::NamedTensor> converted_;  // outputs that the session holds in another type
  StageTimes times_;
};

// Pictures that the arguments name: files, and the pictures of folders, by name.
[[nodiscard]] Result<std::vector<std::string>> ListPictures(const std::vector<std::string>& paths);

[[nodiscard]] std::string LabelOf(const artifact::DecodeContract& contract, int label);

}  // namespace plumb
