// Four tap rows side by side as bytes: one vpdpbusd adds four exact products a lane. Numbers are
// prepared unsigned, by flipping their top bit (x + 128), which the packed start takes off again.
// Interleaving works within quarters of a register, so accumulator k holds numbers 4k..4k+3 of
// every quarter; packing to bytes puts them back in order.
#include <immintrin.h>

#include <algorithm>

#include "plumb/kernels/common/layer_end_avx512.h"
#include "plumb/kernels/dwconv/dwconv.h"

namespace plumb::kernels {
namespace {

constexpr int kBlock = 64;

int Position(int lane) { return lane % 16 / 4 * 16 + lane / 16 * 4 + lane % 4; }

__mmask64 Part(int64_t n) { return n >= 64 ? ~__mmask64{0} : (__mmask64{1} << n) - 1; }

// Every second pixel of few channels: permuted together out of two vectors.
void PrepareEverySecond(const int8_t* from, int64_t pixels, int64_t channels, std::byte* to) {
  const int64_t at_once = 64 / channels, words = channels / 4;
  alignas(64) int32_t index[16] = {};
  for (int64_t i = 0; i < at_once * words; ++i) {
    index[i] = static_cast<int32_t>(i + i / words * words);
  }
  const __m512i order = _mm512_load_si512(index), flip = _mm512_set1_epi8(-128);
  for (int64_t p = 0; p < pixels; p += at_once) {
    const int64_t left = (pixels - p) * channels;
    const int64_t read = 2 * left - channels;
    const __m512i low = _mm512_maskz_loadu_epi8(Part(read), from);
    const __m512i high = _mm512_maskz_loadu_epi8(Part(std::max<int64_t>(read - 64, 0)), from + 64);
    // What is stored beyond these pixels is overwritten by the next ones.
    _mm512_mask_storeu_epi8(to, Part(left),
                            _mm512_xor_si512(_mm512_permutex2var_epi32(low, order, high), flip));
    from += 2 * at_once * channels;
    to += at_once * channels;
  }
}

void Prepare(const int8_t* from, int64_t from_step, int64_t pixels, int64_t channels,
             std::byte* to) {
  if (from_step == channels) {
    channels *= pixels;
    pixels = 1;
  }
  if (from_step == 2 * channels && channels % 4 == 0 && channels <= 32) {
    PrepareEverySecond(from, pixels, channels, to);
    return;
  }
  const __m512i flip = _mm512_set1_epi8(-128);
  for (int64_t p = 0; p < pixels; ++p, from += from_step, to += channels) {
    for (int64_t i = 0; i < channels; i += 64) {
      const __mmask64 exist = Part(channels - i);
      _mm512_mask_storeu_epi8(to + i, exist,
                              _mm512_xor_si512(_mm512_maskz_loadu_epi8(exist, from + i), flip));
    }
  }
}

// acc[k] quarter q -> out quarter 4q + k: a transpose of four by four quarters.
void StoreSums(const __m512i (&acc)[4], int64_t n, int32_t* out) {
  const __m512i a = _mm512_shuffle_i32x4(acc[0], acc[1], 0x44),
                b = _mm512_shuffle_i32x4(acc[2], acc[3], 0x44);
  const __m512i c = _mm512_shuffle_i32x4(acc[0], acc[1], 0xee),
                d = _mm512_shuffle_i32x4(acc[2], acc[3], 0xee);
  const __mmask64 exist = Part(n);
  _mm512_mask_storeu_epi32(out, static_cast<__mmask16>(exist), _mm512_shuffle_i32x4(a, b, 0x88));
  _mm512_mask_storeu_epi32(out + 16, static_cast<__mmask16>(exist >> 16),
                           _mm512_shuffle_i32x4(a, b, 0xdd));
  _mm512_mask_storeu_epi32(out + 32, static_cast<__mmask16>(exist >> 32),
                           _mm512_shuffle_i32x4(c, d, 0x88));
  _mm512_mask_storeu_epi32(out + 48, static_cast<__mmask16>(exist >> 48),
                           _mm512_shuffle_i32x4(c, d, 0xdd));
}

// Four rows side by side: 64 of a column's numbers.
void Interleave(const std::byte* const* rows, int64_t from, __m512i (&x)[4]) {
  const __m512i x0 = _mm512_loadu_si512(rows[0] + from), x1 = _mm512_loadu_si512(rows[1] + from),
                x2 = _mm512_loadu_si512(rows[2] + from), x3 = _mm512_loadu_si512(rows[3] + from);
  const __m512i low01 = _mm512_unpacklo_epi8(x0, x1), high01 = _mm512_unpackhi_epi8(x0, x1);
  const __m512i low23 = _mm512_unpacklo_epi8(x2, x3), high23 = _mm512_unpackhi_epi8(x2, x3);
  x[0] = _mm512_unpacklo_epi16(low01, low23), x[1] = _mm512_unpackhi_epi16(low01, low23);
  x[2] = _mm512_unpacklo_epi16(high01, high23), x[3] = _mm512_unpackhi_epi16(high01, high23);
}

template <int kRows>
void Add(const __m512i (&x)[4], const int8_t* w, __m512i (&acc)[kRows][4]) {
  for (int r = 0; r < kRows; ++r) {
    for (int k = 0; k < 4; ++k) {
      acc[r][k] = _mm512_dpbusd_epi32(acc[r][k], x[k], _mm512_load_si512(w + (r * 4 + k) * kBlock));
    }
  }
}

// How the columns of a kernel are interleaved: each anew, or, where the next vector of a block is
// also the next column, once for the three vectors that need it.
enum class Columns { kEach, kSlide };

// One block over a strip; kWidth, kGroups: the kernel's width and its groups of tap rows, 0: any.
template <int kRows, int kWidth, int kGroups, Columns kColumns, DwConvEnd kEnd>
void RunBlock(const DwConvStrip& strip, int64_t block) {
  const DwConvStrip s = strip;  // a copy, which no store can change
  const std::byte* at_block = s.blocks + block * s.block_bytes;
  const auto* start = reinterpret_cast<const int32_t*>(at_block);
  const auto* factor = reinterpret_cast<const float*>(start + kBlock);
  const auto* zero = reinterpret_cast<const int32_t*>(factor + kBlock);
  const auto* scale = reinterpret_cast<const float*>(zero + kBlock);
  const auto* weights = reinterpret_cast<const int8_t*>(scale + kBlock);
  const int64_t width = kWidth != 0 ? kWidth : s.kernel_width;
  const int64_t groups = kGroups != 0 ? kGroups : s.row_groups;
  // Two output rows are computed at once only where the weights are packed for two.
  const int64_t weights_step = kRows == 2 ? 2 * 4 * kBlock : s.weights_step;
  const std::byte* rows[4 * std::max(kGroups, 1)];
  int64_t offsets[std::max(kWidth, 1)];
  for (int i = 0; i < 4 * kGroups; ++i) {
    rows[i] = s.rows[i] + s.first;
  }
  for (int i = 0; i < kWidth; ++i) {
    offsets[i] = s.offsets[i];
  }
  const int64_t most = s.period - block * kBlock;
  const Requantize64 requantize(factor, zero, s.lo, s.hi);
  const Silu64 silu(factor, zero, scale);
  __m512i before[2][4];
  if constexpr (kColumns == Columns::kSlide) {
    Interleave(rows, block * kBlock + offsets[0], before[0]);
    Interleave(rows, block * kBlock + offsets[1], before[1]);
  }
  for (int64_t at = block * kBlock; at < s.numbers; at += s.period) {
    __m512i acc[kRows][4];
    for (int r = 0; r < kRows; ++r) {
      for (int k = 0; k < 4; ++k) {
        acc[r][k] = _mm512_load_si512(start + 16 * k);
      }
    }
    if constexpr (kColumns == Columns::kSlide) {
      __m512i x[4];
      Interleave(rows, at + offsets[2], x);
      Add<kRows>(before[0], weights, acc);
      Add<kRows>(before[1], weights + weights_step, acc);
      Add<kRows>(x, weights + 2 * weights_step, acc);
      for (int k = 0; k < 4; ++k) {
        before[0][k] = before[1][k];
        before[1][k] = x[k];
      }
    } else {
      const int8_t* w = weights;
#pragma GCC unroll 3
      for (int64_t kx = 0; kx < width; ++kx) {
        const int64_t from = at + (kWidth != 0 ? offsets[kx] : s.first + s.offsets[kx]);
#pragma GCC unroll 2
        for (int64_t g = 0; g < groups; ++g, w += weights_step) {
          __m512i x[4];
          Interleave((kGroups != 0 ? rows : s.rows) + 4 * g, from, x);
          Add<kRows>(x, w, acc);
        }
      }
    }
    const int64_t n = std::min(s.numbers - at, most);
    for (int r = 0; r < kRows; ++r) {
      if constexpr (kEnd == DwConvEnd::kSums) {
        StoreSums(acc[r], n, s.sums + r * s.sums_stride + at);
      } else {
        const __m512i bytes =
            kEnd == DwConvEnd::kSilu ? silu.Bytes(acc[r]) : requantize.Bytes(acc[r]);
        int8_t* y = s.y + r * s.y_stride + at;
        if (n >= kBlock) {
          _mm512_storeu_si512(y, bytes);
        } else {
          _mm512_mask_storeu_epi8(y, Part(n), bytes);
        }
      }
    }
  }
}

template <int kRows, int kWidth, int kGroups, Columns kColumns>
void RunBlocks(const DwConvStrip& s) {
  for (int64_t block = 0; block < s.block_count; ++block) {
    switch (s.end) {
      case DwConvEnd::kSums:
        RunBlock<kRows, kWidth, kGroups, kColumns, DwConvEnd::kSums>(s, block);
        break;
      case DwConvEnd::kRequantize:
        RunBlock<kRows, kWidth, kGroups, kColumns, DwConvEnd::kRequantize>(s, block);
        break;
      case DwConvEnd::kSilu:
        RunBlock<kRows, kWidth, kGroups, kColumns, DwConvEnd::kSilu>(s, block);
        break;
    }
  }
}

template <int kRows>
void RunRows(const DwConvStrip& s) {
  if (s.kernel_width == 3 && s.row_groups == 1) {
    if (s.offsets[1] - s.offsets[0] == s.period && s.offsets[2] - s.offsets[1] == s.period) {
      RunBlocks<kRows, 3, 1, Columns::kSlide>(s);
    } else {
      RunBlocks<kRows, 3, 1, Columns::kEach>(s);
    }
  } else if (s.kernel_width == 5 && s.row_groups == 2) {
    RunBlocks<kRows, 5, 2, Columns::kEach>(s);
  } else {
    RunBlocks<kRows, 0, 0, Columns::kEach>(s);
  }
}

void Run(const DwConvStrip& s) {
  if (s.out_rows == 1) {
    RunRows<1>(s);
  } else {
    RunRows<2>(s);
  }
}

}  // namespace

const DwConvKernel dwconv_s8s8s32_2x64x4_avx512vnni = {.name = "dwconv_s8s8s32_2x64x4_avx512vnni",
                                                       .isa = Isa::kAvx512Vnni,
                                                       .block = kBlock,
                                                       .row_group = 4,
                                                       .out_rows = 2,
                                                       .weight_bytes = 1,
                                                       .number_bytes = 1,
                                                       .x_offset = 128,
                                                       .silu = true,
                                                       .position = Position,
                                                       .prepare = Prepare,
                                                       .run = Run};

}  // namespace plumb::kernels
