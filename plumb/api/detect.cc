#include "plumb/api/detect.h"

#include <algorithm>
#include <cstring>
#include <filesystem>

#include "plumb/api/heads.h"
#include "plumb/api/pixel_input.h"
#include "plumb/api/stopwatch.h"
#include "plumb/base/hash.h"
#include "plumb/pictures/read_picture.h"
#include "plumb/verify/rules.h"
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
  PictureModelOptions options;
  options.threads = threads;
  return Create(model, std::move(options));
}

Result<PictureModel> PictureModel::Create(const Model& model, PictureModelOptions picture_options) {
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
  options.threads = picture_options.threads;
  PLUMB_ASSIGN_OR_RETURN(result.session_, runtime::Session::Create(result.program_, options));
  result.options_ = std::move(picture_options);
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

void PictureModel::Note(const std::string& text) const {
  if (options_.note) {
    options_.note(text);
  }
}

Status PictureModel::Settle(const verify::Contradiction& found) {
  const bool stated = found.source == artifact::Source::kGiven;
  if (options_.trust_contract || (stated && options_.check)) {
    Note(StrCat(found.text, "; decoded as stated nevertheless"));
    return {};
  }
  if (stated || (found.certain && !options_.note)) {
    const std::string message =
        StrCat(found.text, ". ", stated ? "State " : "It was assumed; state ", found.fix,
               model_->is_artifact ? " when converting" : "",
               ", or decode as it stands with --trust-contract");
    return model_->is_artifact ? InvalidModel("'", model_->path, "': ", message)
                               : UsageError(message);
  }
  if (!found.certain) {
    Note(StrCat(found.text, "; if so, state ", found.fix));
    return {};
  }
  Note(StrCat(found.text, "; that was ",
              found.source == artifact::Source::kAssumed ? "assumed" : "read off the graph",
              ", so it is decoded as the tensors say (", found.fix, ")"));
  decode_ = found.instead;
  scale_x_ = found.scale_x;
  scale_y_ = found.scale_y;
  settled_.push_back({found.code, true, false, StrCat(found.text, "; decoded as the tensors say"),
                      true, found.fix, found.evidence});
  return {};
}

Status PictureModel::HoldContract(std::span<const ConstTensorView> outputs) {
  if (contract_held_) {
    return {};
  }
  contract_held_ = true;
  const artifact::PictureInput& input = model_->io.pictures[0];
  verify::ContractEvidence evidence;
  PLUMB_RETURN_IF_ERROR(verify::AddEvidence(decode_, outputs, input.width, input.height, evidence));
  cells_ = evidence.cells;
  for (const verify::Contradiction& found :
       verify::CheckContract(decode_, program_.get(), evidence, verify::Gate{})) {
    PLUMB_RETURN_IF_ERROR(Settle(found));
  }
  if (options_.check) {
    std::vector<std::string> names;
    for (const artifact::Port& port : program_->outputs) {
      names.push_back(port.name);
    }
    observer_.emplace(decode_, model_->io, std::move(names), verify::Gate{});
  }
  return {};
}

Result<std::vector<vision::Detection>> PictureModel::Decode(
    std::span<const ConstTensorView> outputs, const vision::DecodeOptions& options) const {
  const artifact::PictureInput& input = model_->io.pictures[0];
  PLUMB_ASSIGN_OR_RETURN(std::vector<vision::Detection> candidates,
                         vision::Decode(decode_, outputs, input.width, input.height, options));
  if (scale_x_ != 1 || scale_y_ != 1) {
    for (vision::Detection& d : candidates) {
      d.x1 *= scale_x_;
      d.x2 *= scale_x_;
      d.y1 *= scale_y_;
      d.y2 *= scale_y_;
    }
  }
  return candidates;
}

Status PictureModel::RefuseCrowd(const std::vector<vision::Detection>& candidates, float score) {
  // A score that the user lowered on purpose lets many through.
  const float least = std::max(score, decode_.score_threshold);
  const auto passing = static_cast<double>(
      std::count_if(candidates.begin(), candidates.end(),
                    [&](const vision::Detection& d) { return d.score >= least; }));
  const verify::Gate gate;
  if (cells_ < gate.fewest_boxes || passing <= gate.s1_cells_ever * cells_) {
    return {};
  }
  const std::string text = StrCat(
      verify::PercentText(passing / cells_), " of the ", verify::CountText(cells_),
      " cells pass score ", least, ", expected at most ", verify::PercentText(gate.s1_cells), ": ",
      decode_.scores_activated ? "does the picture go in as in training (--mean, --std, --color), "
                                 "and is the family right "
                                 "(--decode)?"
                               : "is the sigmoid applied twice (--decode ...,sigmoid=in_graph)?");
  if (passing > gate.s1_cells_abort * cells_ && !options_.trust_contract && !options_.check) {
    return VerificationFailed(text,
                              " Such boxes mean nothing; --trust-contract prints them, --check "
                              "looks for the cause");
  }
  Note(text);
  return {};
}

Status PictureModel::Observe(std::span<const ConstTensorView> outputs, const vision::Fitted& fitted,
                             std::vector<vision::Detection> boxes) {
  last_.clear();
  std::vector<ConstTensorView> kept;
  for (const ConstTensorView& view : outputs) {
    Tensor tensor(view.dtype, Shape(view.shape.begin(), view.shape.end()));
    std::memcpy(tensor.raw(), view.raw, tensor.bytes());
    last_.push_back(std::move(tensor));
  }
  for (const Tensor& tensor : last_) {
    kept.push_back(tensor.view());
  }
  const artifact::PictureInput& input = model_->io.pictures[0];
  PLUMB_RETURN_IF_ERROR(verify::AddEvidence(decode_, kept, input.width, input.height, evidence_));
  verify::SampleOutputs sample;
  sample.outputs = kept;
  sample.input_hash = Hash64(std::as_bytes(std::span(fitted.picture.pixels)));
  const vision::Placement& p = fitted.placement;
  const bool pixels = scale_x_ == 1 && scale_y_ == 1;  // else the observer sees other numbers
  const bool pads = input.resize == artifact::ResizeRule::kLetterbox ||
                    input.resize == artifact::ResizeRule::kLetterboxCorner;
  if (pads && pixels) {
    sample.content = verify::ContentRect{
        p.offset_x, p.offset_y, p.offset_x + p.scale_x * static_cast<float>(p.picture_width),
        p.offset_y + p.scale_y * static_cast<float>(p.picture_height)};
  }
  if (pixels) {
    sample.boxes = std::move(boxes);
  }
  std::vector<ConstTensorView> again;
  if (observer_->observations().samples == 0) {
    PLUMB_ASSIGN_OR_RETURN(again, Run(fitted.picture));
    sample.repeated = again;
  }
  return observer_->Add(sample);
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
  PLUMB_RETURN_IF_ERROR(HoldContract(outputs));
  vision::DecodeOptions decode;
  decode.score_threshold = options.score.value_or(decode_.score_threshold);
  decode.class_mode = options.class_mode;
  PLUMB_ASSIGN_OR_RETURN(std::vector<vision::Detection> candidates, Decode(outputs, decode));
  PLUMB_RETURN_IF_ERROR(RefuseCrowd(candidates, decode.score_threshold));
  std::vector<vision::Detection> boxes =
      vision::Nms(std::move(candidates), vision::NmsOf(decode_, options));
  if (observer_.has_value()) {
    // By the contract's own thresholds, whatever is printed.
    vision::DecodeOptions own;
    own.score_threshold = decode_.score_threshold;
    PLUMB_ASSIGN_OR_RETURN(std::vector<vision::Detection> passing, Decode(outputs, own));
    PLUMB_RETURN_IF_ERROR(
        Observe(outputs, fitted, vision::Nms(std::move(passing), vision::NmsOf(decode_, {}))));
  }
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

Result<std::vector<vision::Detection>> PictureModel::Candidates(float score) const {
  std::vector<ConstTensorView> outputs;
  for (const Tensor& tensor : last_) {
    outputs.push_back(tensor.view());
  }
  if (outputs.empty()) {
    return std::vector<vision::Detection>{};
  }
  vision::DecodeOptions options;
  options.score_threshold = score;
  return Decode(outputs, options);
}

std::vector<verify::RuleResult> PictureModel::CheckResults() const {
  std::vector<verify::RuleResult> results = settled_;
  if (!observer_.has_value()) {
    return results;
  }
  const verify::Gate gate;
  for (verify::RuleResult& result :
       verify::ContractRules(decode_, program_.get(), evidence_, gate)) {
    const bool adapted = std::any_of(settled_.begin(), settled_.end(), [&](const auto& settled) {
      return settled.rule == result.rule;
    });
    if (!adapted) {
      results.push_back(std::move(result));
    }
  }
  verify::RuleInput input;
  input.decode = &decode_;
  input.seen = &observer_->observations();
  input.program = program_.get();
  for (verify::RuleResult& result : verify::CheckRules(input)) {
    results.push_back(std::move(result));
  }
  return results;
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
  PLUMB_RETURN_IF_ERROR(HoldContract(outputs));
  PLUMB_ASSIGN_OR_RETURN(std::vector<vision::ClassScore> top,
                         vision::TopClasses(decode_, outputs[0], k));
  if (observer_.has_value()) {
    PLUMB_RETURN_IF_ERROR(Observe(outputs, fitted, {}));
  }
  return top;
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
