// Products of a pair of 16-bit numbers with pairs of four channels, neighbours then added: exact in
// 32 bits.
#include <arm_neon.h>

#include <cstring>

#include "plumb/kernels/conv_s16/conv_s16.h"
#include "plumb/kernels/conv_s16/conv_s16_ends.h"

namespace plumb::kernels {
namespace {

constexpr int kRows = 4;
constexpr int kChannels = 8;
constexpr int kBlock = 8;

void AddTo(double* acc, int32x4_t sum, float64x2_t factor) {
  const float64x2_t low = vcvtq_f64_s64(vmovl_s32(vget_low_s32(sum)));
  const float64x2_t high = vcvtq_f64_s64(vmovl_s32(vget_high_s32(sum)));
  vst1q_f64(acc, vaddq_f64(vld1q_f64(acc), vmulq_f64(low, factor)));
  vst1q_f64(acc + 2, vaddq_f64(vld1q_f64(acc + 2), vmulq_f64(high, factor)));
}

int32x4_t PairProducts(int16x8_t x, int16x8_t w) {
  return vpaddq_s32(vmull_s16(vget_low_s16(x), vget_low_s16(w)), vmull_high_s16(x, w));
}

template <int rows>
void RunTile(const ConvS16Tile& t) {
  int32x4_t sum[rows][2];
  for (int r = 0; r < rows; ++r) {
    sum[r][0] = sum[r][1] = vdupq_n_s32(0);
  }
  const int16_t* a = t.a;
  const int16_t* w = t.w;
  for (int64_t p = t.pairs; p > 0; --p, a += 2, w += 2 * kChannels) {
    const int16x8_t w0 = vld1q_s16(w), w1 = vld1q_s16(w + 8);
    for (int r = 0; r < rows; ++r) {
      int32_t two;
      std::memcpy(&two, a + r * t.a_stride, 4);
      const int16x8_t x = vreinterpretq_s16_s32(vdupq_n_s32(two));
      sum[r][0] = vaddq_s32(sum[r][0], PairProducts(x, w0));
      sum[r][1] = vaddq_s32(sum[r][1], PairProducts(x, w1));
    }
  }
  const float64x2_t factor = vdupq_n_f64(t.factor);
  for (int r = 0; r < rows; ++r) {
    AddTo(t.acc + r * kChannels, sum[r][0], factor);
    AddTo(t.acc + r * kChannels + 4, sum[r][1], factor);
  }
}

using Run = void (*)(const ConvS16Tile&);
template <int... rows>
struct List {
  static constexpr Run kRun[] = {RunTile<rows>...};
};
void Tile(const ConvS16Tile& t) { List<1, 2, 3, 4>::kRun[t.rows - 1](t); }

int16x8_t LoadPart(const int16_t* p, int n) {
  if (n >= kBlock) {
    return vld1q_s16(p);
  }
  int16_t part[kBlock] = {};
  std::memcpy(part, p, static_cast<size_t>(n) * 2);
  return vld1q_s16(part);
}

void Column(const ConvS16Column& t) {
  const float64x2_t factor = vdupq_n_f64(t.factor);
  for (int64_t p = 0; p < t.pixels; ++p) {
    int32x4_t low = vdupq_n_s32(0), high = vdupq_n_s32(0);
    for (int64_t i = 0; i < t.tap_count; ++i) {
      const int16x8_t w = vld2q_s16(t.w + t.taps[i].tap * 2 * kBlock).val[0];
      const int16x8_t x = LoadPart(t.taps[i].x + p * t.step, t.channels);
      low = vmlal_s16(low, vget_low_s16(x), vget_low_s16(w));
      high = vmlal_high_s16(high, x, w);
    }
    AddTo(t.acc + p * kBlock, low, factor);
    AddTo(t.acc + p * kBlock + 4, high, factor);
  }
}

using Ends = ConvS16Ends<numerics::neon::F32>;

}  // namespace

const ConvS16Kernel conv_s16s16f64_4x8_neon = {
    "conv_s16s16f64_4x8_neon", Isa::kNeon,  kRows,         kChannels, kBlock, Tile, Column,
    Ends::Requantize,          Ends::Scale, Ends::Quantize};

}  // namespace plumb::kernels
