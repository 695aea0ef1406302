// Two tap rows side by side as 16-bit pairs: vpmaddwd adds both products exactly into 32 bits.
// Interleaving works within halves of a register, so accumulator h holds numbers 4h..4h+3 of either
// half; packing puts them back in order.
#include <immintrin.h>

#include <cstring>

#include "plumb/kernels/dwconv/dwconv.h"

namespace plumb::kernels {
namespace {

constexpr int kBlock = 16;

int Position(int lane) { return lane % 8 / 4 * 8 + lane / 8 * 4 + lane % 4; }

__m256i Load(const void* p) { return _mm256_loadu_si256(static_cast<const __m256i*>(p)); }
void Store(void* p, __m256i v) { _mm256_storeu_si256(static_cast<__m256i*>(p), v); }

void Prepare(const int8_t* from, int64_t from_step, int64_t pixels, int64_t channels,
             std::byte* to) {
  if (from_step == channels) {
    channels *= pixels;
    pixels = 1;
  }
  for (int64_t p = 0; p < pixels; ++p, from += from_step, to += 2 * channels) {
    int64_t i = 0;
    for (; i + 16 <= channels; i += 16) {
      Store(to + 2 * i,
            _mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from + i))));
    }
    for (; i < channels; ++i) {
      const int16_t number = from[i];
      std::memcpy(to + 2 * i, &number, 2);
    }
  }
}

template <int kRows>
void RunBlock(const DwConvStrip& s, int64_t block) {
  const std::byte* at_block = s.blocks + block * s.block_bytes;
  const auto* start = reinterpret_cast<const int32_t*>(at_block);
  const auto* factor = reinterpret_cast<const float*>(start + kBlock);
  const auto* zero = reinterpret_cast<const int32_t*>(factor + kBlock);
  const auto* weights = reinterpret_cast<const std::byte*>(zero + 2 * kBlock);
  const __m256 factor0 = _mm256_loadu_ps(factor), factor1 = _mm256_loadu_ps(factor + 8);
  const __m256i zeros = _mm256_packs_epi32(Load(zero), Load(zero + 8));
  const __m128i lo = _mm_set1_epi8(s.lo), hi = _mm_set1_epi8(s.hi);
  const int64_t most = s.period - block * kBlock < kBlock ? s.period - block * kBlock : kBlock;
  for (int64_t at = block * kBlock; at < s.numbers; at += s.period) {
    __m256i acc[kRows][2];
    for (int r = 0; r < kRows; ++r) {
      acc[r][0] = Load(start), acc[r][1] = Load(start + 8);
    }
    const std::byte* w = weights;
    for (int64_t kx = 0; kx < s.kernel_width; ++kx) {
      const int64_t from = 2 * (s.offsets[kx] + s.first + at);
      for (int64_t g = 0; g < s.row_groups; ++g, w += s.weights_step) {
        const __m256i x0 = Load(s.rows[2 * g] + from), x1 = Load(s.rows[2 * g + 1] + from);
        const __m256i low = _mm256_unpacklo_epi16(x0, x1), high = _mm256_unpackhi_epi16(x0, x1);
        for (int r = 0; r < kRows; ++r) {
          const std::byte* wr = w + r * 64;
          acc[r][0] = _mm256_add_epi32(acc[r][0], _mm256_madd_epi16(low, Load(wr)));
          acc[r][1] = _mm256_add_epi32(acc[r][1], _mm256_madd_epi16(high, Load(wr + 32)));
        }
      }
    }
    const int64_t n = s.numbers - at < most ? s.numbers - at : most;
    for (int r = 0; r < kRows; ++r) {
      if (s.end == DwConvEnd::kRequantize) {
        // By saturation, as in layer_end_avx512.h.
        const __m256i real0 =
            _mm256_cvtps_epi32(_mm256_mul_ps(_mm256_cvtepi32_ps(acc[r][0]), factor0));
        const __m256i real1 =
            _mm256_cvtps_epi32(_mm256_mul_ps(_mm256_cvtepi32_ps(acc[r][1]), factor1));
        const __m256i words = _mm256_adds_epi16(_mm256_packs_epi32(real0, real1), zeros);
        const __m128i bytes =
            _mm_packs_epi16(_mm256_castsi256_si128(words), _mm256_extracti128_si256(words, 1));
        const __m128i q = _mm_min_epi8(_mm_max_epi8(bytes, lo), hi);
        int8_t* y = s.y + r * s.y_stride + at;
        if (n == kBlock) {
          _mm_storeu_si128(reinterpret_cast<__m128i*>(y), q);
        } else {
          alignas(16) int8_t part[kBlock];
          _mm_store_si128(reinterpret_cast<__m128i*>(part), q);
          std::memcpy(y, part, static_cast<size_t>(n));
        }
        continue;
      }
      const __m256i sums0 = _mm256_permute2x128_si256(acc[r][0], acc[r][1], 0x20);
      const __m256i sums1 = _mm256_permute2x128_si256(acc[r][0], acc[r][1], 0x31);
      int32_t* sums = s.sums + r * s.sums_stride + at;
      if (n == kBlock) {
        Store(sums, sums0);
        Store(sums + 8, sums1);
      } else {
        alignas(32) int32_t part[kBlock];
        Store(part, sums0);
        Store(part + 8, sums1);
        std::memcpy(sums, part, static_cast<size_t>(n) * 4);
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

const DwConvKernel dwconv_s8s8s32_2x16x2_avx2 = {.name = "dwconv_s8s8s32_2x16x2_avx2",
                                                 .isa = Isa::kAvx2,
                                                 .block = kBlock,
                                                 .row_group = 2,
                                                 .out_rows = 2,
                                                 .weight_bytes = 2,
                                                 .number_bytes = 2,
                                                 .x_offset = 0,
                                                 .silu = false,
                                                 .position = Position,
                                                 .prepare = Prepare,
                                                 .run = Run};

}  // namespace plumb::kernels
