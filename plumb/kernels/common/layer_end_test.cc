// Every end on every instruction set gives the bits of LayerEndReference, at the ends of the ranges
// too, and writes nothing else.
#include "plumb/kernels/common/layer_end.h"

#include <gtest/gtest.h>

#include <cstring>
#include <random>

#include "plumb/kernels/elementwise/elementwise_s8.h"
#include "plumb/numerics/elementary.h"
#include "plumb/numerics/simd_scalar.h"

namespace plumb::kernels {
namespace {

void Silu(const float* in, float* out, int64_t n, const float*) {
  for (int64_t i = 0; i < n; ++i) {
    out[i] = numerics::Silu(numerics::scalar::F32{in[i]}).v;
  }
}
constexpr LayerFunction kSilu{Silu, nullptr, KnownFunction::kSilu};

TEST(LayerEnd, EveryKindGivesTheBitsOfTheDefinition) {
  std::mt19937 random(17);
  const auto pick = [&](int lo, int hi) {
    return lo + static_cast<int>(random() % static_cast<uint32_t>(hi - lo + 1));
  };
  int compared = 0;
  for (int round = 0; round < 300; ++round) {
    const int64_t channels = pick(1, 70), rows = round % 3 == 0 ? 32 : pick(1, 35), stride = 96;
    const int64_t first = pick(0, 9), y_stride = first + channels + pick(0, 5);
    const auto n = static_cast<size_t>(first + channels);
    std::vector<int32_t> acc(static_cast<size_t>(rows * stride)), zero(n);
    std::vector<float> m(n), scale(n), real(acc.size());
    std::vector<int8_t> table(256);
    const bool fits = round % 2 == 0;  // no product of a sum and its factor exceeds 2^30
    for (int32_t& v : acc) {
      const int kind = pick(0, 9);
      v = kind == 0 && !fits   ? INT32_MIN
          : kind == 1 && !fits ? INT32_MAX
          : fits               ? static_cast<int32_t>(random()) >> pick(10, 24)
                               : static_cast<int32_t>(random()) >> pick(0, 24);
    }
    for (size_t c = 0; c < n; ++c) {
      zero[c] = pick(-128, 127);
      m[c] = pick(0, 3) == 0   ? (fits ? 0x1p8f : 0x1p30f)
             : pick(0, 2) == 0 ? 0.5f
                               : 0.003f * static_cast<float>(pick(1, 100));
      scale[c] = 0.01f * static_cast<float>(pick(1, 300));
    }
    for (int8_t& v : table) {
      v = static_cast<int8_t>(random());
    }
    const int lo = pick(-128, 127);
    std::vector<int8_t> residual(static_cast<size_t>(rows * stride));
    for (int8_t& v : residual) {
      v = static_cast<int8_t>(random());
    }
    const EndResidual sum{0.37f,
                          pick(0, 1) == 1 ? 0.5f : -1.7f,
                          pick(-128, 127),
                          pick(-128, 127),
                          lo,
                          lo,
                          pick(lo, 127),
                          pick(0, 1) == 1 ? table.data() : nullptr};
    for (const EndKind kind :
         {EndKind::kRequantize, EndKind::kTable, EndKind::kRealS8, EndKind::kRealF32}) {
      LayerEndSpec spec{kind, m.data(),      zero.data(),     scale.data(),
                        lo,   pick(lo, 127), pick(-128, 127), table.data()};
      spec.fits = fits;
      if (kind != EndKind::kRealF32 && pick(0, 1) == 1) {
        spec.residual = sum;
      }
      if (pick(0, 1) == 1) {
        spec.function = kSilu;
      }
      const size_t element = kind == EndKind::kRealF32 ? 4 : 1;
      std::vector<std::byte> expected(static_cast<size_t>((rows + 1) * y_stride) * element,
                                      std::byte{0x5A});
      for (int64_t row = 0; row < rows; ++row) {
        for (int64_t c = 0; c < channels; ++c) {
          LayerEndReference(spec, acc[static_cast<size_t>(row * stride + c)], first + c,
                            expected.data(), row * y_stride + first + c,
                            residual[static_cast<size_t>(row * stride + c)]);
        }
      }
      for (const EndKernel* kernel : EndKernels()) {
        const LayerEnd end(spec, first + channels, *kernel);
        std::vector<std::byte> y(expected.size(), std::byte{0x5A});
        end.Apply({acc.data(), stride, rows, channels}, first, real.data(),
                  {y.data() + static_cast<size_t>(first) * element, y_stride, 1, residual.data(),
                   stride});
        ASSERT_EQ(y, expected) << kernel->name << ", kind " << static_cast<int>(kind) << ", round "
                               << round;
        ++compared;
        if (kind != EndKind::kRealF32) {
          continue;
        }
        // The same, a channel after the other.
        std::vector<std::byte> turned(static_cast<size_t>(4 * (channels + 1) * rows),
                                      std::byte{0x5A});
        end.Apply({acc.data(), stride, rows, channels}, first, real.data(),
                  {turned.data(), 1, rows, nullptr, 0, round % 2 == 0});
        for (int64_t c = 0; c < channels; ++c) {
          for (int64_t row = 0; row < rows; ++row) {
            const auto* const at = turned.data() + 4 * (c * rows + row);
            ASSERT_EQ(std::memcmp(at, expected.data() + 4 * (row * y_stride + first + c), 4), 0)
                << kernel->name << ", round " << round;
          }
        }
        ASSERT_TRUE(std::all_of(turned.end() - 4 * rows, turned.end(),
                                [](std::byte b) { return b == std::byte{0x5A}; }));
      }
    }
  }
  EXPECT_GE(compared, 1200);
}

// An end may approximate SiLU as long as no output differs: many sums close together, so that many
// results come near the middle between two integers, on coarse and on fine grids.
TEST(LayerEnd, SiluGivesTheBitsOfTheDefinitionForEverySum) {
  constexpr int64_t kChannels = 19, kSums = 40000;
  std::mt19937 random(5);
  for (const float scale : {2.0f, 0.11f, 0.0213f, 0.0037f, 1e-5f}) {
    std::vector<float> m(kChannels), scales(kChannels, scale);
    std::vector<int32_t> zero(kChannels), acc(kChannels * kSums);
    for (size_t c = 0; c < kChannels; ++c) {
      m[c] = 0.00001f * static_cast<float>(1 + random() % 400);
      zero[c] = static_cast<int32_t>(random() % 256) - 128;
    }
    for (size_t i = 0; i < acc.size(); ++i) {
      acc[i] = static_cast<int32_t>(i) / kChannels - kSums / 2;
    }
    LayerEndSpec spec{EndKind::kRealS8, m.data(), zero.data(), scales.data()};
    spec.function = kSilu;
    std::vector<int8_t> expected(acc.size());
    for (size_t i = 0; i < acc.size(); ++i) {
      LayerEndReference(spec, acc[i], static_cast<int64_t>(i) % kChannels, expected.data(),
                        static_cast<int64_t>(i));
    }
    for (const EndKernel* kernel : EndKernels()) {
      const LayerEnd end(spec, kChannels, *kernel);
      std::vector<int8_t> y(acc.size());
      std::vector<float> real(acc.size());
      end.Apply({acc.data(), kChannels, kSums, kChannels}, 0, real.data(), {y.data(), kChannels});
      ASSERT_EQ(y, expected) << kernel->name << ", scale " << scale;
    }
  }
}

// The residual's rule is that of the addition of two tensors.
TEST(LayerEnd, TheResidualIsAddedAsElementwiseAdds) {
  const float one = 1.0f;
  const int32_t zero = 0;
  const ElementwiseS8Params add{ElementwiseS8Op::kAdd, 3, -7, 5, 0.5f, 0.731f, -100, 90};
  for (const EndKernel* kernel : EndKernels()) {
    LayerEndSpec spec{EndKind::kRequantize, &one, &zero};
    spec.residual = EndResidual{add.a_multiplier,
                                add.b_multiplier,
                                add.a_zero_point,
                                add.b_zero_point,
                                add.y_zero_point,
                                add.lo,
                                add.hi};
    const LayerEnd end(spec, 1, *kernel);
    for (int32_t a = -128; a < 128; ++a) {
      for (int b = -128; b < 128; ++b) {
        const auto r = static_cast<int8_t>(b);
        int8_t y = 0;
        end.Apply({&a, 1, 1, 1}, 0, nullptr, {&y, 1, 1, &r, 1});
        ASSERT_EQ(y, ElementwiseS8Reference(add, static_cast<int8_t>(a), r)) << kernel->name;
      }
    }
  }
}

}  // namespace
}  // namespace plumb::kernels
