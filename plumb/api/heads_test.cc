// Boxes decoded from the heads for candidates only are those of the whole network, and a tail that
// does something else is left alone.
#include "plumb/api/heads.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "plumb/api/convert.h"
#include "plumb/api/detect.h"
#include "plumb/api/pixel_input.h"
#include "plumb/pictures/read_picture.h"

namespace plumb {
namespace {

namespace fs = std::filesystem;

std::string Example(const std::string& name) {
  return std::string(PLUMB_SOURCE_DIR) + "/examples/shapes_detector/" + name;
}

Result<Model> ConvertAndLoad(const std::string& model, const std::string& calib) {
  const std::string artifact = testing::TempDir() + "/heads_test.plumb";
  ConvertOptions options;
  options.model = model;
  options.output = artifact;
  options.calib = calib;
  options.calib_limit = options.check_limit = 2;
  options.judge = false;
  options.keep_failed = true;
  PLUMB_RETURN_IF_ERROR(Convert(options).status());
  return LoadModel(artifact, {});
}

// Every box of the whole network's decoding, by a run of all of it.
std::vector<vision::Detection> BoxesOfWhole(const Model& model, const Picture& picture) {
  const artifact::PictureInput& input = model.io.pictures[0];
  auto session = runtime::Session::Create(model.program, {});
  const auto fitted = vision::Fit(picture, input);
  const TensorView to = (*session)->input(0);
  vision::WriteFloat(fitted->picture, input,
                     {static_cast<float*>(to.raw), static_cast<size_t>(to.size())});
  EXPECT_TRUE((*session)->Run().ok());
  std::vector<ConstTensorView> views;
  for (size_t i = 0; i < model.program->outputs.size(); ++i) {
    views.push_back((*session)->output(i));
  }
  auto boxes = vision::Boxes(model.decode, views, input.width, input.height, {});
  return vision::ToPicture(std::move(*boxes), fitted->placement);
}

void ExpectSameBoxes(const Model& model, const std::string& picture_path) {
  const artifact::PictureInput& input = model.io.pictures[0];
  const auto heads = FindHeads(*model.program, model.decode, input.width, input.height);
  ASSERT_TRUE(heads.has_value()) << model.path;
  EXPECT_LT(heads->network->records.size(), model.program->records.size());
  const auto picture = pictures::ReadPicture(picture_path);
  ASSERT_TRUE(picture.ok());
  auto detector = PictureModel::Create(model, 1);
  ASSERT_TRUE(detector.ok());
  const auto found = detector->Detect(*picture, {});
  const std::vector<vision::Detection> expected = BoxesOfWhole(model, *picture);
  ASSERT_FALSE(expected.empty());
  ASSERT_EQ(found->size(), expected.size());
  const auto side = static_cast<float>(4 * std::max(picture->width, picture->height));
  for (size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ((*found)[i].label, expected[i].label);
    EXPECT_NEAR((*found)[i].score, expected[i].score, kBoxRounding);
    EXPECT_NEAR((*found)[i].x1, expected[i].x1, kBoxRounding * side);
    EXPECT_NEAR((*found)[i].y2, expected[i].y2, kBoxRounding * side);
  }
}

TEST(Heads, ShippedDetector) {
  const auto model = ConvertAndLoad(Example("shapes_detector.onnx"), Example("calib"));
  ASSERT_TRUE(model.ok()) << model.status().message();
  ExpectSameBoxes(*model, Example("val/val_002.jpg"));
}

TEST(Pixels, GoInAsTheQuantizedFloats) {
  const auto model = ConvertAndLoad(Example("shapes_detector.onnx"), Example("calib"));
  ASSERT_TRUE(model.ok());
  const artifact::PictureInput& input = model->io.pictures[0];
  const auto taken = TakePixels(*model->program, input);
  ASSERT_TRUE(taken.has_value());
  EXPECT_EQ(taken->program->records.size() + 1, model->program->records.size());
  const auto picture = pictures::ReadPicture(Example("val/val_002.jpg"));
  const auto fitted = vision::Fit(*picture, input);
  runtime::SessionOptions keep;
  keep.keep_all = true;
  auto session = runtime::Session::Create(model->program, keep);
  const TensorView to = (*session)->input(0);
  vision::WriteFloat(fitted->picture, input,
                     {static_cast<float*>(to.raw), static_cast<size_t>(to.size())});
  ASSERT_TRUE((*session)->Run().ok());
  const ConstTensorView quantized =
      (*session)->tensor(static_cast<size_t>(taken->program->inputs[0].tensor));
  std::vector<int8_t> found(static_cast<size_t>(quantized.size()));
  vision::WriteQuantized(fitted->picture, input, taken->tables, found);
  EXPECT_EQ(found, std::vector<int8_t>(quantized.data<int8_t>(),
                                       quantized.data<int8_t>() + quantized.size()));
}

TEST(Heads, ATailOfAnotherKindIsLeftAlone) {
  const auto model = ConvertAndLoad(Example("shapes_detector.onnx"), Example("calib"));
  ASSERT_TRUE(model.ok());
  const artifact::PictureInput& input = model->io.pictures[0];
  artifact::DecodeContract wrong = model->decode;
  wrong.family = artifact::Family::kYolox;  // other arithmetic
  EXPECT_FALSE(FindHeads(*model->program, wrong, input.width, input.height).has_value());
  artifact::Program scaled = *model->program;
  for (artifact::Record& record : scaled.records) {
    if (record.op == "sigmoid") {
      record.op = "tanh";  // the same shapes, another function
    }
  }
  EXPECT_FALSE(FindHeads(scaled, model->decode, input.width, input.height).has_value());
}

TEST(Heads, FloatNetworksAreRunWhole) {
  const auto model = LoadModel(Example("shapes_detector.onnx"), {});
  ASSERT_TRUE(model.ok());
  EXPECT_FALSE(FindHeads(*model->program, model->decode, 320, 320).has_value());
}

TEST(Heads, SharedDetectors) {
  const char* shared = std::getenv("PLUMB_SHARED");
  const fs::path root = shared != nullptr ? shared : PLUMB_SOURCE_DIR "/../shared";
  if (!fs::is_directory(root / "models")) {
    GTEST_SKIP() << "no shared models at " << root;
  }
  for (const char* file : {"yolov5n-640-fp16w/yolov5n.onnx", "yolov8n-640-w8/yolov8n_w8.onnx",
                           "yolox-nano-416/yolox_nano.onnx"}) {
    const auto model = ConvertAndLoad((root / "models" / file).string(),
                                      (root / "images" / "coco-calib").string());
    ASSERT_TRUE(model.ok()) << file << ": " << model.status().message();
    ExpectSameBoxes(*model, (root / "images" / "bus.jpg").string());
  }
}

}  // namespace
}  // namespace plumb
