// Without divisions where they do not decide: x times the reciprocal of the scale is within 2^-22 of
// its quotient, so both round to the same integer unless that product is near the middle between two;
// there, which is rare, the definition's division runs. The clamp comes first: its bounds are
// integers. Floor for a picture of three planes: 12 bytes read and 3 written a pixel; 31 vector
// instructions for 16 pixels.
#include "plumb/kernels/quantize/quantize_rows.h"
#include "plumb/kernels/quantize/quantize_s16_rows.h"

namespace plumb::kernels {
namespace {

using Rows = QuantizeRows<numerics::avx512::F32>;
using Words = QuantizeS16Rows<numerics::avx512::F32>;

// One scale and zero point for all.
class Grid {
 public:
  Grid(float scale, int32_t zero_point)
      : scale_(_mm512_set1_ps(scale)),
        reciprocal_(_mm512_set1_ps(1.0f / scale)),
        low_(_mm512_set1_ps(static_cast<float>(-128 - zero_point))),
        high_(_mm512_set1_ps(static_cast<float>(127 - zero_point))),
        zero_(_mm512_set1_epi32(zero_point)) {}

  // Whether the reciprocal is as exact as said.
  static bool Fits(float scale) { return scale >= 0x1p-100f && scale <= 0x1p100f; }

  // Steps within the bounds; NaN stays NaN, since the second operand wins.
  [[nodiscard]] __m512 Steps(__m512 x) const {
    return _mm512_max_ps(low_, _mm512_min_ps(high_, _mm512_mul_ps(x, reciprocal_)));
  }
  // How far from an integer; NaN for NaN.
  static __m512 Rest(__m512 steps) {
    return _mm512_reduce_ps(steps, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  }
  // True for NaN too.
  static bool Undecided(__m512 rest) {
    const __m512 limit = _mm512_set1_ps(0.5f - 0x1p-13f);
    return _mm512_cmp_ps_mask(_mm512_abs_ps(rest), limit, _CMP_NLE_UQ) != 0;
  }
  [[nodiscard]] __m512i Round(__m512 steps) const {
    return _mm512_add_epi32(_mm512_cvtps_epi32(steps), zero_);
  }
  [[nodiscard]] __m512i Quantize(__m512 x) const {
    const __m512 steps = Steps(x);
    return Undecided(Rest(steps)) ? Defined(x) : Round(steps);
  }
  [[nodiscard]] __m512i Defined(__m512 x) const {
    using V = numerics::avx512::F32;
    return Rows::Rounded(V{x}, V{scale_}, numerics::avx512::I32{zero_}).v;
  }

 private:
  __m512 scale_, reciprocal_, low_, high_;
  __m512i zero_;
};

void Quantize(const QuantizeRun& run, const float* x, int8_t* q) {
  if (run.grid_step != 0 || !Grid::Fits(*run.scale)) {
    Rows::Quantize(run, x, q);
    return;
  }
  const Grid grid(*run.scale, *run.zero_point);
  int64_t i = 0;
  for (; i + 16 <= run.n; i += 16) {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(q + i),
                     _mm512_cvtepi32_epi8(grid.Quantize(_mm512_loadu_ps(x + i))));
  }
  Rows::Quantize({run.scale, run.zero_point, 0, run.n - i}, x + i, q + i);
}

// Three planes, 16 pixels at a time.
void Interleave(const QuantizePlanes& p) {
  if (p.channels != 3 || !Grid::Fits(p.scale)) {
    Rows::Interleave(p);
    return;
  }
  const Grid grid(p.scale, p.zero_point);
  const __m512i low_byte = _mm512_set1_epi32(255);
  // Three of four bytes, within quarters; then three of four words.
  const __m512i three =
      _mm512_broadcast_i32x4(_mm_setr_epi8(0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, -1, -1, -1, -1));
  const __m512i together = _mm512_setr_epi32(0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, 3, 7, 11, 15);
  int64_t i = 0;
  for (; i + 16 <= p.n; i += 16) {
    const __m512i a = grid.Quantize(_mm512_loadu_ps(p.x + i));
    const __m512i b = grid.Quantize(_mm512_loadu_ps(p.x + p.plane + i));
    const __m512i c = grid.Quantize(_mm512_loadu_ps(p.x + 2 * p.plane + i));
    const __m512i ab = _mm512_or_si512(_mm512_and_si512(a, low_byte),
                                       _mm512_slli_epi32(_mm512_and_si512(b, low_byte), 8));
    const __m512i pixels = _mm512_or_si512(ab, _mm512_slli_epi32(c, 16));
    const __m512i bytes = _mm512_permutexvar_epi32(together, _mm512_shuffle_epi8(pixels, three));
    _mm512_mask_storeu_epi32(p.q + 3 * i, 0x0fff, bytes);
  }
  QuantizePlanes rest = p;
  rest.x += i;
  rest.q += 3 * i;
  rest.n -= i;
  Rows::Interleave(rest);
}

}  // namespace

const QuantizeKernel quantize_s8_16_avx512 = {
    "quantize_s8_16_avx512", Isa::kAvx512Vnni, Quantize, Rows::Dequantize, Interleave,
    Words::Quantize,         Words::Dequantize};

}  // namespace plumb::kernels
