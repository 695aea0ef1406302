#include "plumb/kernels/dwconv_f32/dwconv_f32.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <random>

#include "plumb/base/tensor.h"
#include "plumb/kernels/dwconv_f32/dwconv_f32_reference.h"

namespace plumb::kernels {
namespace {

constexpr size_t kGuard = 64;
constexpr float kCanary = -12345.75f;

std::vector<float> Random(int64_t n, std::mt19937& rng) {
  std::uniform_real_distribution<float> uniform(-1.0f, 1.0f);
  std::vector<float> v(static_cast<size_t>(n));
  for (float& x : v) {
    x = uniform(rng);
  }
  return v;
}

void Negate(const float* in, float* out, int64_t n, const float*) {
  for (int64_t i = 0; i < n; ++i) {
    out[i] = -in[i];
  }
}

void CheckShape(const DwConvF32Shape& s, std::mt19937& rng) {
  const auto x = Random(s.batch * s.in_h * s.in_w * s.channels, rng);
  const auto w = Random(s.channels * s.taps(), rng);
  const auto bias = Random(s.channels, rng);
  const std::vector<float> zeros(bias.size());
  std::vector<float> packed(w.size());
  PackDwConvF32(w.data(), s.channels, s.taps(), packed.data());
  const auto size = static_cast<size_t>(s.batch * s.out_h * s.out_w * s.channels);
  ASSERT_GT(size, 0u);
  const bool with_bias = rng() % 3 != 0, negate = rng() % 3 == 0;
  std::vector<float> expected(size);
  DwConvF32Reference(s, x.data(), w.data(), with_bias ? bias.data() : nullptr, expected.data());
  if (negate) {
    Negate(expected.data(), expected.data(), static_cast<int64_t>(size), nullptr);
  }
  for (const DwConvF32Kernel* kernel : DwConvF32Kernels()) {
    for (int threads = 1; threads <= 3; ++threads) {
      ThreadPool pool(threads);
      std::vector<float> y(size + 2 * kGuard, kCanary);
      Tensor scratch(DType::kU8, {static_cast<int64_t>(DwConvF32ScratchBytes(s, threads))});
      DwConvF32Job job{kernel,
                       &s,
                       x.data(),
                       packed.data(),
                       with_bias ? bias.data() : nullptr,
                       zeros.data(),
                       y.data() + kGuard,
                       negate ? Negate : nullptr};
      RunDwConvF32(job, pool, {static_cast<std::byte*>(scratch.raw()), scratch.bytes()});
      for (size_t i = 0; i < size; ++i) {
        ASSERT_EQ(std::bit_cast<uint32_t>(expected[i]), std::bit_cast<uint32_t>(y[kGuard + i]))
            << kernel->name << " with " << threads << " threads, element " << i;
      }
      for (size_t i = 0; i < kGuard; ++i) {
        ASSERT_EQ(y[i], kCanary) << kernel->name << " wrote before its output";
        ASSERT_EQ(y[kGuard + size + i], kCanary) << kernel->name << " wrote behind its output";
      }
    }
  }
}

TEST(DwConvF32, EveryKernelHasTheBitsOfTheDefinition) {
  for (uint32_t seed = 0; seed < 150; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 rng(seed);
    const auto pick = [&](int64_t low, int64_t high) {
      return low + static_cast<int64_t>(rng() % static_cast<uint32_t>(high - low + 1));
    };
    DwConvF32Shape s;
    s.batch = pick(1, 2), s.in_h = pick(1, 12), s.in_w = pick(1, 30), s.channels = pick(1, 70);
    s.kernel_h = pick(1, 5), s.kernel_w = pick(1, 5), s.stride_h = pick(1, 3),
    s.stride_w = pick(1, 3);
    s.dilation_h = pick(1, 2), s.dilation_w = pick(1, 3);
    s.pad_top = pick(0, 4), s.pad_left = pick(0, 6);
    s.out_h = pick(1, 9), s.out_w = pick(1, 33);  // beyond the picture everything is padding
    CheckShape(s, rng);
  }
}

}  // namespace
}  // namespace plumb::kernels
