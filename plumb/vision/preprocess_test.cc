#include "plumb/vision/preprocess.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <random>

#include "plumb/numerics/requantize.h"
#include "plumb/vision/detection.h"

namespace plumb::vision {
namespace {

using artifact::Color;
using artifact::PictureInput;
using artifact::PictureLayout;
using artifact::ResizeRule;

PictureInput Input(int width, int height, ResizeRule resize) {
  PictureInput in;
  in.width = width;
  in.height = height;
  in.mean = {0, 0, 0};
  in.std = {255, 255, 255};
  in.resize = resize;
  return in;
}

Picture Row(const std::vector<uint8_t>& values) {
  Picture p(static_cast<int>(values.size()), 1, 1);
  p.pixels = values;
  return p;
}

TEST(Resize, HalfPixelCentresAndRounding) {
  // Output 1 of 4 lies at 0.25: h = 512 * 255 = 130560, y = ((2048 * (h >> 4)) >> 16) + 2 >> 2
  // = 64.
  EXPECT_EQ(Resize(Row({0, 255}), 4, 1).pixels, (std::vector<uint8_t>{0, 64, 191, 255}));
  // 4 to 2: halfway between the neighbours, no smoothing beyond them.
  EXPECT_EQ(Resize(Row({10, 20, 40, 61}), 2, 1).pixels, (std::vector<uint8_t>{15, 51}));
  // 5 to 3: centres 1/3, 2, 11/3; w1 = round(2048 / 3) = 683 and 1365.
  EXPECT_EQ(Resize(Row({0, 90, 120, 30, 60}), 3, 1).pixels, (std::vector<uint8_t>{30, 120, 50}));
  EXPECT_EQ(Resize(Row({7}), 3, 2).pixels, (std::vector<uint8_t>{7, 7, 7, 7, 7, 7}));
}

TEST(Resize, ConstantStaysConstant) {
  for (int v = 0; v < 256; ++v) {
    Picture p(5, 3, 1);
    std::fill(p.pixels.begin(), p.pixels.end(), static_cast<uint8_t>(v));
    for (const uint8_t y : Resize(p, 7, 11).pixels) {
      ASSERT_EQ(y, v);
    }
  }
}

TEST(Resize, SameSizeIsUntouched) {
  const Picture p = Row({1, 2, 3});
  EXPECT_EQ(Resize(p, 3, 1).pixels, p.pixels);
}

// The definition, one pixel at a time.
uint8_t Reference(const Picture& p, int width, int height, int x, int y, int c) {
  auto tap = [](int64_t i, int64_t n, int64_t m, int64_t& s, int64_t& w1) {
    const int64_t num = (2 * i + 1) * n - m, den = 2 * m;
    s = num < 0 ? -1 : num / den;
    w1 = ((num - s * den) * 4096 + den) / (2 * den);
    if (s < 0 || s >= n - 1) {
      s = s < 0 ? 0 : n - 1;
      w1 = 0;
    }
  };
  int64_t sx, wx, sy, wy;
  tap(x, p.width, width, sx, wx);
  tap(y, p.height, height, sy, wy);
  auto at = [&](int64_t u, int64_t v) -> int64_t {
    return *(p.At(static_cast<int>(std::min<int64_t>(u, p.width - 1)),
                  static_cast<int>(std::min<int64_t>(v, p.height - 1))) +
             c);
  };
  const int64_t h0 = (2048 - wx) * at(sx, sy) + wx * at(sx + 1, sy);
  const int64_t h1 = (2048 - wx) * at(sx, sy + 1) + wx * at(sx + 1, sy + 1);
  return static_cast<uint8_t>(((((2048 - wy) * (h0 >> 4)) >> 16) + ((wy * (h1 >> 4)) >> 16) + 2) >>
                              2);
}

TEST(Resize, EqualsItsDefinition) {
  std::mt19937 random(7);
  for (const auto& [w, h, W, H] : {std::array{1, 1, 4, 4}, std::array{13, 7, 5, 19},
                                   std::array{31, 17, 64, 9}, std::array{8, 8, 4, 4}}) {
    Picture p(w, h, 3);
    for (uint8_t& v : p.pixels) {
      v = static_cast<uint8_t>(random());
    }
    const Picture out = Resize(p, W, H);
    for (int y = 0; y < H; ++y) {
      for (int x = 0; x < W; ++x) {
        for (int c = 0; c < 3; ++c) {
          ASSERT_EQ(*(out.At(x, y) + c), Reference(p, W, H, x, y, c)) << x << "," << y;
        }
      }
    }
  }
}

struct PlaceCase {
  ResizeRule rule;
  int w, h, W, H;
  int nw, nh, left, top;  // expected
};

TEST(Placement, SizesAndOffsets) {
  for (const PlaceCase& k : {
           PlaceCase{ResizeRule::kLetterbox, 640, 480, 640, 640, 640, 480, 0, 80},
           PlaceCase{ResizeRule::kLetterbox, 810, 1080, 640, 640, 480, 640, 80, 0},
           PlaceCase{ResizeRule::kLetterbox, 333, 500, 640, 640, 426, 640, 107, 0},
           PlaceCase{ResizeRule::kLetterbox, 427, 640, 640, 640, 427, 640, 106, 0},  // 106.5: down
           PlaceCase{ResizeRule::kLetterbox, 10000, 1, 640, 640, 640, 1, 0, 319},    // never 0
           PlaceCase{ResizeRule::kLetterbox, 1, 1, 640, 384, 384, 384, 128, 0},
           PlaceCase{ResizeRule::kLetterbox, 256, 5, 128, 128, 128, 2, 0, 63},  // 2.5: to even
           PlaceCase{ResizeRule::kLetterboxCorner, 427, 640, 416, 416, 277, 416, 0, 0},  // 277.55
           PlaceCase{ResizeRule::kStretch, 640, 480, 352, 352, 352, 352, 0, 0},
           PlaceCase{ResizeRule::kCrop, 500, 375, 224, 224, 341, 256, -58, -16},  // 58.5: to even
           PlaceCase{ResizeRule::kCrop, 256, 300, 224, 224, 256, 300, -16, -38},
       }) {
    const Placement p = PlacementOf(Input(k.W, k.H, k.rule), k.w, k.h);
    EXPECT_FLOAT_EQ(p.scale_x, static_cast<float>(k.nw) / static_cast<float>(k.w)) << k.w;
    EXPECT_FLOAT_EQ(p.scale_y, static_cast<float>(k.nh) / static_cast<float>(k.h)) << k.h;
    EXPECT_EQ(p.offset_x, k.left) << k.w << "x" << k.h;
    EXPECT_EQ(p.offset_y, k.top) << k.w << "x" << k.h;
  }
}

TEST(Fit, PadsAndPlaces) {
  Picture p(2, 1, 3);
  p.pixels = {1, 2, 3, 1, 2, 3};
  auto fitted = Fit(p, Input(4, 4, ResizeRule::kLetterbox));
  ASSERT_TRUE(fitted.ok());
  for (int y = 0; y < 4; ++y) {
    const bool inside = y == 1 || y == 2;
    EXPECT_EQ(fitted->picture.At(3, y)[2], inside ? 3 : 114) << y;
  }
  PictureInput corner = Input(4, 4, ResizeRule::kLetterboxCorner);
  corner.pad = 0;
  fitted = Fit(p, corner);
  ASSERT_TRUE(fitted.ok());
  EXPECT_EQ(fitted->picture.At(0, 0)[0], 1);
  EXPECT_EQ(fitted->picture.At(0, 2)[0], 0);
}

TEST(Fit, GrayFromColourAndBack) {
  Picture p(1, 1, 3);
  p.pixels = {200, 100, 50};
  PictureInput gray = Input(1, 1, ResizeRule::kStretch);
  gray.color = Color::kGray;
  gray.mean = {0};
  gray.std = {1};
  auto fitted = Fit(p, gray);
  ASSERT_TRUE(fitted.ok());
  EXPECT_EQ(fitted->picture.pixels, std::vector<uint8_t>{124});  // 0.299, 0.587, 0.114
  fitted = Fit(Row({9}), Input(1, 1, ResizeRule::kStretch));
  ASSERT_TRUE(fitted.ok());
  EXPECT_EQ(fitted->picture.pixels, (std::vector<uint8_t>{9, 9, 9}));
}

TEST(ToTensor, OrderLayoutAndNormalisation) {
  Picture p(2, 1, 3);
  p.pixels = {10, 20, 30, 40, 50, 60};
  PictureInput in = Input(2, 1, ResizeRule::kStretch);
  in.color = Color::kBgr;
  in.mean = {30, 20, 10};  // in the network's order
  in.std = {2, 4, 8};
  const Tensor nchw = ToFloat(p, in);
  EXPECT_EQ(nchw.shape(), (Shape{1, 3, 1, 2}));
  EXPECT_EQ(std::vector<float>(nchw.values<float>().begin(), nchw.values<float>().end()),
            (std::vector<float>{0, 15, 0, 7.5F, 0, 3.75F}));
  in.layout = PictureLayout::kNhwc;
  const Tensor bytes = ToBytes(p, in);
  EXPECT_EQ(bytes.shape(), (Shape{1, 1, 2, 3}));
  EXPECT_EQ(std::vector<uint8_t>(bytes.values<uint8_t>().begin(), bytes.values<uint8_t>().end()),
            (std::vector<uint8_t>{30, 20, 10, 60, 50, 40}));
}

TEST(Pixels, TablesGiveTheQuantizedFloats) {
  Picture p(16, 16, 3);
  for (size_t i = 0; i < p.pixels.size(); ++i) {
    p.pixels[i] = static_cast<uint8_t>(i * 7);
  }
  for (const bool plain : {false, true}) {
    for (const Color color : {Color::kRgb, Color::kBgr}) {
      PictureInput in = Input(16, 16, ResizeRule::kStretch);
      in.color = color;
      in.layout = PictureLayout::kNhwc;
      if (plain) {
        in.mean = {0, 0, 0};
        in.std = {255, 255, 255};
      } else {
        in.mean = {123.675F, 116.28F, 103.53F};
        in.std = {58.395F, 57.12F, 57.375F};
      }
      const float scale = plain ? 1.0F / 255.0F : 0.0187F;
      const int32_t zero = plain ? -128 : -3;
      const Tensor floats = ToFloat(p, in);
      std::vector<int8_t> found(p.pixels.size());
      WriteQuantized(p, in, MakePixelTables(in, scale, zero), found);
      for (size_t i = 0; i < found.size(); ++i) {
        ASSERT_EQ(found[i], numerics::Quantize(floats.values<float>()[i], scale, zero, -128, 127));
      }
    }
  }
}

TEST(PictureInput, WrongFieldsAreNamed) {
  const PictureInput good = Input(4, 4, ResizeRule::kLetterbox);
  ASSERT_TRUE(CheckPictureInput(good).ok());
  auto message = [&](auto&& change) {
    PictureInput in = good;
    change(in);
    const Status s = CheckPictureInput(in);
    EXPECT_EQ(s.code(), Code::kUsage);
    return s.message();
  };
  EXPECT_EQ(message([](PictureInput& i) { i.mean = {1}; }),
            "mean: 3 values expected, one per channel, found 1");
  EXPECT_EQ(message([](PictureInput& i) { i.std[1] = 0; }),
            "std: positive values expected, found 0");
  EXPECT_EQ(message([](PictureInput& i) { i.pad = 256; }),
            "pad: a pixel value 0..255 expected, found 256");
  message([](PictureInput& i) { i.width = 0; });
  message([](PictureInput& i) { i.mean[0] = NAN; });
}

TEST(Detections, BackToThePicture) {
  const Placement p = PlacementOf(Input(640, 640, ResizeRule::kLetterbox), 320, 240);  // x2, top 80
  const auto back = ToPicture({{100, 100, 300, 200, 0.5F, 1, {100, 100}},
                               {-50, 90, 1000, 1000, 0.4F, 2, {}},
                               {100, 0, 200, 70, 0.3F, 3, {}}},  // in the padding
                              p);
  ASSERT_EQ(back.size(), 2u);
  EXPECT_EQ(back[0], (Detection{50, 10, 150, 60, 0.5F, 1, {50, 10}}));
  EXPECT_EQ(back[1], (Detection{0, 5, 320, 240, 0.4F, 2, {}}));
}

}  // namespace
}  // namespace plumb::vision
