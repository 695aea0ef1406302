// Every kernel gives the bits of the definition, for any number of threads, and touches nothing
// outside its buffers.
#include "plumb/kernels/dot/dot.h"

#include <gtest/gtest.h>

#include <cstring>
#include <random>

#include "plumb/kernels/dot/dot_reference.h"

namespace plumb::kernels {
namespace {

constexpr size_t kGuard = 128;
constexpr std::byte kGuardByte{0xA5};

// Bytes with guard bytes before and behind them.
struct Guarded {
  explicit Guarded(size_t n, std::byte fill = kGuardByte)
      : size(n), bytes(n + 2 * kGuard, kGuardByte) {
    std::fill(bytes.begin() + kGuard, bytes.end() - kGuard, fill);
  }
  std::byte* data() { return bytes.data() + kGuard; }
  [[nodiscard]] bool Intact() const {
    return std::all_of(bytes.begin(), bytes.begin() + kGuard,
                       [](std::byte b) { return b == kGuardByte; }) &&
           std::all_of(bytes.end() - kGuard, bytes.end(),
                       [](std::byte b) { return b == kGuardByte; });
  }
  size_t size;
  std::vector<std::byte> bytes;
};

void Square(const float* in, float* out, int64_t n, const float* parameters) {
  for (int64_t i = 0; i < n; ++i) {
    out[i] = in[i] * in[i] - parameters[0];
  }
}

struct RandomLayer {
  DotLayer layer;
  std::vector<int8_t> x, weights, table, residual;
  std::vector<int32_t> bias, zero, x_zero;
  std::vector<float> multiplier, scale;
  float parameter = 0.25f;

  RandomLayer(const DotGeometry& geometry, EndKind end, uint32_t seed) {
    std::mt19937 random(seed);
    const auto pick = [&](int lo, int hi) {
      return lo + static_cast<int>(random() % static_cast<uint32_t>(hi - lo + 1));
    };
    layer.geometry = geometry;
    layer.end.kind = end;
    const int64_t k = DotDepth(geometry);
    const int64_t channels = geometry.out_channels;
    const int64_t pixels = geometry.batch * geometry.in_height * geometry.in_width;
    const bool wider = seed % 3 != 1;  // x, y and the residual are some channels of wider tensors
    layer.x_pitch = wider && pick(0, 1) == 1 ? geometry.in_channels + pick(0, 70) : 0;
    layer.y_pitch = wider ? channels + pick(0, 70) : 0;
    if (end == EndKind::kRealF32 && seed % 5 < 2) {
      layer.y_pitch = 0;
      layer.y_order = DotOrder::kChannelMajor;
    }
    // Up to the last element of the last pixel.
    x.resize(static_cast<size_t>(geometry.in_channels == 0
                                     ? 0
                                     : std::max<int64_t>(layer.x_pitch, geometry.in_channels) *
                                               (pixels - 1) +
                                           geometry.in_channels));
    for (int8_t& v : x) v = static_cast<int8_t>(pick(-128, 127));
    weights.resize(static_cast<size_t>(channels * k));
    for (int8_t& v : weights) v = static_cast<int8_t>(seed % 3 == 0 ? 127 : pick(-127, 127));
    for (int i = 0; i < 256; ++i) table.push_back(static_cast<int8_t>(pick(-128, 127)));
    // Outputs that spread over the 8-bit range and past both ends, and some exact ties.
    const float spread =
        90.0f / (70.0f * 70.0f * std::sqrt(static_cast<float>(std::max<int64_t>(k, 1))));
    for (int64_t c = 0; c < channels; ++c) {
      bias.push_back(pick(-3000, 3000));
      zero.push_back(pick(-128, 127));
      multiplier.push_back(c % 5 == 4 ? 0.03125f
                                      : spread * static_cast<float>(pick(50, 150)) / 100.0f);
      scale.push_back(static_cast<float>(pick(50, 150)) / 100.0f);
    }
    const bool same = seed % 2 == 1;  // one for all channels, or each its own
    const int first = pick(-128, 127);
    for (int64_t i = 0; i < geometry.in_channels; ++i) {
      x_zero.push_back(same ? first : pick(-128, 127));
    }
    layer.x_zero_point = x_zero.data();
    layer.weights = weights.data();
    layer.bias = seed % 4 == 1 ? nullptr : bias.data();
    layer.end.multiplier = multiplier.data();
    layer.end.y_zero_point = zero.data();
    layer.end.y_scale = scale.data();
    if (seed % 2 == 0) {
      layer.end.clamp_lo = -100;
      layer.end.clamp_hi = 90;
    }
    layer.end.mid_zero_point = pick(-128, 127);
    layer.end.table = table.data();
    if (seed % 2 == 0) {
      layer.end.function = {Square, &parameter};
    }
    if (end != EndKind::kRealF32 && seed % 5 < 3) {
      layer.residual_pitch = wider ? channels + pick(0, 70) : 0;
      residual.resize(static_cast<size_t>(
          std::max(layer.residual_pitch, channels) * (DotPixels(geometry) - 1) + channels));
      for (int8_t& v : residual) v = static_cast<int8_t>(pick(-128, 127));
      const int lo = pick(-128, 0);
      layer.end.residual = EndResidual{0.01f * static_cast<float>(pick(1, 200)),
                                       0.01f * static_cast<float>(pick(-200, 200)),
                                       pick(-128, 127),
                                       pick(-128, 127),
                                       pick(-128, 127),
                                       lo,
                                       pick(lo, 127),
                                       pick(0, 1) == 1 ? table.data() : nullptr};
    }
  }

  [[nodiscard]] size_t OutputBytes() const {
    const int64_t channels = layer.geometry.out_channels;
    const size_t n = static_cast<size_t>(
        std::max(layer.y_pitch, channels) * (DotPixels(layer.geometry) - 1) + channels);
    return layer.end.kind == EndKind::kRealF32 ? 4 * n : n;
  }
};

DotGeometry Conv(int64_t batch, int64_t h, int64_t w, int64_t c, int64_t o, int64_t kh, int64_t kw,
                 int64_t sh = 1, int64_t sw = 1, int64_t pad_h = 0, int64_t pad_w = 0,
                 int64_t dh = 1, int64_t dw = 1, int64_t groups = 1) {
  DotGeometry g;
  g.batch = batch;
  g.in_height = h;
  g.in_width = w;
  g.in_channels = c;
  g.out_channels = o;
  g.kernel_height = kh;
  g.kernel_width = kw;
  g.stride_height = sh;
  g.stride_width = sw;
  g.pad_top = pad_h;
  g.pad_left = pad_w;
  g.dilation_height = dh;
  g.dilation_width = dw;
  g.groups = groups;
  g.out_height = (h + 2 * pad_h - dh * (kh - 1) - 1) / sh + 1;
  g.out_width = (w + 2 * pad_w - dw * (kw - 1) - 1) / sw + 1;
  return g;
}

std::vector<DotGeometry> Geometries() {
  std::vector<DotGeometry> list = {
      Conv(1, 1, 1, 1, 1, 1, 1),                          // one number
      Conv(1, 1, 1, 5, 3, 3, 3, 1, 1, 1, 1),              // a picture smaller than its kernel
      Conv(1, 2, 3, 3, 7, 5, 5, 1, 1, 4, 4),              // pads larger than the picture
      Conv(1, 9, 11, 3, 16, 6, 6, 2, 2, 2, 2),            // a first layer
      Conv(2, 7, 6, 4, 33, 3, 3, 2, 1, 1, 0),             // batch, uneven strides
      Conv(1, 13, 9, 8, 48, 3, 3, 1, 1, 2, 2, 2, 2),      // dilation
      Conv(1, 10, 10, 6, 10, 3, 3, 1, 1, 3, 3, 3, 1),     // dilation in one direction
      Conv(1, 8, 8, 12, 18, 3, 3, 1, 1, 1, 1, 1, 1, 3),   // groups
      Conv(2, 6, 5, 10, 20, 3, 3, 2, 2, 1, 1, 1, 1, 10),  // depthwise with a multiplier
      Conv(1, 20, 20, 64, 32, 1, 1),                      // whole tiles
      Conv(1, 5, 7, 130, 65, 1, 1),                       // odd in everything
      Conv(1, 6, 6, 16, 16, 1, 1, 2, 2),                  // stride without a window
      Conv(1, 1, 300, 70, 31, 1, 1),                      // a fully connected layer: several blocks
      Conv(1, 1, 1, 3001, 40, 1, 1),                      // one row, deep: several chunks
      Conv(1, 6, 40, 70, 34, 3, 3, 1, 1, 1, 1),           // chunk ends within a run
      Conv(1, 3, 3, 0, 5, 1, 1),                          // no products: the bias alone
      Conv(1, 40, 40, 3, 32, 6, 6, 2, 2, 2, 2),           // a first layer: rows of pieces
      Conv(2, 19, 35, 1, 17, 7, 7, 3, 2, 3, 3),           // the same, one channel, uneven strides
      Conv(1, 16, 37, 4, 40, 3, 3, 2, 2, 0, 1),           // pieces without padding above
      Conv(1, 20, 20, 64, 70, 3, 3, 1, 1, 1, 1),          // tiles across row ends
      Conv(2, 9, 10, 96, 33, 3, 3, 2, 2, 1, 1),           // the same, strided, two pictures
      Conv(1, 7, 50, 24, 20, 1, 5),                       // a window without padding
      Conv(1, 60, 3, 40, 64, 3, 3, 1, 1, 1, 1),           // rows narrower than a tile
      Conv(1, 40, 41, 32, 40, 5, 1, 1, 1, 2, 0),          // a column
      Conv(1, 30, 30, 200, 16, 3, 3, 1, 1, 6, 6, 6, 6),   // far apart taps: rows in several blocks
  };
  std::mt19937 random(20261);
  const auto pick = [&](int lo, int hi) {
    return lo + static_cast<int>(random() % static_cast<uint32_t>(hi - lo + 1));
  };
  while (list.size() < 90) {
    const int groups = pick(0, 3) == 0 ? pick(1, 4) : 1;
    const DotGeometry g = Conv(pick(1, 2), pick(1, 14), pick(1, 14), groups * pick(1, 40),
                               groups * pick(1, 70), pick(1, 5), pick(1, 5), pick(1, 3), pick(1, 3),
                               pick(0, 3), pick(0, 3), pick(1, 2), pick(1, 2), groups);
    if (g.in_height + 2 * g.pad_top >= g.dilation_height * (g.kernel_height - 1) + 1 &&
        g.in_width + 2 * g.pad_left >= g.dilation_width * (g.kernel_width - 1) + 1) {
      list.push_back(g);
    }
  }
  return list;
}

std::string Describe(const DotGeometry& g) {
  return StrCat(g.batch, "x", g.in_height, "x", g.in_width, "x", g.in_channels, " -> ",
                g.out_channels, " kernel ", g.kernel_height, "x", g.kernel_width, " stride ",
                g.stride_height, "x", g.stride_width, " pad ", g.pad_top, "x", g.pad_left,
                " dilation ", g.dilation_height, "x", g.dilation_width, " groups ", g.groups);
}

TEST(Dot, EveryKernelGivesTheBitsOfTheDefinition) {
  const std::vector<const DotKernel*> kernels = DotKernels();
  ASSERT_FALSE(kernels.empty());
  ThreadPool pools[] = {ThreadPool(1), ThreadPool(2), ThreadPool(3)};
  int runs = 0;
  uint32_t seed = 0;
  for (const DotGeometry& geometry : Geometries()) {
    for (const EndKind end :
         {EndKind::kRequantize, EndKind::kTable, EndKind::kRealS8, EndKind::kRealF32}) {
      RandomLayer random(geometry, end, ++seed);
      std::vector<std::byte> expected(random.OutputBytes(), kGuardByte);
      const int8_t* residual = random.residual.empty() ? nullptr : random.residual.data();
      DotReference(random.layer, random.x.data(), expected.data(), residual);
      Guarded x(random.x.size());
      if (!random.x.empty()) {
        std::memcpy(x.data(), random.x.data(), random.x.size());
      }
      for (const DotKernel* kernel : kernels) {
        const DotPacked packed(random.layer, *kernel);
        for (ThreadPool& pool : pools) {
          Guarded y(expected.size());
          Tensor scratch(DType::kU8,
                         {static_cast<int64_t>(packed.ScratchBytes(pool.threads()) + kGuard)});
          std::memset(scratch.raw(), 0xA5, scratch.bytes());
          packed.Run(reinterpret_cast<const int8_t*>(x.data()), y.data(),
                     {static_cast<std::byte*>(scratch.raw()), packed.ScratchBytes(pool.threads())},
                     pool, residual);
          const bool same = std::memcmp(y.data(), expected.data(), expected.size()) == 0;
          ASSERT_TRUE(same) << kernel->name << ", " << pool.threads() << " threads, end "
                            << static_cast<int>(end) << ", seed " << seed << ": "
                            << Describe(geometry);
          ASSERT_TRUE(y.Intact()) << kernel->name << " wrote outside y: " << Describe(geometry);
          const auto* after =
              static_cast<const std::byte*>(scratch.raw()) + packed.ScratchBytes(pool.threads());
          ASSERT_TRUE(
              std::all_of(after, after + kGuard, [](std::byte b) { return b == kGuardByte; }))
              << kernel->name << " wrote outside its scratch: " << Describe(geometry);
          ++runs;
        }
      }
    }
  }
  EXPECT_EQ(runs, static_cast<int>(90 * 4 * 3 * kernels.size()));
}

TEST(Dot, SumsAtTheEndsOfTheRangeAreExact) {
  // 66000 products of 255 * 127 and the bias reach 2^31 - 1 nearly; the folded zero point wraps on
  // the way.
  const int64_t depth = 66000;
  for (const int sign : {-1, 1}) {
    DotLayer layer;
    layer.geometry = Conv(1, 1, 1, depth, 1, 1, 1);
    std::vector<int8_t> x(static_cast<size_t>(depth), 127);
    std::vector<int8_t> w(static_cast<size_t>(depth), static_cast<int8_t>(sign * 127));
    const int32_t bias = sign * (INT32_MAX - 255 * 127 * static_cast<int32_t>(depth));
    const float one = 1.0f;
    const std::vector<int32_t> lowest(static_cast<size_t>(depth), -128);
    layer.x_zero_point = lowest.data();
    layer.weights = w.data();
    layer.bias = &bias;
    layer.end.multiplier = &one;
    layer.end.kind = EndKind::kRealF32;
    EXPECT_EQ(AccumulatorBound(w.data(), &bias, 1, depth), int64_t{INT32_MAX});
    for (const DotKernel* kernel : DotKernels()) {
      const DotPacked packed(layer, *kernel);
      Tensor scratch(DType::kU8, {static_cast<int64_t>(packed.ScratchBytes(1))});
      ThreadPool pool(1);
      float y = 0;
      packed.Run(x.data(), &y, {static_cast<std::byte*>(scratch.raw()), scratch.bytes()}, pool);
      EXPECT_EQ(y, static_cast<float>(sign) * 0x1p31f) << kernel->name;  // float(2^31 - 1)
    }
  }
}

TEST(Dot, SelectionFollowsTheInstructionSet) {
  for (const Isa isa : AvailableIsas()) {
    EXPECT_LE(SelectDot(isa).isa, isa);
  }
  EXPECT_EQ(SelectDot(Isa::kScalar).isa, Isa::kScalar);
}

}  // namespace
}  // namespace plumb::kernels
