// Real networks: what is recognised of every detector and classifier of the shared data.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "plumb/contract/recognize.h"
#include "plumb/import/onnx/import.h"
#include "plumb/passes/pass.h"
#include "plumb/vision/decode.h"

namespace plumb::contract {
namespace {

using artifact::Color;
using artifact::Family;
using artifact::ResizeRule;

struct Case {
  const char* file;
  Family family;
  int classes;
  bool activated, decoded;
  std::vector<int32_t> strides;
  size_t outputs;
  Color color;
  ResizeRule resize;
};

const Case kCases[] = {
    {"yolov5n-640-fp16w/yolov5n.onnx",
     Family::kYolov5,
     80,
     true,
     true,
     {8, 16, 32},
     1,
     Color::kRgb,
     ResizeRule::kLetterbox},
    {"yolov5n-zoo-heads/yolov5n_zoo.onnx",
     Family::kYolov5,
     80,
     true,
     false,
     {8, 16, 32},
     3,
     Color::kRgb,
     ResizeRule::kLetterbox},
    {"yolox-nano-416/yolox_nano.onnx",
     Family::kYolox,
     80,
     true,
     false,
     {8, 16, 32},
     1,
     Color::kBgr,
     ResizeRule::kLetterboxCorner},
    {"yolov8n-640-w8/yolov8n_w8.onnx",
     Family::kYolov8,
     80,
     true,
     true,
     {8, 16, 32},
     1,
     Color::kRgb,
     ResizeRule::kLetterbox},
    {"yolov8n-640-qdq-int8/yolov8n_quantized_int8.onnx",
     Family::kYolov8,
     80,
     true,
     true,
     {8, 16, 32},
     1,
     Color::kRgb,
     ResizeRule::kLetterbox},
    {"yolo-fastestv2-352/yolo-fastestv2.onnx",
     Family::kYoloFastestV2,
     80,
     true,
     false,
     {16, 32},
     2,
     Color::kBgr,
     ResizeRule::kStretch},
    {"ultraface-rfb-320/version-RFB-320.onnx",
     Family::kSsd,
     1,
     true,
     true,
     {},
     2,
     Color::kRgb,
     ResizeRule::kStretch},
    {"yunet-n-320/yunet_n_320_320.onnx",
     Family::kYunet,
     1,
     true,
     false,
     {8, 16, 32},
     12,
     Color::kBgr,
     ResizeRule::kLetterboxCorner},
    {"mobilenetv2-224-w8/mobilenetv2_w8.onnx",
     Family::kClassifier,
     1000,
     false,
     false,
     {},
     1,
     Color::kRgb,
     ResizeRule::kCrop},
    {"mnist-cntk/mnist.onnx",
     Family::kClassifier,
     10,
     false,
     false,
     {},
     1,
     Color::kGray,
     ResizeRule::kStretch},
    {"superres-x3/", Family::kNone, 0, false, false, {}, 0, Color::kGray, ResizeRule::kStretch},
    {"dtln-lstm/model_1.onnx",
     Family::kNone,
     0,
     false,
     false,
     {},
     0,
     Color::kRgb,
     ResizeRule::kStretch},
};

class Models : public testing::TestWithParam<Case> {};

TEST_P(Models, AreRecognised) {
  const Case& expected = GetParam();
  const char* given = std::getenv("PLUMB_SHARED");
  std::filesystem::path path =
      std::filesystem::path(given != nullptr ? given : PLUMB_SOURCE_DIR "/../shared") / "models" /
      expected.file;
  if (!std::filesystem::exists(path)) {
    GTEST_SKIP() << "the shared models are not here: " << path;
  }
  if (std::filesystem::is_directory(path)) {
    for (const auto& entry : std::filesystem::directory_iterator(path)) {
      path = entry.path().extension() == ".onnx" ? entry.path() : path;
    }
  }
  auto model = onnx::ImportOnnx(path.string(), {});
  ASSERT_TRUE(model.ok()) << model.status().message();
  const Status canonical = passes::RunPipeline(model->graph);
  ASSERT_TRUE(canonical.ok()) << canonical.message();
  const auto found = Recognize(model->graph, {});
  ASSERT_TRUE(found.ok()) << found.status().message();
  const auto& d = found->decode;
  EXPECT_EQ(vision::FamilyName(d.family), vision::FamilyName(expected.family)) << found->why;
  EXPECT_EQ(d.classes, expected.classes);
  EXPECT_EQ(d.scores_activated, expected.activated);
  EXPECT_EQ(d.boxes_decoded, expected.decoded);
  EXPECT_EQ(d.strides, expected.strides);
  EXPECT_EQ(d.outputs.size(), expected.outputs);
  if (!found->io.pictures.empty()) {
    EXPECT_EQ(found->io.pictures[0].color, expected.color);
    EXPECT_EQ(found->io.pictures[0].resize, expected.resize);
  } else {
    EXPECT_EQ(expected.family, Family::kNone);
  }
}

INSTANTIATE_TEST_SUITE_P(Shared, Models, testing::ValuesIn(kCases),
                         [](const testing::TestParamInfo<Case>& info) {
                           std::string name = info.param.file;
                           name.resize(name.find('/'));
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

}  // namespace
}  // namespace plumb::contract
