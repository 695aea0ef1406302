#include "plumb/kernels/dot_f32/dot_f32.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "plumb/kernels/dot_f32/dot_f32_reference.h"

namespace plumb::kernels {
namespace {

constexpr size_t kGuard = 64;
constexpr float kCanary = -12345.75f;

std::vector<float> Random(size_t n, std::mt19937& rng) {
  std::uniform_real_distribution<float> uniform(-1.0f, 1.0f);
  std::vector<float> v(n);
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

// y of the convolution by one kernel, computed between guard elements; filled with NaN before, so
// that nothing is read.
std::vector<float> Convolve(const DotF32Kernel& kernel, const ConvF32Shape& s,
                            const std::vector<float>& x, const std::vector<float>& w,
                            const float* bias, int threads, bool negate = false) {
  const auto size = static_cast<size_t>(s.rows() * s.out_channels);
  std::vector<float> y(size + 2 * kGuard, kCanary);
  std::fill_n(y.begin() + kGuard, size, std::nanf(""));
  ThreadPool pool(threads);
  const ConvF32 conv(s, kernel, w.data());
  Tensor scratch(DType::kU8, {static_cast<int64_t>(conv.ScratchBytes(threads))});
  std::fill(scratch.values<uint8_t>().begin(), scratch.values<uint8_t>().end(), uint8_t{0xff});
  const DotF32Function function{negate ? Negate : nullptr, nullptr};
  conv.Run(x.data(), bias, function, y.data() + kGuard, pool,
           {static_cast<std::byte*>(scratch.raw()), scratch.bytes()});
  for (size_t i = 0; i < kGuard; ++i) {
    EXPECT_EQ(y[i], kCanary) << kernel.name << " wrote before its output";
    EXPECT_EQ(y[kGuard + size + i], kCanary) << kernel.name << " wrote behind its output";
  }
  return {y.begin() + kGuard, y.end() - kGuard};
}

std::string Describe(const ConvF32Shape& s) {
  return StrCat("batch ", s.batch, " in ", s.in_h, "x", s.in_w, "x", s.in_channels, " out ",
                s.out_h, "x", s.out_w, "x", s.out_channels, " kernel ", s.kernel_h, "x", s.kernel_w,
                " stride ", s.stride_h, ",", s.stride_w, " pad ", s.pad_top, ",", s.pad_left,
                " dilation ", s.dilation_h, ",", s.dilation_w, " groups ", s.groups);
}

void ExpectSameBits(const std::vector<float>& expected, const std::vector<float>& got,
                    const std::string& what) {
  ASSERT_EQ(expected.size(), got.size());
  ASSERT_FALSE(expected.empty());
  for (size_t i = 0; i < expected.size(); ++i) {
    ASSERT_EQ(std::bit_cast<uint32_t>(expected[i]), std::bit_cast<uint32_t>(got[i]))
        << what << ": element " << i << ": " << expected[i] << " against " << got[i];
  }
}

void CheckShape(const ConvF32Shape& s, std::mt19937& rng) {
  const std::vector<float> x =
      Random(static_cast<size_t>(s.batch * s.in_h * s.in_w * s.in_channels), rng);
  const std::vector<float> w = Random(static_cast<size_t>(s.out_channels * s.k()), rng);
  const std::vector<float> bias = Random(static_cast<size_t>(s.out_channels), rng);
  const bool with_bias = rng() % 3 != 0;
  std::vector<float> expected(static_cast<size_t>(s.rows() * s.out_channels));
  ConvF32Reference(s, x.data(), w.data(), with_bias ? bias.data() : nullptr, expected.data());
  for (const DotF32Kernel* kernel : DotF32Kernels()) {
    for (int threads = 1; threads <= 3; ++threads) {
      ExpectSameBits(expected,
                     Convolve(*kernel, s, x, w, with_bias ? bias.data() : nullptr, threads),
                     StrCat(kernel->name, " with ", threads, " threads, ", Describe(s)));
    }
  }
}

ConvF32Shape Shape2(int64_t h, int64_t w, int64_t c, int64_t o, int64_t kh, int64_t kw,
                    int64_t stride, int64_t pad, int64_t dilation = 1, int64_t groups = 1,
                    int64_t batch = 1) {
  ConvF32Shape s;
  s.batch = batch, s.in_h = h, s.in_w = w, s.in_channels = c, s.out_channels = o, s.groups = groups;
  s.kernel_h = kh, s.kernel_w = kw, s.stride_h = s.stride_w = stride, s.pad_top = s.pad_left = pad;
  s.dilation_h = s.dilation_w = dilation;
  s.out_h = (h + 2 * pad - dilation * (kh - 1) - 1) / stride + 1;
  s.out_w = (w + 2 * pad - dilation * (kw - 1) - 1) / stride + 1;
  return s;
}

TEST(DotF32, EveryKernelHasTheBitsOfTheDefinition) {
  std::mt19937 rng(7);
  const ConvF32Shape shapes[] = {
      Shape2(1, 1, 1, 1, 1, 1, 1, 0),           // one number
      Shape2(5, 7, 3, 32, 6, 6, 2, 2),          // a first layer: 3 channels
      Shape2(6, 6, 16, 33, 1, 1, 1, 0),         // one column beyond a panel
      Shape2(6, 6, 16, 16, 1, 1, 1, 0),         // half a panel exactly
      Shape2(4, 5, 17, 48, 3, 3, 1, 1),         // a panel and a half
      Shape2(4, 5, 17, 255, 1, 1, 1, 0),        // the head of a detector
      Shape2(7, 3, 300, 5, 3, 3, 1, 1),         // several chunks
      Shape2(3, 3, 384, 40, 1, 1, 1, 0),        // a chunk exactly
      Shape2(3, 3, 385, 40, 1, 1, 2, 0),        // one element beyond
      Shape2(9, 9, 8, 12, 3, 3, 1, 2, 2),       // dilated
      Shape2(5, 5, 12, 18, 3, 3, 1, 1, 1, 3),   // groups
      Shape2(4, 4, 4, 6, 3, 3, 2, 1, 1, 1, 3),  // batch
      Shape2(20, 11, 5, 8, 5, 1, 1, 2),         // more rows than a block
      Shape2(2, 2, 3, 4, 3, 3, 1, 4),           // whole taps in the padding
      Shape2(1, 1, 1000, 70, 1, 1, 1, 0),       // a fully connected layer
  };
  for (const ConvF32Shape& s : shapes) {
    CheckShape(s, rng);
  }
}

TEST(DotF32, RandomShapes) {
  for (uint32_t seed = 0; seed < 60; ++seed) {
    std::mt19937 rng(seed);
    SCOPED_TRACE(StrCat("seed ", seed));
    const auto pick = [&](int64_t low, int64_t high) {
      return low + static_cast<int64_t>(rng() % (high - low + 1));
    };
    ConvF32Shape s;
    s.groups = pick(0, 3) == 0 ? pick(2, 3) : 1;
    s.batch = pick(1, 2), s.in_h = pick(1, 12), s.in_w = pick(1, 12);
    s.in_channels = s.groups * pick(1, 40), s.out_channels = s.groups * pick(1, 50);
    s.kernel_h = pick(1, 4), s.kernel_w = pick(1, 4), s.stride_h = pick(1, 3),
    s.stride_w = pick(1, 3);
    s.dilation_h = pick(1, 2), s.dilation_w = pick(1, 2);
    s.pad_top = pick(0, 3), s.pad_left = pick(0, 3);
    s.out_h = pick(1, 9),
    s.out_w = pick(1, 15);  // whatever is asked for: beyond the picture everything is padding
    CheckShape(s, rng);
  }
}

TEST(DotF32, PaddingIsZeroTimesTheWeight) {
  // fma(0, Inf, acc) is NaN: padding takes part in the chain.
  std::mt19937 rng(1);
  const ConvF32Shape s = Shape2(1, 1, 1, 1, 3, 3, 1, 1);
  std::vector<float> w(9, 1.0f);
  w[0] = INFINITY;
  for (const DotF32Kernel* kernel : DotF32Kernels()) {
    EXPECT_TRUE(std::isnan(Convolve(*kernel, s, {2.0f}, w, nullptr, 1)[0])) << kernel->name;
  }
}

TEST(DotF32, FunctionIsAppliedOnceToEachOutput) {
  std::mt19937 rng(3);
  for (const ConvF32Shape& s : {Shape2(5, 6, 7, 37, 3, 3, 1, 1), Shape2(1, 1, 40, 300, 1, 1, 1, 0),
                                Shape2(4, 4, 600, 6, 1, 1, 1, 0, 1, 2)}) {
    const std::vector<float> x = Random(static_cast<size_t>(s.in_h * s.in_w * s.in_channels), rng);
    const std::vector<float> w = Random(static_cast<size_t>(s.out_channels * s.k()), rng);
    for (const DotF32Kernel* kernel : DotF32Kernels()) {
      for (int threads = 1; threads <= 3; ++threads) {
        std::vector<float> expected = Convolve(*kernel, s, x, w, nullptr, threads);
        Negate(expected.data(), expected.data(), static_cast<int64_t>(expected.size()), nullptr);
        ExpectSameBits(expected, Convolve(*kernel, s, x, w, nullptr, threads, true), kernel->name);
      }
    }
  }
}

// A chain of K fused steps has at most K roundings, each of relative size u = 2^-24 on a partial
// sum that is at most the sum of magnitudes S (1 + u)^K: |error| <= K u / (1 - K u) S.
TEST(DotF32, ErrorAgainstBinary64StaysBelowTheBoundOfAChain) {
  std::mt19937 rng(11);
  const ConvF32Shape s = Shape2(3, 3, 500, 20, 3, 3, 1, 1);
  const std::vector<float> x = Random(static_cast<size_t>(s.in_h * s.in_w * s.in_channels), rng);
  const std::vector<float> w = Random(static_cast<size_t>(s.out_channels * s.k()), rng);
  const std::vector<float> y = Convolve(*DotF32Kernels()[0], s, x, w, nullptr, 2);
  const double ku = static_cast<double>(s.k()) * 0x1p-24;
  for (int64_t o = 0; o < s.out_channels; ++o) {  // the middle pixel sees all taps
    double exact = 0.0, magnitudes = 0.0;
    for (int64_t i = 0; i < s.k(); ++i) {
      const double product =
          static_cast<double>(x[static_cast<size_t>(i)]) * w[static_cast<size_t>(o * s.k() + i)];
      exact += product;
      magnitudes += std::fabs(product);
    }
    EXPECT_LE(std::fabs(y[static_cast<size_t>(4 * s.out_channels + o)] - exact),
              ku / (1 - ku) * magnitudes);
  }
}

TEST(DotF32, PackingRowsEqualsPackingColumns) {
  std::mt19937 rng(5);
  for (const DotF32Kernel* kernel : DotF32Kernels()) {
    for (int64_t columns : {1, 4, 5, 16, 17, 31, 33, 70}) {
      const int64_t k = 9;
      const std::vector<float> b = Random(static_cast<size_t>(k * columns), rng);
      std::vector<float> transposed(b.size());
      for (int64_t i = 0; i < k; ++i) {
        for (int64_t j = 0; j < columns; ++j) {
          transposed[static_cast<size_t>(j * k + i)] = b[static_cast<size_t>(i * columns + j)];
        }
      }
      const DotF32Panels panels(*kernel, k, columns);
      std::vector<float> one(static_cast<size_t>(panels.elements()), 7.0f), two = one;
      panels.PackRows(b.data(), 0, panels.count(), one.data());
      panels.PackColumns(transposed.data(), two.data());
      EXPECT_EQ(one, two);
    }
  }
}

}  // namespace
}  // namespace plumb::kernels
