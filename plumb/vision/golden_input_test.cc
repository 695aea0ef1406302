#include "plumb/vision/golden_input.h"

#include <gtest/gtest.h>

#include <bit>
#include <cstring>

#include "plumb/vision/preprocess.h"

namespace plumb::vision {
namespace {

artifact::PictureInput Contract(int width, int height) {
  artifact::PictureInput input;
  input.width = width, input.height = height;
  input.color = artifact::Color::kBgr;
  input.mean = {1, 2, 3};
  input.std = {255, 128, 64};
  return input;
}

// Every pixel value in some place.
Picture Slope(int width, int height) {
  Picture picture(width, height, 3);
  for (size_t i = 0; i < picture.pixels.size(); ++i) {
    picture.pixels[i] = static_cast<uint8_t>(i * 7);
  }
  return picture;
}

TEST(GoldenInput, SmallPicturesTravelAsTheyAre) {
  const Picture picture = Slope(40, 30);
  const artifact::GoldenInput golden = CodeGoldenPicture(picture);
  EXPECT_EQ(golden.width, 40);
  EXPECT_EQ(golden.height, 30);
  const auto again = artifact::DecodePicture(golden.picture, 40, 30, 3);
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again->pixels, picture.pixels);
}

TEST(GoldenInput, LargeOnesAsMeansOfSquares) {
  Picture picture(641, 480, 1);  // a quarter of the side; the last column is alone
  picture.At(0, 0)[0] = 255;
  picture.At(3, 3)[0] = 40;
  picture.At(640, 1)[0] = 6;
  const artifact::GoldenInput golden = CodeGoldenPicture(picture);
  EXPECT_EQ(golden.width, 161);
  EXPECT_EQ(golden.height, 120);
  const auto small = artifact::DecodePicture(golden.picture, 161, 120, 1);
  ASSERT_TRUE(small.ok());
  EXPECT_EQ(small->At(0, 0)[0], (255 + 40 + 8) / 16);
  EXPECT_EQ(small->At(160, 0)[0], (6 + 2) / 4);
  EXPECT_EQ(small->At(1, 0)[0], 0);
}

TEST(GoldenInput, BecomesTheTensorThatAnyPictureBecomes) {
  artifact::Artifact artifact;
  artifact.io.pictures = {Contract(64, 40)};
  const Picture small = Slope(32, 20);
  artifact::GoldenInput golden = CodeGoldenPicture(small);
  Tensor tensor(DType::kF32, {1, 3, 40, 64});
  ASSERT_TRUE(FillGoldenInput(artifact, golden, 0, tensor.view()).ok());
  const Tensor expected = ToFloat(Resize(small, 64, 40), artifact.io.pictures[0]);
  EXPECT_EQ(std::memcmp(tensor.raw(), expected.raw(), tensor.bytes()), 0);
  golden.picture.resize(golden.picture.size() / 2);
  EXPECT_EQ(FillGoldenInput(artifact, golden, 0, tensor.view()).code(), Code::kInvalidModel);
}

TEST(GoldenInput, PixelsComeBackFromATensor) {
  for (const auto layout : {artifact::PictureLayout::kNchw, artifact::PictureLayout::kNhwc}) {
    artifact::PictureInput input = Contract(16, 16);
    input.layout = layout;
    const Picture picture = Slope(16, 16);
    EXPECT_EQ(PixelsOf(ToFloat(picture, input), input).pixels, picture.pixels);
  }
}

TEST(GoldenInput, DecodesClassesByTheirBits) {
  artifact::Artifact artifact;
  artifact.decode.family = artifact::Family::kClassifier;
  artifact.decode.classes = 3;
  artifact.decode.scores_activated = true;
  const Tensor scores = Tensor::Of<float>({1, 3}, std::vector<float>{0.25F, 0.5F, 0.125F});
  const ConstTensorView output = scores.view();
  const auto decoded = DecodeGolden(artifact, {&output, 1});
  ASSERT_TRUE(decoded.ok()) << decoded.status().message();
  EXPECT_EQ(decoded->result, artifact::GoldenResult::kClasses);
  ASSERT_EQ(decoded->objects.size(), 3U);
  EXPECT_EQ(decoded->objects[0], (artifact::GoldenObject{1, {std::bit_cast<uint32_t>(0.5F)}}));
  artifact.decode.family = artifact::Family::kNone;
  const auto none = DecodeGolden(artifact, {&output, 1});
  ASSERT_TRUE(none.ok());
  EXPECT_EQ(none->result, artifact::GoldenResult::kNone);
}

}  // namespace
}  // namespace plumb::vision
