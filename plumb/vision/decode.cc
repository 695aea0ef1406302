#include "plumb/vision/decode.h"

#include "plumb/vision/decode_level.h"

namespace plumb::vision {
namespace {

using artifact::DecodeContract;
using artifact::Family;

struct FamilyRow {
  Family family;
  std::string_view name;
  const FamilyDecoder* decoder;  // null: not a detector
};

const FamilyRow kFamilies[] = {
    {Family::kYolov5, "yolov5", &kYolov5Decoder},
    {Family::kYolov8, "yolov8", &kYolov8Decoder},
    {Family::kYolox, "yolox", &kYoloxDecoder},
    {Family::kYoloFastestV2, "yolo-fastestv2", &kYoloFastestV2Decoder},
    {Family::kSsd, "ssd", &kSsdDecoder},
    {Family::kYunet, "yunet", &kYunetDecoder},
    {Family::kClassifier, "classifier", nullptr},
    {Family::kNone, "none", nullptr},
};

const FamilyRow* Find(Family family) {
  for (const FamilyRow& row : kFamilies) {
    if (row.family == family) {
      return &row;
    }
  }
  return nullptr;
}

}  // namespace

Result<std::vector<Level>> LevelsOf(const DecodeContract& contract,
                                    std::span<const ConstTensorView> outputs, int input_width,
                                    int input_height) {
  if (!IsDetector(contract.family)) {
    return UsageError(
        "decode: this network's outputs are not known as those of a detector (family '",
        FamilyName(contract.family), "'); say what they are with --decode");
  }
  if (contract.classes < 1 || contract.classes > 100000) {
    return InvalidModel("decode: 1 to 100000 classes expected, found ", contract.classes);
  }
  if (contract.reg_max < 1 || contract.reg_max > 1024) {
    return InvalidModel("decode: 1 to 1024 bins (reg_max) expected, found ", contract.reg_max);
  }
  if (contract.family == Family::kSsd && !contract.boxes_decoded) {
    return InvalidModel(
        "decode: ssd heads must be decoded in the graph (boxes as corners in 0..1)");
  }
  if (contract.boxes_decoded &&
      (contract.family == Family::kYunet || contract.family == Family::kYoloFastestV2)) {
    return InvalidModel("decode: ", FamilyName(contract.family),
                        " decoded in the graph is not known");
  }
  size_t anchors = 0;
  for (const auto& o : contract.outputs) {
    anchors = std::max(anchors, o.anchors.size() / 2);
    if (o.anchors.size() % 2 != 0 || anchors > 1000) {
      return InvalidModel("decode: output ", o.output,
                          ": anchors come as pairs, at most 1000; found ", o.anchors.size(),
                          " numbers");
    }
  }
  const ChannelPlan plan =
      Find(contract.family)->decoder->plan(contract, static_cast<int>(anchors));
  PLUMB_ASSIGN_OR_RETURN(std::vector<Level> levels,
                         MakeLevels(contract, outputs, input_width, input_height, plan));
  if (contract.family == Family::kYoloFastestV2) {
    for (const Level& l : levels) {
      if (anchors == 0 || l.anchors.size() != 2 * anchors) {
        return InvalidModel("decode: ", anchors, " anchors (at least 1) expected at stride ",
                            l.stride, ", found ", l.anchors.size() / 2);
      }
    }
  }
  return levels;
}

std::string_view FamilyName(Family family) {
  const FamilyRow* row = Find(family);
  return row == nullptr ? "unknown" : row->name;
}

Result<Family> FamilyFromName(std::string_view name) {
  std::string known;
  for (const FamilyRow& row : kFamilies) {
    if (row.name == name) {
      return row.family;
    }
    known += (known.empty() ? "" : ", ") + std::string(row.name);
  }
  if (name == "yolov7") {
    return Family::kYolov5;
  }
  if (name == "yolo11" || name == "yolov11") {
    return Family::kYolov8;
  }
  return UsageError("decode: unknown family '", name, "'; known are ", known);
}

bool IsDetector(Family family) {
  const FamilyRow* row = Find(family);
  return row != nullptr && row->decoder != nullptr;
}

Result<std::vector<Detection>> Decode(const DecodeContract& contract,
                                      std::span<const ConstTensorView> outputs, int input_width,
                                      int input_height, const DecodeOptions& options) {
  PLUMB_ASSIGN_OR_RETURN(const std::vector<Level> levels,
                         LevelsOf(contract, outputs, input_width, input_height));
  Collector collector(options, contract.classes);
  const FamilyDecoder& decoder = *Find(contract.family)->decoder;
  for (const Level& level : levels) {
    decoder.decode(contract, level, input_width, input_height, options, collector);
  }
  return collector.Take();
}

Status CheckDecode(const DecodeContract& contract, std::span<const Shape> outputs, int input_width,
                   int input_height) {
  std::vector<ConstTensorView> views;
  for (const Shape& shape : outputs) {
    views.push_back({DType::kF32, shape, nullptr});
  }
  return LevelsOf(contract, views, input_width, input_height).status();
}

}  // namespace plumb::vision
