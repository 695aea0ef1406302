#include "plumb/api/detect.h"

#include <algorithm>
#include <filesystem>

#include "plumb/pictures/read_picture.h"
#include "plumb/vision/nms.h"
#include "plumb/vision/preprocess.h"

namespace plumb {

Result<PictureModel> PictureModel::Create(const Model& model, int threads) {
  if (model.io.pictures.empty() || model.program->inputs.size() != 1) {
    return UsageError("'", model.path, "' takes no pictures: it has ", model.program->inputs.size(),
                      " inputs and no picture contract. Use 'plumb run' with tensors, or state "
                      "--color, --mean, --std and --resize");
  }
  PictureModel result;
  result.model_ = std::make_shared<const Model>(model);
  runtime::SessionOptions options;
  options.threads = threads;
  PLUMB_ASSIGN_OR_RETURN(result.session_, runtime::Session::Create(model.program, options));
  return result;
}

Result<PictureModel::Outputs> PictureModel::Run(const Picture& picture) {
  const artifact::PictureInput& input = model_->io.pictures[0];
  PLUMB_ASSIGN_OR_RETURN(vision::Fitted fitted, vision::Fit(picture, input));
  std::vector<runtime::NamedTensor> inputs;
  inputs.push_back({model_->program->inputs[0].name, vision::ToFloat(fitted.picture, input)});
  Outputs outputs;
  outputs.placement = fitted.placement;
  PLUMB_ASSIGN_OR_RETURN(outputs.tensors, runtime::RunNamed(*session_, inputs));
  return outputs;
}

Result<std::vector<vision::Detection>> PictureModel::Detect(const Picture& picture,
                                                            const DetectOptions& options) {
  const artifact::DecodeContract& contract = model_->decode;
  if (!vision::IsDetector(contract.family)) {
    return UsageError(
        "'", model_->path, "': its outputs are not those of a detector that is known (family ",
        vision::FamilyName(contract.family), "). State it: --decode yolov5|yolov8|yolox|...");
  }
  PLUMB_ASSIGN_OR_RETURN(const Outputs outputs, Run(picture));
  std::vector<ConstTensorView> views;
  for (const runtime::NamedTensor& tensor : outputs.tensors) {
    views.push_back(tensor.tensor.view());
  }
  vision::DecodeOptions decode;
  decode.score_threshold = options.score.value_or(contract.score_threshold);
  decode.class_mode = options.class_mode;
  PLUMB_ASSIGN_OR_RETURN(std::vector<vision::Detection> candidates,
                         vision::Decode(contract, views, model_->io.pictures[0].width,
                                        model_->io.pictures[0].height, decode));
  vision::NmsOptions nms;
  nms.iou_threshold = options.iou.value_or(contract.iou_threshold);
  nms.scope = contract.class_agnostic_nms ? vision::NmsScope::kClassAgnostic
                                          : vision::NmsScope::kClassAware;
  nms.max_detections =
      options.max_detections > 0 ? options.max_detections : contract.max_detections;
  return vision::ToPicture(vision::Nms(std::move(candidates), nms), outputs.placement);
}

Result<std::vector<vision::ClassScore>> PictureModel::Classify(const Picture& picture, int k) {
  if (model_->decode.family != artifact::Family::kClassifier) {
    return UsageError(
        "'", model_->path, "' is not recognised as a classifier (family ",
        vision::FamilyName(model_->decode.family),
        "); its output should be one row of class scores. State it: --decode classifier");
  }
  PLUMB_ASSIGN_OR_RETURN(const Outputs outputs, Run(picture));
  return vision::TopClasses(model_->decode, outputs.tensors[0].tensor.view(), k);
}

Result<std::vector<std::string>> ListPictures(const std::vector<std::string>& paths) {
  namespace fs = std::filesystem;
  std::vector<std::string> files;
  for (const std::string& path : paths) {
    std::error_code error;
    if (fs::is_directory(path, error)) {
      std::vector<std::string> found;
      for (const fs::directory_entry& entry : fs::directory_iterator(path, error)) {
        if (entry.is_regular_file() && pictures::HasPictureName(entry.path().string())) {
          found.push_back(entry.path().string());
        }
      }
      if (found.empty()) {
        return UsageError("folder '", path, "' holds no pictures (.jpg, .png, .bmp)");
      }
      std::sort(found.begin(), found.end());
      files.insert(files.end(), found.begin(), found.end());
    } else {
      files.push_back(path);
    }
  }
  return files;
}

std::string LabelOf(const artifact::DecodeContract& contract, int label) {
  const auto index = static_cast<size_t>(label);
  return label >= 0 && index < contract.labels.size() ? contract.labels[index]
                                                      : StrCat("class_", label);
}

}  // namespace plumb
