// Portable: what a machine without a kernel of its own runs, and what the others are compared with.
#include "plumb/kernels/conv_s16/conv_s16.h"
#include "plumb/kernels/conv_s16/conv_s16_ends.h"

namespace plumb::kernels {
namespace {

constexpr int kChannels = 8;

void Tile(const ConvS16Tile& t) {
  for (int r = 0; r < t.rows; ++r) {
    int32_t sum[kChannels] = {};
    const int16_t* a = t.a + r * t.a_stride;
    for (int64_t p = 0; p < t.pairs; ++p) {
      const int16_t* w = t.w + p * 2 * kChannels;
      for (int c = 0; c < kChannels; ++c) {
        sum[c] += a[2 * p] * w[2 * c] + a[2 * p + 1] * w[2 * c + 1];
      }
    }
    for (int c = 0; c < kChannels; ++c) {
      t.acc[r * kChannels + c] += t.factor * sum[c];
    }
  }
}

void Column(const ConvS16Column& t) {
  for (int64_t p = 0; p < t.pixels; ++p) {
    for (int c = 0; c < t.channels; ++c) {
      int32_t sum = 0;
      for (int64_t i = 0; i < t.tap_count; ++i) {
        sum += t.taps[i].x[p * t.step + c] * t.w[(t.taps[i].tap * kChannels + c) * 2];
      }
      t.acc[p * kChannels + c] += t.factor * sum;
    }
  }
}

using Ends = ConvS16Ends<numerics::scalar::F32>;

}  // namespace

const ConvS16Kernel conv_s16s16f64_4x8_scalar = {"conv_s16s16f64_4x8_scalar",
                                                 Isa::kScalar,
                                                 4,
                                                 kChannels,
                                                 kChannels,
                                                 Tile,
                                                 Column,
                                                 Ends::Requantize,
                                                 Ends::Scale,
                                                 Ends::Quantize};

}  // namespace plumb::kernels
