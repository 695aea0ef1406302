#include "plumb/vision/golden_input.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "plumb/vision/classify.h"
#include "plumb/vision/nms.h"
#include "plumb/vision/preprocess.h"

namespace plumb::vision {
namespace {

using artifact::GoldenInput;
using artifact::GoldenObject;
using artifact::GoldenResult;
using artifact::GoldenSource;

Picture Shrink(const Picture& picture, int by) {
  Picture small((picture.width + by - 1) / by, (picture.height + by - 1) / by, picture.channels);
  for (int y = 0; y < small.height; ++y) {
    for (int x = 0; x < small.width; ++x) {
      const int right = std::min((x + 1) * by, picture.width);
      const int bottom = std::min((y + 1) * by, picture.height);
      const int count = (right - x * by) * (bottom - y * by);
      for (int c = 0; c < picture.channels; ++c) {
        int sum = count / 2;
        for (int v = y * by; v < bottom; ++v) {
          for (int u = x * by; u < right; ++u) {
            sum += picture.At(u, v)[c];
          }
        }
        small.At(x, y)[c] = static_cast<uint8_t>(sum / count);
      }
    }
  }
  return small;
}

GoldenObject ObjectOf(const Detection& box) {
  GoldenObject object;
  object.label = box.label;
  for (const float number : {box.x1, box.y1, box.x2, box.y2, box.score}) {
    object.numbers.push_back(std::bit_cast<uint32_t>(number));
  }
  for (const float number : box.keypoints) {
    object.numbers.push_back(std::bit_cast<uint32_t>(number));
  }
  return object;
}

}  // namespace

GoldenInput CodeGoldenPicture(const Picture& fitted) {
  int by = 1;
  const auto pixels = [&] {
    return int64_t{(fitted.width + by - 1) / by} * ((fitted.height + by - 1) / by);
  };
  while (pixels() > kGoldenPixels) {
    by *= 2;
  }
  const Picture small = Shrink(fitted, by);
  GoldenInput input;
  input.source = GoldenSource::kPicture;
  input.width = small.width;
  input.height = small.height;
  input.picture = artifact::EncodePicture(small);
  return input;
}

Picture PixelsOf(const Tensor& tensor, const artifact::PictureInput& input) {
  Picture picture(input.width, input.height, input.channels());
  const auto channels = static_cast<size_t>(picture.channels);
  const std::span<const float> values = tensor.values<float>();
  const size_t plane = static_cast<size_t>(picture.width) * static_cast<size_t>(picture.height);
  PLUMB_CHECK(values.size() >= plane * channels) << "a tensor of less than one picture";
  for (size_t i = 0; i < plane; ++i) {
    for (size_t c = 0; c < channels; ++c) {  // in the network's order
      const float value =
          values[input.layout == artifact::PictureLayout::kNchw ? c * plane + i : i * channels + c];
      const float pixel = std::floor(value * input.std[c] + input.mean[c] + 0.5F);
      const bool reversed = input.color == artifact::Color::kBgr;
      // Not a number: 0.
      picture.pixels[i * channels + (reversed ? channels - 1 - c : c)] =
          pixel >= 255.0F ? 255
          : pixel > 0.0F  ? static_cast<uint8_t>(pixel)
                          : 0;
    }
  }
  return picture;
}

Status FillGoldenInput(const artifact::Artifact& artifact, const GoldenInput& golden, size_t index,
                       TensorView tensor) {
  if (golden.source == GoldenSource::kNoise) {
    artifact::FillNoise(golden, tensor);
    return {};
  }
  const auto input = std::find_if(
      artifact.io.pictures.begin(), artifact.io.pictures.end(),
      [&](const artifact::PictureInput& p) { return p.input == static_cast<int32_t>(index); });
  PLUMB_CHECK(input != artifact.io.pictures.end()) << "a golden picture without its contract";
  PLUMB_ASSIGN_OR_RETURN(
      const Picture small,
      artifact::DecodePicture(golden.picture, golden.width, golden.height, input->channels()));
  const Picture picture = Resize(small, input->width, input->height);
  WriteFloat(picture, *input, {tensor.data<float>(), static_cast<size_t>(tensor.size())});
  return {};
}

Result<GoldenDecoded> DecodeGolden(const artifact::Artifact& artifact,
                                   std::span<const ConstTensorView> outputs) {
  GoldenDecoded decoded;
  const artifact::DecodeContract& contract = artifact.decode;
  if (IsDetector(contract.family) && !artifact.io.pictures.empty()) {
    const artifact::PictureInput& input = artifact.io.pictures[0];
    BoxOptions options;
    options.max_detections = contract.max_detections > 0
                                 ? std::min(contract.max_detections, kGoldenObjects)
                                 : kGoldenObjects;
    PLUMB_ASSIGN_OR_RETURN(const std::vector<Detection> boxes,
                           Boxes(contract, outputs, input.width, input.height, options));
    decoded.result = GoldenResult::kBoxes;
    for (const Detection& box : boxes) {
      decoded.objects.push_back(ObjectOf(box));
    }
  } else if (contract.family == artifact::Family::kClassifier && !outputs.empty()) {
    PLUMB_ASSIGN_OR_RETURN(const std::vector<ClassScore> classes,
                           TopClasses(contract, outputs[0], kGoldenClasses));
    decoded.result = GoldenResult::kClasses;
    for (const ClassScore& one : classes) {
      decoded.objects.push_back({one.label, {std::bit_cast<uint32_t>(one.score)}});
    }
  }
  return decoded;
}

}  // namespace plumb::vision
