#include "plumb/kernels/resize/resize.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <vector>

namespace plumb::kernels {
namespace {

using ::testing::ElementsAre;
using ::testing::FloatNear;
using ::testing::Pointwise;

TEST(SourceCoordinate, EveryMode) {
  const ResizeAxis axis = {4, 8, 2.0f, 0.25f, 0.75f};
  EXPECT_EQ(SourceCoordinate(axis, CoordinateMode::kHalfPixel, 0), -0.25f);
  EXPECT_EQ(SourceCoordinate(axis, CoordinateMode::kHalfPixelSymmetric, 0), -0.25f);
  EXPECT_EQ(SourceCoordinate(axis, CoordinateMode::kPytorchHalfPixel, 7), 3.25f);
  EXPECT_EQ(SourceCoordinate(axis, CoordinateMode::kAlignCorners, 7), 3.0f);
  EXPECT_EQ(SourceCoordinate(axis, CoordinateMode::kAsymmetric, 3), 1.5f);
  EXPECT_EQ(SourceCoordinate(axis, CoordinateMode::kTfCropAndResize, 0), 0.75f);
  EXPECT_EQ(SourceCoordinate(axis, CoordinateMode::kTfCropAndResize, 7), 2.25f);
  // One output position.
  EXPECT_EQ(SourceCoordinate({4, 1, 0.25f}, CoordinateMode::kPytorchHalfPixel, 0), 0.0f);
  EXPECT_EQ(SourceCoordinate({4, 1, 0.25f}, CoordinateMode::kAlignCorners, 0), 0.0f);
  // 10 * 0.85 = 8.5 is cut to 8: half of the rest is left out at each end.
  EXPECT_NEAR(SourceCoordinate({10, 8, 0.85f}, CoordinateMode::kHalfPixelSymmetric, 0),
              0.5f / 0.85f - 0.5f + 5.0f * (1.0f - 8.0f / 8.5f), 1e-6f);
}

TEST(NearestMap, TiesGoWhereTheModeSays) {
  const ResizeAxis twice = {2, 4, 2.0f};  // sources 0, 0.5, 1, 1.5
  const auto map = [&](NearestMode mode) {
    return NearestMap(twice, CoordinateMode::kAsymmetric, mode);
  };
  EXPECT_THAT(map(NearestMode::kFloor), ElementsAre(0, 0, 1, 1));
  EXPECT_THAT(map(NearestMode::kCeil), ElementsAre(0, 1, 1, 1));
  EXPECT_THAT(map(NearestMode::kRoundPreferFloor), ElementsAre(0, 0, 1, 1));
  EXPECT_THAT(map(NearestMode::kRoundPreferCeil), ElementsAre(0, 1, 1, 1));
  EXPECT_THAT(NearestMap({4, 2, 0.6f}, CoordinateMode::kHalfPixel, NearestMode::kRoundPreferFloor),
              ElementsAre(0, 2));
  EXPECT_THAT(NearestMap({4, 4, 1.0f, -0.5f, 1.5f}, CoordinateMode::kTfCropAndResize,
                         NearestMode::kRoundPreferFloor),
              ElementsAre(-1, 0, 2, -1));
}

TEST(NearestMap, StaysInsideWhateverTheScale) {
  for (float scale : {1e-38f, 1e-6f, 1e30f, std::numeric_limits<float>::max()}) {
    for (int mode = 0; mode <= 4; ++mode) {
      for (NearestMode nearest :
           {NearestMode::kFloor, NearestMode::kCeil, NearestMode::kRoundPreferFloor}) {
        for (int64_t at : NearestMap({5, 9, scale}, static_cast<CoordinateMode>(mode), nearest)) {
          EXPECT_GE(at, 0);
          EXPECT_LT(at, 5);
        }
      }
    }
  }
}

std::vector<float> Resize1d(const ResizeAxis& axis, const InterpolationOptions& options,
                            const std::vector<float>& x) {
  ThreadPool pool(1);
  std::vector<float> y(static_cast<size_t>(axis.out));
  ResizeAlongAxis(MakeResizeTaps(axis, options), 1, 1, x.data(), y.data(), pool);
  return y;
}

// Expected values worked out by hand from the definitions.
TEST(ResizeTaps, Linear) {
  EXPECT_THAT(Resize1d({2, 4, 2.0f}, {}, {1, 2}), ElementsAre(1, 1.25f, 1.75f, 2));
  InterpolationOptions corners;
  corners.mode = CoordinateMode::kAlignCorners;
  EXPECT_THAT(Resize1d({2, 4, 2.0f}, corners, {0, 3}),
              Pointwise(FloatNear(1e-6f), {0.0f, 1.0f, 2.0f, 3.0f}));
  // Shrinking by two with antialiasing: triangle of radius 2 at 0.5: weights 1/8, 3/8, 3/8, 1/8; at
  // the border the outer tap falls on the first element.
  InterpolationOptions smooth;
  smooth.antialias = true;
  EXPECT_THAT(Resize1d({4, 2, 0.5f}, smooth, {8, 16, 24, 32}),
              Pointwise(FloatNear(1e-5f), {8 * 4 / 8.0f + 16 * 3 / 8.0f + 24 / 8.0f,
                                           16 / 8.0f + 24 * 3 / 8.0f + 32 * 4 / 8.0f}));
}

TEST(ResizeTaps, CubicReproducesSamplesAndSumsToOne) {
  InterpolationOptions cubic;
  cubic.kind = Interpolation::kCubic;
  cubic.mode = CoordinateMode::kAlignCorners;
  EXPECT_THAT(Resize1d({4, 7, 7.0f / 4}, cubic, {1, 5, 2, 7})[0], 1.0f);
  EXPECT_THAT(Resize1d({4, 7, 7.0f / 4}, cubic, {1, 5, 2, 7})[2], 5.0f);
  // Halfway between samples: (-3, 19, 19, -3) / 32 for a = -0.75.
  EXPECT_NEAR(Resize1d({4, 7, 7.0f / 4}, cubic, {1, 5, 2, 7})[3],
              (-3 * 1 + 19 * 5 + 19 * 2 - 3 * 7) / 32.0f, 1e-5f);
  for (bool exclude : {false, true}) {
    cubic.exclude_outside = exclude;
    cubic.mode = CoordinateMode::kHalfPixel;
    for (float y : Resize1d({3, 10, 10.0f / 3}, cubic, {2, 2, 2})) {
      EXPECT_NEAR(y, 2.0f, 1e-5f);
    }
  }
}

// Every path of the inner loop (single elements, two taps, more) is the stated chain, for any
// number of threads.
TEST(ResizeAlongAxis, IsTheStatedChain) {
  std::mt19937 random(1);
  for (Interpolation kind : {Interpolation::kLinear, Interpolation::kCubic}) {
    InterpolationOptions options;
    options.kind = kind;
    for (int64_t inner : {1, 2, 5, 64}) {
      const ResizeAxis axis = {7, 12, 12.0f / 7};
      const ResizeTaps taps = MakeResizeTaps(axis, options);
      const int64_t outer = 9;
      std::vector<float> x(static_cast<size_t>(outer * axis.in * inner));
      for (float& v : x) {
        v = static_cast<float>(random() % 1000) * 0.37f - 150.0f;
      }
      std::vector<float> expected;
      for (int64_t o = 0; o < outer; ++o) {
        for (int64_t i = 0; i < axis.out; ++i) {
          for (int64_t n = 0; n < inner; ++n) {
            const auto at = [&](int64_t k) {
              const auto tap = static_cast<size_t>(i * taps.taps + k);
              return x[static_cast<size_t>((o * axis.in + taps.index[tap]) * inner + n)] *
                     taps.weight[tap];
            };
            float sum = at(0);
            for (int64_t k = 1; k < taps.taps; ++k) {
              sum += at(k);
            }
            expected.push_back(sum);
          }
        }
      }
      for (int threads : {1, 2, 3}) {
        ThreadPool pool(threads);
        std::vector<float> y(expected.size());
        ResizeAlongAxis(taps, outer, inner, x.data(), y.data(), pool);
        EXPECT_EQ(y, expected) << "inner " << inner << " threads " << threads;
      }
    }
  }
}

}  // namespace
}  // namespace plumb::kernels
