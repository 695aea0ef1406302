// Every kernel gives the bits of the definition, for any number of threads, and touches nothing
// outside its output.
#include "plumb/kernels/conv_s16/conv_s16.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <random>

#include "plumb/kernels/conv_s16/conv_s16_pack.h"
#include "plumb/kernels/conv_s16/conv_s16_reference.h"

namespace plumb::kernels {
namespace {

void Square(const float* in, float* out, int64_t n, const float* parameters) {
  for (int64_t i = 0; i < n; ++i) {
    out[i] = in[i] * in[i] - parameters[0];
  }
}

struct RandomLayer {
  ConvS16Layer layer;
  std::vector<int16_t> x, weights;
  std::vector<int64_t> bias;
  std::vector<float> multiplier;
  float parameter = 0.25f;

  RandomLayer(const ConvS16Geometry& geometry, EndS16 end, bool wide, uint32_t seed) {
    std::mt19937 random(seed);
    const auto pick = [&](int lo, int hi) {
      return lo + static_cast<int>(random() % static_cast<uint32_t>(hi - lo + 1));
    };
    layer.geometry = geometry;
    layer.end = end;
    const int64_t k = geometry.depth();
    x.resize(static_cast<size_t>(geometry.batch * geometry.in_height * geometry.in_width *
                                 geometry.in_channels));
    for (int16_t& v : x) v = static_cast<int16_t>(seed % 5 == 0 ? -32768 : pick(-32768, 32767));
    weights.resize(static_cast<size_t>(geometry.out_channels * k));
    const int most = wide ? 32767 : 127;
    for (int16_t& v : weights) v = static_cast<int16_t>(seed % 3 == 0 ? most : pick(-most, most));
    const float spread = 20000.0f / (19000.0f * 0.58f * static_cast<float>(most) *
                                     std::sqrt(static_cast<float>(std::max<int64_t>(k, 1))));
    for (int64_t c = 0; c < geometry.out_channels; ++c) {
      bias.push_back(int64_t{pick(-30000, 30000)} * pick(0, 30000));
      multiplier.push_back(spread * static_cast<float>(pick(50, 150)) / 100.0f);
    }
    layer.weights = weights.data();
    layer.bias = seed % 4 == 1 ? nullptr : bias.data();
    layer.multiplier = multiplier.data();
    layer.y_scale = 1.7f;
    if (seed % 2 == 0) {
      layer.clamp_lo = -20000;
      layer.clamp_hi = 9000;
      layer.function = {Square, &parameter};
    }
  }
  [[nodiscard]] size_t OutputBytes() const {
    const auto n = static_cast<size_t>(layer.geometry.pixels() * layer.geometry.out_channels);
    return layer.end == EndS16::kRealF32 ? 4 * n : 2 * n;
  }
};

ConvS16Geometry Conv(int64_t batch, int64_t h, int64_t w, int64_t c, int64_t o, int64_t kh,
                     int64_t kw, int64_t sh = 1, int64_t sw = 1, int64_t pad_h = 0,
                     int64_t pad_w = 0, int64_t dh = 1, int64_t dw = 1, int64_t groups = 1) {
  ConvS16Geometry g;
  g.batch = batch, g.in_height = h, g.in_width = w, g.in_channels = c, g.out_channels = o;
  g.kernel_height = kh, g.kernel_width = kw, g.stride_height = sh, g.stride_width = sw;
  g.pad_top = pad_h, g.pad_left = pad_w, g.dilation_height = dh, g.dilation_width = dw;
  g.groups = groups;
  g.out_height = (h + 2 * pad_h - dh * (kh - 1) - 1) / sh + 1;
  g.out_width = (w + 2 * pad_w - dw * (kw - 1) - 1) / sw + 1;
  return g;
}

std::vector<ConvS16Geometry> Geometries() {
  std::vector<ConvS16Geometry> list = {
      Conv(1, 1, 1, 1, 1, 1, 1),                             // one number
      Conv(1, 1, 1, 5, 3, 3, 3, 1, 1, 1, 1),                 // a picture smaller than its kernel
      Conv(1, 2, 3, 3, 7, 5, 5, 1, 1, 4, 4),                 // pads larger than the picture
      Conv(1, 9, 11, 3, 16, 6, 6, 2, 2, 2, 2),               // a first layer
      Conv(2, 7, 6, 4, 33, 3, 3, 2, 1, 1, 0),                // batch, uneven strides
      Conv(1, 13, 9, 8, 48, 3, 3, 1, 1, 2, 2, 2, 2),         // dilation
      Conv(1, 8, 8, 12, 18, 3, 3, 1, 1, 1, 1, 1, 1, 3),      // groups
      Conv(2, 6, 5, 10, 20, 3, 3, 2, 2, 1, 1, 1, 1, 10),     // depthwise with a multiplier
      Conv(1, 20, 20, 64, 32, 1, 1),                         // whole tiles, read where they lie
      Conv(1, 5, 7, 130, 65, 1, 1),                          // odd in everything
      Conv(1, 6, 6, 16, 16, 1, 1, 2, 2),                     // stride without a window
      Conv(1, 1, 1, 3001, 40, 1, 1),                         // one row, deep: several chunks
      Conv(1, 1, 3, 1008, 9, 1, 1),                          // whole chunks
      Conv(1, 14, 13, 16, 16, 3, 3, 1, 1, 1, 1, 1, 1, 16),   // depthwise
      Conv(2, 9, 21, 37, 37, 5, 5, 2, 2, 2, 2, 1, 1, 37),    // depthwise, odd channels, stride
      Conv(1, 30, 30, 3, 3, 23, 23, 1, 1, 11, 11, 1, 1, 3),  // depthwise, more taps than a chunk
      Conv(1, 1, 1, 5, 5, 3, 3, 1, 1, 1, 1, 1, 1, 5),        // depthwise, one pixel
      Conv(1, 9, 9, 8, 8, 3, 3, 1, 1, 2, 2, 2, 2, 8),        // depthwise, dilation
  };
  std::mt19937 random(20261);
  const auto pick = [&](int lo, int hi) {
    return lo + static_cast<int>(random() % static_cast<uint32_t>(hi - lo + 1));
  };
  while (list.size() < 60) {
    const bool depthwise = pick(0, 3) == 0;
    const int c = pick(1, 40);
    const int groups = depthwise ? c : pick(0, 3) == 0 ? pick(1, 4) : 1;
    const ConvS16Geometry g =
        Conv(pick(1, 2), pick(1, 14), pick(1, 14), depthwise ? c : groups * c,
             depthwise ? c : groups * pick(1, 70), pick(1, 5), pick(1, 5), pick(1, 3), pick(1, 3),
             pick(0, 3), pick(0, 3), pick(1, 2), pick(1, 2), groups);
    if (g.out_height > 0 && g.out_width > 0) {
      list.push_back(g);
    }
  }
  return list;
}

TEST(ConvS16, EveryKernelGivesTheDefinition) {
  const auto kernels = ConvS16Kernels();
  ASSERT_FALSE(kernels.empty());
  uint32_t seed = 0;
  size_t compared = 0, inner = 0;
  for (const ConvS16Geometry& geometry : Geometries()) {
    for (const EndS16 end : {EndS16::kRequantize, EndS16::kRealS16, EndS16::kRealF32}) {
      for (const bool wide : {false, true}) {
        const RandomLayer random(geometry, end, wide, ++seed);
        const ConvS16Layer& layer = random.layer;
        ASSERT_LE(ConvS16Bound(layer.weights, layer.bias, geometry.out_channels, geometry.depth()),
                  kMostConvS16);
        std::vector<std::byte> expected(random.OutputBytes());
        ConvS16Reference(layer, random.x.data(), expected.data());
        for (const ConvS16Kernel* kernel : kernels) {
          const ConvS16Packed packed(layer, *kernel);
          for (const int threads : {1, 3}) {
            ThreadPool pool(threads);
            Tensor scratch(DType::kU8, {static_cast<int64_t>(packed.ScratchBytes(threads))});
            constexpr size_t kGuard = 64;
            std::vector<std::byte> y(expected.size() + 2 * kGuard, std::byte{0xA5});
            packed.Run(random.x.data(), y.data() + kGuard,
                       {static_cast<std::byte*>(scratch.raw()), scratch.bytes()}, pool);
            ASSERT_EQ(std::memcmp(y.data() + kGuard, expected.data(), expected.size()), 0)
                << kernel->name << " seed " << seed << " wide " << wide;
            for (size_t i = 0; i < kGuard; ++i) {
              ASSERT_EQ(y[i], std::byte{0xA5});
              ASSERT_EQ(y[y.size() - 1 - i], std::byte{0xA5});
            }
            compared += expected.size();
          }
        }
        if (end == EndS16::kRequantize) {
          for (size_t i = 0; i < expected.size(); i += 2) {
            int16_t q;
            std::memcpy(&q, expected.data() + i, 2);
            inner += q > layer.clamp_lo && q < layer.clamp_hi && q != 0;
          }
        }
      }
    }
  }
  EXPECT_GT(compared, 1000000u);
  EXPECT_GT(inner, 10000u);  // most outputs are neither clamped nor zero: something was compared
}

// 504 products of the greatest magnitude are what 32 bits hold; the parts of a weight too.
TEST(ConvS16, SumsAtTheEndsOfTheRangeAreExact) {
  static_assert(kConvS16Chunk * 32768 * 128 <= INT32_MAX);
  for (int w = -32768; w <= 32767; ++w) {
    const SplitWeight split = Split(static_cast<int16_t>(w), 2);
    ASSERT_EQ(split.low + 256 * split.high, w);
    ASSERT_TRUE(split.low >= -128 && split.low <= 128 && split.high >= -128 && split.high <= 128);
  }
  for (const int w : {-127, 127, -128, -32767, 32767, -32768}) {
    for (const int64_t k : {1, 2, 503, 504, 505, 1008, 4096}) {
      std::vector<int16_t> x(static_cast<size_t>(k), -32768), weights(static_cast<size_t>(k));
      std::fill(weights.begin(), weights.end(), static_cast<int16_t>(w));
      const float one = 1.0f;
      const int64_t bias = -32768 * int64_t{w} * -k + 12345;  // leaves 12345 of the sum
      ConvS16Layer layer;
      layer.geometry.in_channels = k;
      layer.weights = weights.data();
      layer.bias = &bias;
      layer.multiplier = &one;
      for (const ConvS16Kernel* kernel : ConvS16Kernels()) {
        const ConvS16Packed packed(layer, *kernel);
        ThreadPool pool(1);
        Tensor scratch(DType::kU8, {static_cast<int64_t>(packed.ScratchBytes(1))});
        int16_t y = 0;
        packed.Run(x.data(), &y, {static_cast<std::byte*>(scratch.raw()), scratch.bytes()}, pool);
        EXPECT_EQ(y, 12345) << kernel->name << " w " << w << " k " << k;
      }
    }
  }
}

// A sum beyond 24 bits is rounded once on its way to binary32, to even, then the product once more.
TEST(ConvS16, OneRoundingToBinary32) {
  const int64_t base = (int64_t{1} << 40) + (int64_t{1} << 16);  // halfway between two binary32
  const int16_t w = 1;
  const float m = 0x1p-30f;
  for (const int64_t off : {-1, 0, 1}) {
    const int64_t bias = base + off;
    const int16_t x = 0;
    ConvS16Layer layer;
    layer.weights = &w;
    layer.bias = &bias;
    layer.multiplier = &m;
    layer.end = EndS16::kRealF32;
    for (const ConvS16Kernel* kernel : ConvS16Kernels()) {
      const ConvS16Packed packed(layer, *kernel);
      ThreadPool pool(1);
      Tensor scratch(DType::kU8, {static_cast<int64_t>(packed.ScratchBytes(1))});
      float y = 0;
      packed.Run(&x, &y, {static_cast<std::byte*>(scratch.raw()), scratch.bytes()}, pool);
      EXPECT_EQ(y, off > 0 ? 1024.0f + 0x1p-13f : 1024.0f) << kernel->name << " " << off;
    }
  }
}

TEST(ConvS16, TheBoundCountsBiasAndWeights) {
  const int16_t w[] = {1, -2, 3, 0, 0, 7};
  const int64_t bias[] = {-5, 100};
  EXPECT_EQ(ConvS16Bound(w, bias, 2, 3), 32768 * 7 + 100);
  EXPECT_EQ(ConvS16Bound(w, nullptr, 2, 3), 32768 * 7);
  const int64_t most[] = {0, kMostConvS16 + 1};
  EXPECT_GT(ConvS16Bound(w, most, 2, 3), kMostConvS16);
  const int64_t least[] = {INT64_MIN, 0};
  EXPECT_GT(ConvS16Bound(w, least, 2, 3), kMostConvS16);
}

}  // namespace
}  // namespace plumb::kernels
