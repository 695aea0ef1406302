#include "plumb/artifact/packer.h"
#include "plumb/artifact/schema_generated.h"

namespace plumb::artifact {
namespace {

template <typename T>
uint8_t Byte(T value) {
  return static_cast<uint8_t>(value);
}

auto PackPicture(Packer& packer, const PictureInput& p) {
  const auto mean = packer.Numbers(p.mean);
  const auto std = packer.Numbers(p.std);
  return fb::CreatePictureInput(packer.builder(), p.input, p.width, p.height, Byte(p.layout),
                                Byte(p.color), mean, std, Byte(p.resize), p.pad, p.crop_short,
                                Byte(p.color_source), Byte(p.mean_source), Byte(p.std_source),
                                Byte(p.resize_source), Byte(p.pad_source));
}

auto PackOutput(Packer& packer, const DecodeOutput& o) {
  const auto anchors = packer.Numbers(o.anchors);
  return fb::CreateDecodeOutput(packer.builder(), o.output, Byte(o.role), Byte(o.layout), o.stride,
                                anchors);
}

}  // namespace

Bytes PackIoContract(const IoContract& contract) {
  Packer packer;
  const auto pictures = packer.Tables(
      contract.pictures, [&](const PictureInput& picture) { return PackPicture(packer, picture); });
  return packer.Finish(fb::CreateIoContract(packer.builder(), pictures));
}

Bytes PackDecodeContract(const DecodeContract& c) {
  Packer packer;
  const auto outputs = packer.Tables(
      c.outputs, [&](const DecodeOutput& output) { return PackOutput(packer, output); });
  const auto labels = packer.Texts(c.labels);
  const auto strides = packer.Numbers(c.strides);
  return packer.Finish(fb::CreateDecodeContract(
      packer.builder(), Byte(c.family), outputs, c.classes, labels, c.boxes_decoded,
      c.scores_activated, c.reg_max, strides, c.score_threshold, c.iou_threshold,
      c.class_agnostic_nms, c.max_detections, Byte(c.family_source), Byte(c.scores_source),
      Byte(c.anchors_source), Byte(c.strides_source), Byte(c.classes_source),
      Byte(c.labels_source)));
}

Result<IoContract> UnpackIoContract(std::span<const std::byte> section) {
  Unpacker unpacker(section);
  const auto* root = unpacker.Root<fb::IoContract>();
  if (root == nullptr) {
    return InvalidModel("damaged artifact: the section is no I/O contract");
  }
  IoContract contract;
  unpacker.Each(root->pictures(), [&](const fb::PictureInput& from) {
    PictureInput& p = contract.pictures.emplace_back();
    p.input = from.input();
    p.width = from.width();
    p.height = from.height();
    p.layout = static_cast<PictureLayout>(from.layout());
    p.color = static_cast<Color>(from.color());
    p.mean = unpacker.Numbers(from.mean());
    p.std = unpacker.Numbers(from.std());
    p.resize = static_cast<ResizeRule>(from.resize());
    p.pad = from.pad();
    p.crop_short = from.crop_short();
    p.color_source = static_cast<Source>(from.color_source());
    p.mean_source = static_cast<Source>(from.mean_source());
    p.std_source = static_cast<Source>(from.std_source());
    p.resize_source = static_cast<Source>(from.resize_source());
    p.pad_source = static_cast<Source>(from.pad_source());
  });
  return unpacker.overdrawn() ? InvalidModel("damaged artifact: the I/O contract's parts overlap")
                              : Result<IoContract>(std::move(contract));
}

Result<DecodeContract> UnpackDecodeContract(std::span<const std::byte> section) {
  Unpacker unpacker(section);
  const auto* root = unpacker.Root<fb::DecodeContract>();
  if (root == nullptr) {
    return InvalidModel("damaged artifact: the section is no decode contract");
  }
  DecodeContract c;
  c.family = static_cast<Family>(root->family());
  unpacker.Each(root->outputs(), [&](const fb::DecodeOutput& from) {
    c.outputs.push_back({from.output(), static_cast<OutputRole>(from.role()),
                         static_cast<OutputLayout>(from.layout()), from.stride(),
                         unpacker.Numbers(from.anchors())});
  });
  c.classes = root->classes();
  c.labels = unpacker.Texts(root->labels());
  c.boxes_decoded = root->boxes_decoded();
  c.scores_activated = root->scores_activated();
  c.reg_max = root->reg_max();
  c.strides = unpacker.Numbers(root->strides());
  c.score_threshold = root->score_threshold();
  c.iou_threshold = root->iou_threshold();
  c.class_agnostic_nms = root->class_agnostic_nms();
  c.max_detections = root->max_detections();
  c.family_source = static_cast<Source>(root->family_source());
  c.scores_source = static_cast<Source>(root->scores_source());
  c.anchors_source = static_cast<Source>(root->anchors_source());
  c.strides_source = static_cast<Source>(root->strides_source());
  c.classes_source = static_cast<Source>(root->classes_source());
  c.labels_source = static_cast<Source>(root->labels_source());
  return unpacker.overdrawn()
             ? InvalidModel("damaged artifact: the decode contract's parts overlap")
             : Result<DecodeContract>(std::move(c));
}

}  // namespace plumb::artifact
