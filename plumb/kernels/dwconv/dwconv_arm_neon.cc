// Sixteen numbers at a time: prepared and packed as 16 bits, products accumulated in 32.
#include <arm_neon.h>

#include <algorithm>
#include <cstring>

#include "plumb/kernels/dwconv/dwconv.h"
#include "plumb/numerics/requantize.h"

namespace plumb::kernels {
namespace {

constexpr int kBlock = 16;

int Position(int lane) { return lane; }

const int16_t* Words(const std::byte* p) { return reinterpret_cast<const int16_t*>(p); }

void Prepare(const int8_t* from, int64_t from_step, int64_t pixels, int64_t channels,
             std::byte* to) {
  if (from_step == channels) {
    channels *= pixels;
    pixels = 1;
  }
  for (int64_t p = 0; p < pixels; ++p, from += from_step, to += 2 * channels) {
    auto* words = reinterpret_cast<int16_t*>(to);
    int64_t i = 0;
    for (; i + 8 <= channels; i += 8) {
      vst1q_s16(words + i, vmovl_s8(vld1_s8(from + i)));
    }
    for (; i < channels; ++i) {
      words[i] = from[i];
    }
  }
}

struct Sums {
  int32x4_t v[4];
};

// The requantization rule for 16 sums. Armv7's NEON has no rounding to nearest even.
class End {
 public:
  End(const DwConvStrip& s, const float* factor, const int32_t* zero)
      : lo_(s.lo), hi_(s.hi), factor_(factor), zero_(zero) {}

  void Store(const Sums& sums, int8_t* y, int n) const {
#if defined(__aarch64__)
    // By saturation: all bounds are integers, and no product leaves 32 bits.
    int16x4_t words[4];
    for (int i = 0; i < 4; ++i) {
      const float32x4_t scaled = vmulq_f32(vcvtq_f32_s32(sums.v[i]), vld1q_f32(factor_ + 4 * i));
      words[i] = vqadd_s16(vqmovn_s32(vcvtnq_s32_f32(scaled)), vmovn_s32(vld1q_s32(zero_ + 4 * i)));
    }
    const int8x16_t bytes = vcombine_s8(vqmovn_s16(vcombine_s16(words[0], words[1])),
                                        vqmovn_s16(vcombine_s16(words[2], words[3])));
    const int8x16_t q = vminq_s8(vmaxq_s8(bytes, vdupq_n_s8(lo_)), vdupq_n_s8(hi_));
    if (n == kBlock) {
      vst1q_s8(y, q);
      return;
    }
    int8_t part[kBlock];
    vst1q_s8(part, q);
    std::memcpy(y, part, static_cast<size_t>(n));
#else
    int32_t part[kBlock];
    for (int i = 0; i < 4; ++i) {
      vst1q_s32(part + 4 * i, sums.v[i]);
    }
    for (int i = 0; i < n; ++i) {
      y[i] = static_cast<int8_t>(numerics::Requantize(part[i], factor_[i], lo_, hi_, zero_[i]));
    }
#endif
  }

 private:
  int8_t lo_, hi_;
  const float* factor_;
  const int32_t* zero_;
};

void StoreSums(const Sums& sums, int32_t* to, int n) {
  int32_t part[kBlock];
  int32_t* const out = n == kBlock ? to : part;
  for (int i = 0; i < 4; ++i) {
    vst1q_s32(out + 4 * i, sums.v[i]);
  }
  if (n < kBlock) {
    std::memcpy(to, part, static_cast<size_t>(n) * 4);
  }
}

template <int kRows>
void RunBlock(const DwConvStrip& s, int64_t block) {
  const std::byte* constants = s.blocks + block * s.block_bytes;
  const auto* start = reinterpret_cast<const int32_t*>(constants);
  const auto* factor = reinterpret_cast<const float*>(start + kBlock);
  const auto* zero = reinterpret_cast<const int32_t*>(factor + kBlock);
  const auto* weights = reinterpret_cast<const std::byte*>(zero + 2 * kBlock);
  const End end(s, factor, zero);
  const int64_t most = std::min<int64_t>(kBlock, s.period - block * kBlock);
  for (int64_t at = block * kBlock; at < s.numbers; at += s.period) {
    Sums acc[kRows];
    for (int r = 0; r < kRows; ++r) {
      for (int i = 0; i < 4; ++i) {
        acc[r].v[i] = vld1q_s32(start + 4 * i);
      }
    }
    const std::byte* w = weights;
    for (int64_t kx = 0; kx < s.kernel_width; ++kx) {
      const int64_t from = s.offsets[kx] + s.first + at;
      for (int64_t row = 0; row < s.row_groups; ++row, w += s.weights_step) {
        const int16_t* x = Words(s.rows[row]) + from;
        const int16x8_t x0 = vld1q_s16(x), x1 = vld1q_s16(x + 8);
        for (int r = 0; r < kRows; ++r) {
          const int16_t* wr = Words(w) + r * kBlock;
          const int16x8_t w0 = vld1q_s16(wr), w1 = vld1q_s16(wr + 8);
          int32x4_t* v = acc[r].v;
          v[0] = vmlal_s16(v[0], vget_low_s16(x0), vget_low_s16(w0));
          v[1] = vmlal_s16(v[1], vget_high_s16(x0), vget_high_s16(w0));
          v[2] = vmlal_s16(v[2], vget_low_s16(x1), vget_low_s16(w1));
          v[3] = vmlal_s16(v[3], vget_high_s16(x1), vget_high_s16(w1));
        }
      }
    }
    const int n = static_cast<int>(std::min(most, s.numbers - at));
    for (int r = 0; r < kRows; ++r) {
      if (s.end == DwConvEnd::kRequantize) {
        end.Store(acc[r], s.y + r * s.y_stride + at, n);
      } else {
        StoreSums(acc[r], s.sums + r * s.sums_stride + at, n);
      }
    }
  }
}

void Run(const DwConvStrip& s) {
  for (int64_t block = 0; block < s.block_count; ++block) {
    if (s.out_rows == 1) {
      RunBlock<1>(s, block);
    } else {
      RunBlock<2>(s, block);
    }
  }
}

}  // namespace

const DwConvKernel dwconv_s8s8s32_2x16x1_neon = {.name = "dwconv_s8s8s32_2x16x1_neon",
                                                 .isa = Isa::kNeon,
                                                 .block = kBlock,
                                                 .row_group = 1,
                                                 .out_rows = 2,
                                                 .weight_bytes = 2,
                                                 .number_bytes = 2,
                                                 .x_offset = 0,
                                                 .silu = false,
                                                 .position = Position,
                                                 .prepare = Prepare,
                                                 .run = Run};

}  // namespace plumb::kernels
