// Every kernel gives the bits of the definition, for any number of threads, and touches nothing
// outside its buffers.
#include "plumb/kernels/dwconv/dwconv.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <random>

#include "plumb/kernels/dwconv/dwconv_reference.h"
#include "plumb/numerics/elementary.h"
#include "plumb/numerics/simd_scalar.h"

namespace plumb::kernels {
namespace {

constexpr size_t kGuard = 128;

void Square(const float* in, float* out, int64_t n, const float* parameters) {
  for (int64_t i = 0; i < n; ++i) {
    out[i] = in[i] * in[i] - parameters[0];
  }
}

void Silu(const float* in, float* out, int64_t n, const float*) {
  for (int64_t i = 0; i < n; ++i) {
    out[i] = numerics::Silu(numerics::scalar::F32{in[i]}).v;
  }
}

DwConvLayer Layer(int64_t batch, int64_t h, int64_t w, int64_t c, int64_t kh, int64_t kw,
                  int64_t sh, int64_t sw, int64_t pad_h, int64_t pad_w, int64_t dh, int64_t dw) {
  DwConvLayer l;
  l.batch = batch, l.in_height = h, l.in_width = w, l.channels = c;
  l.kernel_height = kh, l.kernel_width = kw;
  l.stride_height = sh, l.stride_width = sw;
  l.dilation_height = dh, l.dilation_width = dw;
  l.pad_top = pad_h, l.pad_left = pad_w;
  l.out_height = (h + 2 * pad_h - dh * (kh - 1) - 1) / sh + 1;
  l.out_width = (w + 2 * pad_w - dw * (kw - 1) - 1) / sw + 1;
  return l;
}

std::vector<DwConvLayer> Layers() {
  std::vector<DwConvLayer> list = {
      Layer(1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 1, 1),      // one number
      Layer(1, 1, 1, 7, 3, 3, 1, 1, 1, 1, 1, 1),      // a picture smaller than its kernel
      Layer(1, 2, 3, 65, 5, 5, 1, 1, 4, 4, 1, 1),     // pads larger than the picture
      Layer(2, 20, 23, 64, 3, 3, 1, 1, 1, 1, 1, 1),   // whole blocks, batch
      Layer(1, 19, 41, 33, 3, 3, 2, 2, 1, 1, 1, 1),   // stride, odd channels
      Layer(1, 17, 40, 130, 5, 5, 1, 2, 2, 2, 1, 1),  // several blocks
      Layer(1, 12, 12, 24, 3, 3, 1, 1, 2, 2, 2, 2),   // dilation
      Layer(1, 30, 1, 16, 7, 1, 3, 1, 3, 0, 1, 1),    // a column
      Layer(1, 9, 11, 128, 3, 3, 1, 1, 1, 1, 1, 1),   // the next vector is the next column
      Layer(1, 6, 12, 64, 3, 3, 1, 1, 2, 2, 2, 2),    // the next but one
  };
  std::mt19937 random(11);
  const auto pick = [&](int lo, int hi) {
    return lo + static_cast<int>(random() % static_cast<uint32_t>(hi - lo + 1));
  };
  while (list.size() < 60) {
    const DwConvLayer l =
        Layer(pick(1, 2), pick(1, 20), pick(1, 40), pick(1, 150), pick(1, 5), pick(1, 5),
              pick(1, 3), pick(1, 3), pick(0, 3), pick(0, 3), pick(1, 2), pick(1, 2));
    if (l.in_height + 2 * l.pad_top >= l.dilation_height * (l.kernel_height - 1) + 1 &&
        l.in_width + 2 * l.pad_left >= l.dilation_width * (l.kernel_width - 1) + 1) {
      list.push_back(l);
    }
  }
  return list;
}

TEST(DwConv, EveryKernelGivesTheBitsOfTheDefinition) {
  const auto kernels = DwConvKernels();
  ASSERT_FALSE(kernels.empty());
  ThreadPool pools[] = {ThreadPool(1), ThreadPool(2), ThreadPool(3)};
  int runs = 0;
  uint32_t seed = 0;
  for (DwConvLayer layer : Layers()) {
    for (const EndKind kind :
         {EndKind::kRequantize, EndKind::kTable, EndKind::kRealS8, EndKind::kRealF32}) {
      std::mt19937 random(++seed);
      const auto pick = [&](int lo, int hi) {
        return lo + static_cast<int>(random() % static_cast<uint32_t>(hi - lo + 1));
      };
      const auto c = static_cast<size_t>(layer.channels);
      layer.x_pitch = pick(0, 2) == 0 ? layer.channels + pick(1, 40) : 0;
      const int64_t pitch = std::max(layer.x_pitch, layer.channels);
      const auto n = static_cast<size_t>(layer.batch * layer.in_height * layer.in_width * pitch);
      const auto taps = static_cast<size_t>(layer.kernel_height * layer.kernel_width);
      std::vector<int8_t> input(n + 2 * kGuard, 0x5A), w(c * taps), table(256);
      std::vector<int32_t> bias(c), x_zero(c), y_zero(c);
      std::vector<float> m(c), scale(c);
      for (size_t i = 0; i < n; ++i) input[kGuard + i] = static_cast<int8_t>(random());
      for (int8_t& v : w) v = static_cast<int8_t>(pick(-127, 127));
      for (int8_t& v : table) v = static_cast<int8_t>(random());
      for (size_t i = 0; i < c; ++i) {
        bias[i] = pick(-2000, 2000);
        x_zero[i] = pick(-128, 127);
        y_zero[i] = pick(-128, 127);
        m[i] = i % 5 == 4 ? 0.03125f
                          : 0.01f / std::sqrt(static_cast<float>(taps)) *
                                static_cast<float>(pick(50, 150)) / 100.0f;
        scale[i] = static_cast<float>(pick(50, 150)) / 100.0f;
      }
      const float parameter = 0.5f;
      layer.x_zero_point = x_zero.data();
      layer.weights = w.data();
      layer.bias = seed % 3 == 0 ? nullptr : bias.data();
      layer.end = {kind, m.data(),        y_zero.data(), scale.data(), seed % 2 == 0 ? -90 : -128,
                   110,  pick(-128, 127), table.data()};
      if (seed % 3 == 0) {
        layer.end.function = {Square, &parameter};
      } else if (seed % 3 == 1) {
        layer.end.function = {Silu, nullptr, KnownFunction::kSilu};
      }
      const auto outputs =
          static_cast<size_t>(layer.batch * layer.out_height * layer.out_width) * c;
      const size_t bytes = kind == EndKind::kRealF32 ? 4 * outputs : outputs;
      std::vector<std::byte> expected(bytes);
      DwConvReference(layer, input.data() + kGuard, expected.data());
      for (const DwConvKernel* kernel : kernels) {
        const DwConvPacked packed(layer, *kernel);
        for (ThreadPool& pool : pools) {
          std::vector<std::byte> y(bytes + 2 * kGuard, std::byte{0x5A});
          Tensor scratch(DType::kU8,
                         {static_cast<int64_t>(packed.ScratchBytes(pool.threads()) + kGuard)});
          std::memset(scratch.raw(), 0x5A, scratch.bytes());
          packed.Run(input.data() + kGuard, y.data() + kGuard,
                     {static_cast<std::byte*>(scratch.raw()), packed.ScratchBytes(pool.threads())},
                     pool);
          ASSERT_EQ(std::memcmp(y.data() + kGuard, expected.data(), bytes), 0)
              << kernel->name << ", " << pool.threads() << " threads, end "
              << static_cast<int>(kind) << ", seed " << seed << ": " << layer.in_height << "x"
              << layer.in_width << "x" << layer.channels << " kernel " << layer.kernel_height << "x"
              << layer.kernel_width;
          const auto guard = [](std::byte b) { return b == std::byte{0x5A}; };
          ASSERT_TRUE(std::all_of(y.begin(), y.begin() + kGuard, guard)) << kernel->name;
          ASSERT_TRUE(std::all_of(y.end() - kGuard, y.end(), guard)) << kernel->name;
          const auto* after =
              static_cast<const std::byte*>(scratch.raw()) + packed.ScratchBytes(pool.threads());
          ASSERT_TRUE(std::all_of(after, after + kGuard, guard))
              << kernel->name << " wrote outside its scratch";
          ++runs;
        }
      }
    }
  }
  EXPECT_EQ(runs, static_cast<int>(60 * 4 * 3 * kernels.size()));
}

}  // namespace
}  // namespace plumb::kernels
