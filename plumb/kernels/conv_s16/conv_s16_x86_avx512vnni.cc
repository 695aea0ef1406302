// vpdpwssd adds two products of 16-bit numbers to a 32-bit sum, exactly (it is the form that does
// not saturate).
#include <immintrin.h>

#include "plumb/kernels/conv_s16/conv_s16.h"
#include "plumb/kernels/conv_s16/conv_s16_ends.h"

namespace plumb::kernels {
namespace {

constexpr int kRows = 12;
constexpr int kChannels = 32;
constexpr int kBlock = 16;

void AddTo(double* acc, __m512i sum, __m512d factor) {
  const __m512d low = _mm512_cvtepi32_pd(_mm512_castsi512_si256(sum));
  const __m512d high = _mm512_cvtepi32_pd(_mm512_extracti64x4_epi64(sum, 1));
  _mm512_store_pd(acc, _mm512_add_pd(_mm512_load_pd(acc), _mm512_mul_pd(low, factor)));
  _mm512_store_pd(acc + 8, _mm512_add_pd(_mm512_load_pd(acc + 8), _mm512_mul_pd(high, factor)));
}

template <int rows>
void RunTile(const ConvS16Tile& t) {
  __m512i sum[rows][2];
  for (int r = 0; r < rows; ++r) {
    sum[r][0] = sum[r][1] = _mm512_setzero_si512();
  }
  const int16_t* a = t.a;
  const int16_t* w = t.w;
  for (int64_t p = t.pairs; p > 0; --p, a += 2, w += 2 * kChannels) {
    const __m512i w0 = _mm512_loadu_si512(w);
    const __m512i w1 = _mm512_loadu_si512(w + kChannels);
    for (int r = 0; r < rows; ++r) {
      int32_t two;
      __builtin_memcpy(&two, a + r * t.a_stride, 4);
      const __m512i x = _mm512_set1_epi32(two);
      sum[r][0] = _mm512_dpwssd_epi32(sum[r][0], x, w0);
      sum[r][1] = _mm512_dpwssd_epi32(sum[r][1], x, w1);
    }
  }
  const __m512d factor = _mm512_set1_pd(t.factor);
  for (int r = 0; r < rows; ++r) {
    AddTo(t.acc + r * kChannels, sum[r][0], factor);
    AddTo(t.acc + r * kChannels + 16, sum[r][1], factor);
  }
}

using Run = void (*)(const ConvS16Tile&);
template <int... rows>
struct List {
  static constexpr Run kRun[] = {RunTile<rows>...};
};
void Tile(const ConvS16Tile& t) {
  List<1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12>::kRun[t.rows - 1](t);
}

// Sign-extended to 32 bits, x is the pair (x, its sign): times (w, 0) it gives the product.
template <int pixels>
void RunPixels(const ConvS16Column& t, int64_t first) {
  const __mmask16 exist = numerics::S16<numerics::avx512::F32>::Part(t.channels);
  __m512i sum[pixels];
  for (__m512i& s : sum) {
    s = _mm512_setzero_si512();
  }
  for (int64_t i = 0; i < t.tap_count; ++i) {
    const __m512i w = _mm512_loadu_si512(t.w + t.taps[i].tap * 2 * kBlock);
    for (int p = 0; p < pixels; ++p) {
      const int16_t* x = t.taps[i].x + (first + p) * t.step;
      const __m512i wide = _mm512_cvtepi16_epi32(_mm256_maskz_loadu_epi16(exist, x));
      sum[p] = _mm512_dpwssd_epi32(sum[p], wide, w);
    }
  }
  for (int p = 0; p < pixels; ++p) {
    AddTo(t.acc + (first + p) * kBlock, sum[p], _mm512_set1_pd(t.factor));
  }
}

void Column(const ConvS16Column& t) {
  int64_t p = 0;
  for (; p + 8 <= t.pixels; p += 8) {
    RunPixels<8>(t, p);
  }
  for (; p < t.pixels; ++p) {
    RunPixels<1>(t, p);
  }
}

using Ends = ConvS16Ends<numerics::avx512::F32>;

}  // namespace

const ConvS16Kernel conv_s16s16f64_12x32_avx512vnni = {"conv_s16s16f64_12x32_avx512vnni",
                                                       Isa::kAvx512Vnni,
                                                       kRows,
                                                       kChannels,
                                                       kBlock,
                                                       Tile,
                                                       Column,
                                                       Ends::Requantize,
                                                       Ends::Scale,
                                                       Ends::Quantize};

}  // namespace plumb::kernels
