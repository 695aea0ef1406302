#include "plumb/artifact/test_artifact.h"

#include <limits>

namespace plumb::artifact {
namespace {

// images [1,4,6,3] -> reshape -> flat [1,72]; a constant output beside it.
Program MakeProgram() {
  Program program;
  program.name = "tiny";
  const int32_t images = program.AddTensor(
      {"images", DType::kS8, {1, 4, 6, 3}, {{0.5F, 1.0F, 2.0F}, {-128, 0, 3}, 3}});
  const int32_t flat = program.AddTensor({"flat", DType::kS8, {1, 72}, {{0.5F}, {-128}, -1}});
  auto anchors =
      std::make_shared<Tensor>(Tensor::Of<float>({2, 3}, std::vector<float>{1, 2, 3, 4, 5, 6}));
  const int32_t first = program.AddConstant("anchors", anchors);
  program.AddConstant("anchors again", anchors);
  const int32_t flags =
      program.AddConstant("flags", std::make_shared<Tensor>(Tensor(DType::kBool, {5})));
  program.AddConstant("nothing", std::make_shared<Tensor>(Tensor(DType::kF32, {0, 4})));
  program.records.push_back({"reshape",
                             1,
                             "flatten",
                             {images},
                             {flat},
                             {{"floats", std::vector<float>{0.5F, -1.0F}},
                              {"function", std::string("none")},
                              {"groups", int64_t{-7}},
                              {"names", std::vector<std::string>{"a", "", "c"}},
                              {"pads", std::vector<int64_t>{0, 1, 2, 3}},
                              {"slope", 0.1F}}});
  program.inputs = {{"images", images, DType::kF32}};
  program.outputs = {
      {"flat", flat, DType::kF32}, {"anchors", first, DType::kF32}, {"flags", flags, DType::kBool}};
  program.symbolic_batch = true;
  return program;
}

DecodeContract MakeDecodeContract() {
  DecodeContract decode;
  decode.family = Family::kYolov5;
  decode.outputs = {{0, OutputRole::kAll, OutputLayout::kAnchorsFirst, 8, {10, 13, 16, 30}}};
  decode.classes = 2;
  decode.labels = {"person", "bicycle"};
  decode.scores_activated = true;
  decode.strides = {8, 16};
  decode.class_agnostic_nms = true;
  decode.family_source = Source::kRecognized;
  decode.labels_source = Source::kGiven;
  return decode;
}

}  // namespace

Artifact MakeTestArtifact() {
  Artifact artifact;
  artifact.program = MakeProgram();
  PictureInput picture;
  picture.width = 6;
  picture.height = 4;
  picture.layout = PictureLayout::kNhwc;
  picture.color = Color::kBgr;
  picture.mean = {1, 2, 3};
  picture.std = {255, 255, 255};
  picture.resize = ResizeRule::kLetterboxCorner;
  picture.color_source = Source::kGiven;
  picture.mean_source = Source::kAssumed;
  artifact.io.pictures = {picture};
  artifact.decode = MakeDecodeContract();
  artifact.provenance = {"plumb", "0.1.0", "0123abc", {"tiny.onnx", std::string(64, 'a')}};
  artifact.provenance.calibration = {{"one.jpg", std::string(64, 'b')},
                                     {"two.jpg", std::string(64, 'c')}};
  artifact.provenance.options = {{"resize", "letterbox"}, {"color", "bgr"}};
  artifact.provenance.passes = {"FoldConstants", "FoldBatchNorm"};
  artifact.provenance.notes = {{"judge", "none"}};
  Quality& quality = artifact.quality;
  quality.verdict = Outcome::kWarn;
  quality.reasons = {"not independently checked"};
  quality.gate = "map_drop<=0.005";
  quality.layers = {{"flatten", 42.5, 0.9999, std::numeric_limits<double>::infinity(), 1}};
  quality.rules = {{"S1", Outcome::kPass, "all classes differ"}};
  quality.kept_float = {{"flatten", "decode tail"}};
  quality.numbers = {{"matched_share", 0.97}};
  quality.texts = {{"worst", "flatten"}};
  return artifact;
}

Artifact MakeTestArtifactWithVariants() {
  Artifact artifact = MakeTestArtifact();
  artifact.program.symbolic_batch = false;
  artifact.program.batch = 3;
  Artifact variant;
  variant.program = artifact.program;
  variant.program.tensors[0].shape = {1, 8, 6, 3};
  variant.program.tensors[1].shape = {1, 144};
  variant.io = artifact.io;
  variant.io.pictures[0].height = 8;
  variant.decode = artifact.decode;
  artifact.variants = {std::make_shared<Artifact>(std::move(variant))};
  return artifact;
}

}  // namespace plumb::artifact
