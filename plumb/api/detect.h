// From pictures to boxes, and to classes.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "plumb/api/model.h"
#include "plumb/base/picture.h"
#include "plumb/base/status.h"
#include "plumb/runtime/session.h"
#include "plumb/verify/contract_check.h"
#include "plumb/verify/observations.h"
#include "plumb/verify/rule_result.h"
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

struct PictureModelOptions {
  int threads = 1;
  // Decode as the contract says, although the tensors contradict it.
  bool trust_contract = false;
  // Run the sanity rules over the pictures; contradictions are findings then, not errors.
  bool check = false;
  // Told of what was adapted or looks wrong. Without it, what would be adapted is refused.
  std::function<void(const std::string&)> note;
};

// A model with one picture input, bound and ready. One picture at a time, except Fit.
//
// The outputs of the first picture are held against the decode contract (verify/contract_check.h).
// What the user stated and the tensors contradict is an error; what nobody stated is adapted when
// the evidence is certain, and `note` is told. A picture on which most cells pass the score
// threshold is an error, too: such boxes mean nothing, and there are thousands of them.
class PictureModel {
 public:
  // Refuses a model that takes no pictures, with what is missing.
  [[nodiscard]] static Result<PictureModel> Create(const Model& model, PictureModelOptions options);
  [[nodiscard]] static Result<PictureModel> Create(const Model& model, int threads);

  // The picture in the network's size. Any number of threads may call it.
  [[nodiscard]] Result<vision::Fitted> Fit(const Picture& picture) const;
  // Boxes in pixels of the picture that was fitted, by falling score.
  [[nodiscard]] Result<std::vector<vision::Detection>> Detect(const vision::Fitted& fitted,
                                                              const vision::BoxOptions& options);
  [[nodiscard]] Result<std::vector<vision::Detection>> Detect(const Picture& picture,
                                                              const vision::BoxOptions& options);
  // What Detect decoded on the last picture, before suppression, in pixels of the network's input:
  // the best class of every cell with at least `score`. Empty without `check`.
  [[nodiscard]] Result<std::vector<vision::Detection>> Candidates(float score) const;
  // Of the pictures so far: every rule and every fact of the contract. Empty without `check`.
  [[nodiscard]] std::vector<verify::RuleResult> CheckResults() const;
  // The k best classes.
  [[nodiscard]] Result<std::vector<vision::ClassScore>> Classify(const Picture& picture, int k);

  [[nodiscard]] const Model& model() const { return *model_; }
  // Of all calls of Detect(fitted) so far; `fit` stays 0, since Fit may run elsewhere.
  [[nodiscard]] const StageTimes& times() const { return times_; }

 private:
  // Runs the network; the views are valid until the next call.
  [[nodiscard]] Result<std::vector<ConstTensorView>> Run(const Picture& fitted);
  // Of the first picture: the contract against the outputs.
  Status HoldContract(std::span<const ConstTensorView> outputs);
  Status Settle(const verify::Contradiction& found);
  [[nodiscard]] Result<std::vector<vision::Detection>> Decode(
      std::span<const ConstTensorView> outputs, const vision::DecodeOptions& options) const;
  Status RefuseCrowd(const std::vector<vision::Detection>& candidates, float score);
  Status Observe(std::span<const ConstTensorView> outputs, const vision::Fitted& fitted,
                 std::vector<vision::Detection> boxes);
  void Note(const std::string& text) const;

  std::shared_ptr<const Model> model_;
  std::shared_ptr<const artifact::Program>
      program_;                      // the model's, or what FindHeads and TakePixels leave of it
  artifact::DecodeContract decode_;  // of program_'s outputs
  std::optional<vision::PixelTables> pixels_;  // when program_'s input takes pixels
  std::unique_ptr<runtime::Session> session_;
  std::vector<runtime::NamedTensor> converted_;  // outputs that the session holds in another type
  StageTimes times_;
  PictureModelOptions options_;
  float scale_x_ = 1, scale_y_ = 1;          // of decoded boxes, where their units are not pixels
  bool contract_held_ = false;               // the first picture was seen
  double cells_ = 0;                         // of a picture
  verify::ContractEvidence evidence_;        // with `check`: over all pictures
  std::vector<verify::RuleResult> settled_;  // contradictions that were adapted
  std::optional<verify::Observer> observer_;
  std::vector<Tensor> last_;  // outputs of the last picture, with `check`
};

// Pictures that the arguments name: files, and the pictures of folders, by name.
[[nodiscard]] Result<std::vector<std::string>> ListPictures(const std::vector<std::string>& paths);

[[nodiscard]] std::string LabelOf(const artifact::DecodeContract& contract, int label);

}  // namespace plumb
