// As dwconv_x86_avx512vnni.cc with 256 bits: four tap rows side by side as bytes, interleaved within
// halves of a register, so that accumulator k holds numbers 4k..4k+3 of either half.
#include <immintrin.h>

#include <algorithm>
#include <cstring>

#include "plumb/kernels/dwconv/dwconv.h"

namespace plumb::kernels {
namespace {

constexpr int kBlock = 32;

int Position(int lane) { return lane % 16 / 4 * 8 + lane / 16 * 4 + lane % 4; }

__m256i Load(const void* p) { return _mm256_loadu_si256(static_cast<const __m256i*>(p)); }
void Store(void* p, __m256i v) { _mm256_storeu_si256(static_cast<__m256i*>(p), v); }

void Prepare(const int8_t* from, int64_t from_step, int64_t pixels, int64_t channels,
             std::byte* to) {
  if (from_step == channels) {
    channels *= pixels;
    pixels = 1;
  }
  const __m256i flip = _mm256_set1_epi8(-128);
  for (int64_t p = 0; p < pixels; ++p, from += from_step, to += channels) {
    int64_t i = 0;
    for (; i + kBlock <= channels; i += kBlock) {
      Store(to + i, _mm256_xor_si256(Load(from + i), flip));
    }
    for (; i + 8 <= channels; i += 8) {
      uint64_t eight;
      std::memcpy(&eight, from + i, 8);
      eight ^= 0x8080808080808080u;
      std::memcpy(to + i, &eight, 8);
    }
    for (; i < channels; ++i) {
      to[i] = static_cast<std::byte>(from[i]) ^ std::byte{0x80};
    }
  }
}

struct Requantize {
  __m256 factor[4];
  __m256i zero01, zero23, lo, hi;
  // By saturation, as in layer_end_avx512.h.
  [[nodiscard]] __m256i operator()(const __m256i (&sums)[4]) const {
    const auto rounded = [&](int k) {
      return _mm256_cvtps_epi32(_mm256_mul_ps(_mm256_cvtepi32_ps(sums[k]), factor[k]));
    };
    const __m256i words01 = _mm256_packs_epi32(rounded(0), rounded(1));
    const __m256i words23 = _mm256_packs_epi32(rounded(2), rounded(3));
    const __m256i bytes =
        _mm256_packs_epi16(_mm256_adds_epi16(words01, zero01), _mm256_adds_epi16(words23, zero23));
    return _mm256_min_epi8(_mm256_max_epi8(bytes, lo), hi);
  }
};

// Puts the halves of the accumulators in order.
void StoreSums(const __m256i (&acc)[4], int32_t* out) {
  Store(out, _mm256_permute2x128_si256(acc[0], acc[1], 0x20));
  Store(out + 8, _mm256_permute2x128_si256(acc[2], acc[3], 0x20));
  Store(out + 16, _mm256_permute2x128_si256(acc[0], acc[1], 0x31));
  Store(out + 24, _mm256_permute2x128_si256(acc[2], acc[3], 0x31));
}

template <int kRows>
void RunBlock(const DwConvStrip& strip, int64_t block) {
  const DwConvStrip s = strip;  // a copy, which no store can change
  const std::byte* at_block = s.blocks + block * s.block_bytes;
  const auto* start = reinterpret_cast<const int32_t*>(at_block);
  const auto* factor = reinterpret_cast<const float*>(start + kBlock);
  const auto* zero = reinterpret_cast<const int32_t*>(factor + kBlock);
  const auto* weights = reinterpret_cast<const int8_t*>(zero + 2 * kBlock);
  const Requantize requantize{{_mm256_loadu_ps(factor), _mm256_loadu_ps(factor + 8),
                               _mm256_loadu_ps(factor + 16), _mm256_loadu_ps(factor + 24)},
                              _mm256_packs_epi32(Load(zero), Load(zero + 8)),
                              _mm256_packs_epi32(Load(zero + 16), Load(zero + 24)),
                              _mm256_set1_epi8(s.lo),
                              _mm256_set1_epi8(s.hi)};
  const int64_t most = std::min<int64_t>(kBlock, s.period - block * kBlock);
  for (int64_t at = block * kBlock; at < s.numbers; at += s.period) {
    __m256i acc[kRows][4];
    for (int r = 0; r < kRows; ++r) {
      for (int k = 0; k < 4; ++k) {
        acc[r][k] = Load(start + 8 * k);
      }
    }
    const int8_t* w = weights;
    for (int64_t kx = 0; kx < s.kernel_width; ++kx) {
      const int64_t from = s.offsets[kx] + s.first + at;
      for (int64_t g = 0; g < s.row_groups; ++g, w += s.weights_step) {
        const std::byte* const* rows = s.rows + 4 * g;
        const __m256i x0 = Load(rows[0] + from), x1 = Load(rows[1] + from);
        const __m256i x2 = Load(rows[2] + from), x3 = Load(rows[3] + from);
        const __m256i low01 = _mm256_unpacklo_epi8(x0, x1), high01 = _mm256_unpackhi_epi8(x0, x1);
        const __m256i low23 = _mm256_unpacklo_epi8(x2, x3), high23 = _mm256_unpackhi_epi8(x2, x3);
        const __m256i x[4] = {
            _mm256_unpacklo_epi16(low01, low23), _mm256_unpackhi_epi16(low01, low23),
            _mm256_unpacklo_epi16(high01, high23), _mm256_unpackhi_epi16(high01, high23)};
        for (int r = 0; r < kRows; ++r) {
          for (int k = 0; k < 4; ++k) {
            acc[r][k] = _mm256_dpbusd_avx_epi32(acc[r][k], x[k], Load(w + (r * 4 + k) * kBlock));
          }
        }
      }
    }
    const int64_t n = std::min(s.numbers - at, most);
    for (int r = 0; r < kRows; ++r) {
      if (s.end == DwConvEnd::kRequantize) {
        const __m256i bytes = requantize(acc[r]);
        int8_t* y = s.y + r * s.y_stride + at;
        if (n == kBlock) {
          Store(y, bytes);
        } else {
          alignas(32) int8_t part[kBlock];
          Store(part, bytes);
          std::memcpy(y, part, static_cast<size_t>(n));
        }
      } else if (n == kBlock) {
        StoreSums(acc[r], s.sums + r * s.sums_stride + at);
      } else {
        alignas(32) int32_t part[kBlock];
        StoreSums(acc[r], part);
        std::memcpy(s.sums + r * s.sums_stride + at, part, static_cast<size_t>(n) * 4);
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

const DwConvKernel dwconv_s8s8s32_2x32x4_avxvnni = {.name = "dwconv_s8s8s32_2x32x4_avxvnni",
                                                    .isa = Isa::kAvxVnni,
                                                    .block = kBlock,
                                                    .row_group = 4,
                                                    .out_rows = 2,
                                                    .weight_bytes = 1,
                                                    .number_bytes = 1,
                                                    .x_offset = 128,
                                                    .silu = false,
                                                    .position = Position,
                                                    .prepare = Prepare,
                                                    .run = Run};

}  // namespace plumb::kernels
