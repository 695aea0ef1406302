#include "plumb/kernels/dot_f32/conv_transpose_f32.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <random>

namespace plumb::kernels {
namespace {

std::vector<float> Random(int64_t n, std::mt19937& rng) {
  std::uniform_real_distribution<float> uniform(-1.0f, 1.0f);
  std::vector<float> v(static_cast<size_t>(n));
  for (float& x : v) {
    x = uniform(rng);
  }
  return v;
}

std::vector<float> Enlarge(const ConvTransposeF32Shape& s, const DotF32Kernel& kernel,
                           const std::vector<float>& x, const std::vector<float>& w,
                           const float* bias, int threads) {
  constexpr float kCanary = -12345.75f;
  constexpr size_t kGuard = 64;
  const auto size = static_cast<size_t>(s.batch * s.out_h * s.out_w * s.out_channels);
  std::vector<float> y(size + 2 * kGuard, kCanary);
  std::fill_n(y.begin() + kGuard, size, std::nanf(""));
  ThreadPool pool(threads);
  Tensor scratch(DType::kU8, {static_cast<int64_t>(ConvTransposeF32::scratch_bytes(threads))});
  const ConvTransposeF32 layer(s, kernel, w.data());
  layer.Run(x.data(), bias, y.data() + kGuard, pool,
            {static_cast<std::byte*>(scratch.raw()), scratch.bytes()});
  for (size_t i = 0; i < kGuard; ++i) {
    EXPECT_TRUE(y[i] == kCanary && y[kGuard + size + i] == kCanary)
        << kernel.name << " wrote beside its output";
  }
  return {y.begin() + kGuard, y.end() - kGuard};
}

TEST(ConvTransposeF32, EveryKernelHasTheBitsOfTheDefinition) {
  for (uint32_t seed = 0; seed < 150; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 rng(seed);
    const auto pick = [&](int64_t low, int64_t high) {
      return low + static_cast<int64_t>(rng() % static_cast<uint32_t>(high - low + 1));
    };
    ConvTransposeF32Shape s;
    s.groups = pick(0, 2) == 0 ? pick(2, 3) : 1;
    s.batch = pick(1, 2), s.in_h = pick(1, 7), s.in_w = pick(1, 9);
    s.in_channels = s.groups * pick(1, 40), s.out_channels = s.groups * pick(1, 40);
    s.kernel_h = pick(1, 4), s.kernel_w = pick(1, 4), s.stride_h = pick(1, 4),
    s.stride_w = pick(1, 5);
    s.dilation_h = pick(1, 2), s.dilation_w = pick(1, 3), s.pad_top = pick(0, 2),
    s.pad_left = pick(0, 3);
    s.out_h = pick(1, 14), s.out_w = pick(1, 20);  // positions that no input meets are empty chains
    const auto x = Random(s.batch * s.in_h * s.in_w * s.in_channels, rng);
    const auto w = Random(s.in_channels * s.kernel_h * s.kernel_w * s.out_channels / s.groups, rng);
    const auto bias = Random(s.out_channels, rng);
    const float* b = pick(0, 2) == 0 ? nullptr : bias.data();
    std::vector<float> expected(static_cast<size_t>(s.batch * s.out_h * s.out_w * s.out_channels));
    ConvTransposeF32Reference(s, x.data(), w.data(), b, expected.data());
    for (const DotF32Kernel* kernel : DotF32Kernels()) {
      for (int threads = 1; threads <= 3; ++threads) {
        const auto y = Enlarge(s, *kernel, x, w, b, threads);
        for (size_t i = 0; i < y.size(); ++i) {
          ASSERT_EQ(std::bit_cast<uint32_t>(y[i]), std::bit_cast<uint32_t>(expected[i]))
              << kernel->name << " with " << threads << " threads, element " << i;
        }
      }
    }
  }
}

TEST(ConvTransposeF32, LiteralValues) {
  // One input pixel spreads the kernel: stride 2 leaves the taps side by side.
  ConvTransposeF32Shape s;
  s.in_w = 2, s.out_w = 4, s.kernel_w = 2, s.stride_w = 2;
  EXPECT_EQ(Enlarge(s, *DotF32Kernels()[0], {3.0f, 5.0f}, {1.0f, 10.0f}, nullptr, 1),
            (std::vector<float>{3, 30, 5, 50}));
  // Stride 1: neighbours overlap.
  s.out_w = 3, s.stride_w = 1;
  EXPECT_EQ(Enlarge(s, *DotF32Kernels()[0], {3.0f, 5.0f}, {1.0f, 10.0f}, nullptr, 1),
            (std::vector<float>{3, 35, 50}));
}

}  // namespace
}  // namespace plumb::kernels
