#include "plumb/api/detect.h"

#include <algorithm>
#include <filesystem>

#include "plumb/api/heads.h"
#include "plumb/api/pixel_input.h"
#include "plumb/api/stopwatch.h"
#include "plumb/pictures/read_picture.h"
#include "plumb/vision/preprocess.h"

namespace plumb {
namespace {

// What the session holds is what the model's user sees.
bool IsF32(const artifact::Program& program, const artifact::Port& port) {
  return port.dtype == DType::kF32 &&
         program.tensors[static_cast<size_t>(port.tensor)].dtype == DType::kF32;
}

}  // namespace

Result<PictureModel> PictureModel::Create(const Model& model, int threads) {
  if (model.io.pictures.empty() || model.program->inputs.size() != 1) {
    return UsageError("'", model.path, "' takes no pictures: it has ", model.program->inputs.size(),
                      " inputs and no picture contract. Use 'plumb run' with tensors, or state "
                      "--color, --mean, --std and --resize");
  }
  PictureModel result;
  result.model_ = std::make_shared<const Model>(model);
  result.program_ = model.program;
  result.decode_ = model.decode;
  const artifact::PictureInput& input = model.io.pictures[0];
  if (auto heads = FindHeads(*model.program, model.decode, input.width, input.height)) {
    result.program_ = std::move(heads->network);
    result.decode_ = std::move(heads->decode);
  }
  if (std::all_of(result.program_->outputs.begin(), result.program_->outputs.end(),
                  [&](const artifact::Port& port) { return IsF32(*result.program_, port); })) {
    if (auto pixels = TakePixels(*result.program_, input)) {
      result.program_ = std::move(pixels->program);
      result.pixels_ = pixels->tables;
    }
  }
  runtime::SessionOptions options;
  options.threads = threads;
  PLUMB_ASSIGN_OR_RETURN(result.session_, runtime::Session::Create(result.program_, options));
  return result;
}

Result<vision::Fitted> PictureModel::Fit(const Picture& picture) const {
  return vision::Fit(picture, model_->io.pictures[0]);
}

Result<std::vector<ConstTensorView>> PictureModel::Run(const Picture& fitted) {
  const artifact::PictureInput& input = model_->io.pictures[0];
  const artifact::Program& program = *program_;
  const auto is_f32 = [&](const artifact::Port& port) { return IsF32(program, port); };
  const bool direct =
      pixels_.has_value() || (is_f32(program.inputs[0]) &&
                              std::all_of(program.outputs.begin(), program.outputs.end(), is_f32));
  std::vector<ConstTensorView> views;
  if (!direct) {
    const runtime::NamedTensor named{program.inputs[0].name, vision::ToFloat(fitted, input)};
    PLUMB_ASSIGN_OR_RETURN(converted_, runtime::RunNamed(*session_, {&named, 1}));
    for (const runtime::NamedTensor& tensor : converted_) {
      views.push_back(tensor.tensor.view());
    }
    return views;
  }
  Stopwatch watch;
  const TensorView to = session_->input(0);
  const auto size = static_cast<size_t>(to.size());
  if (pixels_.has_value()) {
    vision::WriteQuantized(fitted, input, *pixels_, {static_cast<int8_t*>(to.raw), size});
  } else {
    vision::WriteFloat(fitted, input, {static_cast<float*>(to.raw), size});
  }
  times_.input += watch.Lap();
  PLUMB_RETURN_IF_ERROR(session_->Run());
  times_.network += watch.Lap();
  for (size_t i = 0; i < program.outputs.size(); ++i) {
    views.push_back(session_->output(i));
  }
  return views;
}

Result<std::vector<vision::Detection>> PictureModel::Detect(const vision::Fitted& fitted,
                                                            const vision::BoxOptions& options) {
  if (!vision::IsDetector(decode_.family)) {
    return UsageError(
        "'", model_->path, "': its outputs are not those of a detector that is known (family ",
        vision::FamilyName(decode_.family), "). State it: --decode yolov5|yolov8|yolox|...");
  }
  PLUMB_ASSIGN_OR_RETURN(const std::vector<ConstTensorView> outputs, Run(fitted.picture));
  Stopwatch watch;
  PLUMB_ASSIGN_OR_RETURN(
      std::vector<vision::Detection> boxes,
      vision::Boxes(decode_, outputs, fitted.picture.width, fitted.picture.height, options));
  boxes = vision::ToPicture(std::move(boxes), fitted.placement);
  times_.boxes += watch.Lap();
  ++times_.pictures;
  return boxes;
}

Result<std::vector<vision::Detection>> PictureModel::Detect(const Picture& picture,
                                                            const vision::BoxOptions& options) {
  PLUMB_ASSIGN_OR_RETURN(const vision::Fitted fitted, Fit(picture));
  return Detect(fitted, options);
}

Result<std::vector<vision::ClassScore>> PictureModel::Classify(const Picture& picture, int k) {
  if (model_->decode.family != artifact::Family::kClassifier) {
    return UsageError(
        "'", model_->path, "' is not recognised as a classifier (family ",
        vision::FamilyName(model_->decode.family),
        "); its output should be one row of class scores. State it: --decode classifier");
  }
  PLUMB_ASSIGN_OR_RETURN(const vision::Fitted fitted, Fit(picture));
  PLUMB_ASSIGN_OR_RETURN(const std::vector<ConstTensorView> outputs, Run(fitted.picture));
  return vision::TopClasses(model_->decode, outputs[0], k);
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
