#include "plumb/kernels/common/layer_end_rows.h"
#include "plumb/kernels/common/silu_avx512.h"

namespace plumb::kernels {
namespace {

// Requantize by saturation. Saturating twice on the way to 8 bits and clamping the bytes gives what
// clamping before the rounding gives, since all bounds are integers. Only a conversion that leaves
// 32 bits would differ: below it gives INT32_MIN, which saturates right, and above it is prevented
// by the minimum.
__m512i Rounded(const EndBlock& block, int64_t row, int64_t c, __mmask16 exist, __m512 multiplier) {
  const int32_t* acc = block.acc + row * block.acc_stride + c;
  const __m512 real = _mm512_cvtepi32_ps(_mm512_maskz_loadu_epi32(exist, acc));
  const __m512 held = _mm512_min_ps(_mm512_mul_ps(real, multiplier), _mm512_set1_ps(0x1p30f));
  return _mm512_cvtps_epi32(held);
}

__mmask16 Part(int64_t n) {
  return n >= 16 ? 0xffff : (n <= 0 ? 0 : static_cast<__mmask16>((1u << n) - 1u));
}

// Columns of 32 channels, two rows at a time.
void Requantize(const EndBlock& block, const EndParams& p, int8_t* y, int64_t y_stride) {
  const __m512i lo = _mm512_set1_epi8(p.lo), hi = _mm512_set1_epi8(p.hi);
  // The packs work within quarters: quarter q holds four bytes of each vector.
  const __m512i order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
  for (int64_t c = 0; c < block.channels; c += 32) {
    const int64_t n = block.channels - c;
    const __mmask16 exist0 = Part(n), exist1 = Part(n - 16);
    const __mmask32 bytes = static_cast<__mmask32>(exist0) | static_cast<__mmask32>(exist1) << 16;
    const __m512 m0 = _mm512_loadu_ps(p.multiplier + c);
    const __m512 m1 = _mm512_loadu_ps(p.multiplier + c + 16);
    const __m512i zero =
        _mm512_packs_epi32(_mm512_loadu_si512(p.zero + c), _mm512_loadu_si512(p.zero + c + 16));
    for (int64_t row = 0; row < block.rows; row += 2) {
      const int64_t next = row + 1 < block.rows ? row + 1 : row;
      const __m512i words0 = _mm512_packs_epi32(Rounded(block, row, c, exist0, m0),
                                                Rounded(block, row, c + 16, exist1, m1));
      const __m512i words1 = _mm512_packs_epi32(Rounded(block, next, c, exist0, m0),
                                                Rounded(block, next, c + 16, exist1, m1));
      const __m512i both =
          _mm512_packs_epi16(_mm512_adds_epi16(words0, zero), _mm512_adds_epi16(words1, zero));
      const __m512i q = _mm512_min_epi8(_mm512_max_epi8(both, lo), hi);
      const __m512i ordered = _mm512_permutexvar_epi32(order, q);
      _mm256_mask_storeu_epi8(y + row * y_stride + c, bytes, _mm512_castsi512_si256(ordered));
      if (next != row) {
        _mm256_mask_storeu_epi8(y + next * y_stride + c, bytes,
                                _mm512_extracti64x4_epi64(ordered, 1));
      }
    }
  }
}

// Columns of 16 channels, four rows at a time.
void Silu(const EndBlock& block, const EndParams& p, int8_t* y, int64_t y_stride) {
  const __m512i order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
  for (int64_t c = 0; c < block.channels; c += 16) {
    const __mmask16 exist = Part(block.channels - c);
    const __m512 scale = _mm512_loadu_ps(p.scale + c);
    const SiluFactors factors = SiluFactors::Of(_mm512_loadu_ps(p.multiplier + c), scale);
    const __m512 limit = SiluLimit(scale);
    const __m512i zeros = _mm512_loadu_si512(p.zero + c);
    const __m512i zero = _mm512_packs_epi32(zeros, zeros);
    for (int64_t row = 0; row < block.rows; row += 4) {
      __m512i sums[4], rounded[4];
      int64_t rows[4];
      for (int r = 0; r < 4; ++r) {
        rows[r] = row + r < block.rows ? row + r : row;
        sums[r] = _mm512_maskz_loadu_epi32(exist, block.acc + rows[r] * block.acc_stride + c);
      }
      if (!RoundSilu<0>(sums, &factors, limit, rounded)) {
        for (int r = 0; r < 4; ++r) {
          rounded[r] = SiluDefined(sums[r], p.multiplier + c, p.scale + c);
        }
      }
      const __m512i words01 = _mm512_packs_epi32(rounded[0], rounded[1]);
      const __m512i words23 = _mm512_packs_epi32(rounded[2], rounded[3]);
      const __m512i bytes = _mm512_permutexvar_epi32(
          order,
          _mm512_packs_epi16(_mm512_adds_epi16(words01, zero), _mm512_adds_epi16(words23, zero)));
      _mm_mask_storeu_epi8(y + rows[3] * y_stride + c, exist, _mm512_extracti32x4_epi32(bytes, 3));
      _mm_mask_storeu_epi8(y + rows[2] * y_stride + c, exist, _mm512_extracti32x4_epi32(bytes, 2));
      _mm_mask_storeu_epi8(y + rows[1] * y_stride + c, exist, _mm512_extracti32x4_epi32(bytes, 1));
      _mm_mask_storeu_epi8(y + rows[0] * y_stride + c, exist, _mm512_castsi512_si128(bytes));
    }
  }
}

}  // namespace

using Rows = LayerEndRows<numerics::avx512::F32>;
const EndKernel layer_end_16_avx512 = {
    "layer_end_16_avx512", Isa::kAvx512Vnni, Requantize, Rows::Scale,
    Rows::Quantize,        Rows::Add,        Silu};

}  // namespace plumb::kernels
