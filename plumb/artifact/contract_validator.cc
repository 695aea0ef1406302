#include <algorithm>
#include <cmath>

#include "plumb/artifact/validator.h"

namespace plumb::artifact {
namespace {

template <typename T>
bool Known(T value, T last) {
  return static_cast<uint8_t>(value) <= static_cast<uint8_t>(last);
}

template <typename... Sources>
bool KnownSources(Sources... sources) {
  return (Known(sources, Source::kGiven) && ...);
}

// The last three dimensions are those of the picture, every other one is 1 or the batch.
bool FitsTensor(const PictureInput& p, const Shape& shape) {
  if (shape.size() < 3) {
    return false;
  }
  const Shape wanted = p.layout == PictureLayout::kNchw ? Shape{p.channels(), p.height, p.width}
                                                        : Shape{p.height, p.width, p.channels()};
  return std::equal(wanted.begin(), wanted.end(), shape.end() - 3);
}

Status ValidatePicture(const PictureInput& p, const Program& program) {
  if (p.input < 0 || static_cast<size_t>(p.input) >= program.inputs.size()) {
    return InvalidModel("I/O contract: a picture for input ", p.input, " of ",
                        program.inputs.size());
  }
  const Port& port = program.inputs[static_cast<size_t>(p.input)];
  const Shape& shape = program.tensors[static_cast<size_t>(port.tensor)].shape;
  auto invalid = [&](const auto&... text) {
    return InvalidModel("I/O contract of input '", port.name, "': ", text...);
  };
  if (!Known(p.layout, PictureLayout::kNhwc) || !Known(p.color, Color::kGray) ||
      !Known(p.resize, ResizeRule::kCrop) ||
      !KnownSources(p.color_source, p.mean_source, p.std_source, p.resize_source, p.pad_source)) {
    return invalid("a layout, colour order, resize rule or source that does not exist");
  }
  if (p.width <= 0 || p.height <= 0 || !FitsTensor(p, shape)) {
    return invalid("a picture of ", p.width, "x", p.height, " and ", p.channels(),
                   " channels does not fit its shape ", ShapeToString(shape));
  }
  const auto channels = static_cast<size_t>(p.channels());
  if (p.mean.size() != channels || p.std.size() != channels) {
    return invalid("expected ", channels, " values of mean and std, found ", p.mean.size(), " and ",
                   p.std.size());
  }
  for (size_t c = 0; c < channels; ++c) {
    if (!std::isfinite(p.mean[c]) || !std::isnormal(p.std[c]) || p.std[c] < 0) {
      return invalid("mean ", p.mean[c], " and std ", p.std[c],
                     "; expected finite numbers, std positive");
    }
  }
  if (p.pad < 0 || p.pad > 255 || p.crop_short < 0) {
    return invalid("pad ", p.pad, " and crop ", p.crop_short,
                   "; expected 0..255 and no negative size");
  }
  return {};
}

Status ValidateOutput(const DecodeOutput& o, const Program& program) {
  if (o.output < 0 || static_cast<size_t>(o.output) >= program.outputs.size()) {
    return InvalidModel("decode contract: output ", o.output, " of ", program.outputs.size());
  }
  if (!Known(o.role, OutputRole::kKeypoints) || !Known(o.layout, OutputLayout::kAnchorsFirst)) {
    return InvalidModel("decode contract: a role or layout that does not exist");
  }
  bool finite = true;
  for (float anchor : o.anchors) {
    finite = finite && std::isfinite(anchor) && anchor > 0;
  }
  if (o.stride < 0 || o.anchors.size() % 2 != 0 || !finite) {
    return InvalidModel("decode contract: output ", o.output, " has stride ", o.stride, " and ",
                        o.anchors.size(),
                        " anchor numbers; expected no negative stride and pairs of positive sizes");
  }
  return {};
}

Status ValidateDecode(const DecodeContract& c, const Program& program) {
  if (!Known(c.family, Family::kClassifier) ||
      !KnownSources(c.family_source, c.scores_source, c.anchors_source, c.strides_source,
                    c.classes_source, c.labels_source)) {
    return InvalidModel("decode contract: a family or source that does not exist");
  }
  for (const DecodeOutput& output : c.outputs) {
    PLUMB_RETURN_IF_ERROR(ValidateOutput(output, program));
  }
  if (c.classes < 0 || (!c.labels.empty() && c.labels.size() != static_cast<size_t>(c.classes))) {
    return InvalidModel("decode contract: ", c.labels.size(), " labels for ", c.classes,
                        " classes");
  }
  if (c.reg_max < 0 || c.max_detections < 0 ||
      !(c.score_threshold >= 0 && c.score_threshold <= 1) ||
      !(c.iou_threshold >= 0 && c.iou_threshold <= 1)) {
    return InvalidModel("decode contract: bins, limits or thresholds outside their ranges");
  }
  for (int32_t stride : c.strides) {
    if (stride <= 0) {
      return InvalidModel("decode contract: stride ", stride, "; expected a positive number");
    }
  }
  return {};
}

}  // namespace

Status ValidateContracts(const Artifact& artifact) {
  for (const PictureInput& picture : artifact.io.pictures) {
    PLUMB_RETURN_IF_ERROR(ValidatePicture(picture, artifact.program));
  }
  PLUMB_RETURN_IF_ERROR(ValidateDecode(artifact.decode, artifact.program));
  if (!Known(artifact.quality.verdict, Outcome::kFail)) {
    return InvalidModel("quality record: a verdict that does not exist");
  }
  for (const RuleResult& rule : artifact.quality.rules) {
    if (!Known(rule.outcome, Outcome::kFail)) {
      return InvalidModel("quality record: rule '", rule.rule,
                          "' has an outcome that does not exist");
    }
  }
  return {};
}

}  // namespace plumb::artifact
