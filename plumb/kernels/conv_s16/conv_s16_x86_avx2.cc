// Products in pairs: vpmaddwd adds two products of 16-bit numbers exactly into 32 bits.
#include <immintrin.h>

#include "plumb/kernels/conv_s16/conv_s16.h"
#include "plumb/kernels/conv_s16/conv_s16_ends.h"

namespace plumb::kernels {
namespace {

constexpr int kRows = 6;
constexpr int kChannels = 16;
constexpr int kBlock = 8;

void AddTo(double* acc, __m256i sum, __m256d factor) {
  const __m256d low = _mm256_cvtepi32_pd(_mm256_castsi256_si128(sum));
  const __m256d high = _mm256_cvtepi32_pd(_mm256_extracti128_si256(sum, 1));
  _mm256_store_pd(acc, _mm256_add_pd(_mm256_load_pd(acc), _mm256_mul_pd(low, factor)));
  _mm256_store_pd(acc + 4, _mm256_add_pd(_mm256_load_pd(acc + 4), _mm256_mul_pd(high, factor)));
}

template <int rows>
void RunTile(const ConvS16Tile& t) {
  __m256i sum[rows][2];
  for (int r = 0; r < rows; ++r) {
    sum[r][0] = sum[r][1] = _mm256_setzero_si256();
  }
  const int16_t* a = t.a;
  const int16_t* w = t.w;
  for (int64_t p = t.pairs; p > 0; --p, a += 2, w += 2 * kChannels) {
    const __m256i w0 = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(w));
    const __m256i w1 = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(w + kChannels));
    for (int r = 0; r < rows; ++r) {
      int32_t two;
      __builtin_memcpy(&two, a + r * t.a_stride, 4);
      const __m256i x = _mm256_set1_epi32(two);
      sum[r][0] = _mm256_add_epi32(sum[r][0], _mm256_madd_epi16(x, w0));
      sum[r][1] = _mm256_add_epi32(sum[r][1], _mm256_madd_epi16(x, w1));
    }
  }
  const __m256d factor = _mm256_set1_pd(t.factor);
  for (int r = 0; r < rows; ++r) {
    AddTo(t.acc + r * kChannels, sum[r][0], factor);
    AddTo(t.acc + r * kChannels + 8, sum[r][1], factor);
  }
}

using Run = void (*)(const ConvS16Tile&);
template <int... rows>
struct List {
  static constexpr Run kRun[] = {RunTile<rows>...};
};
void Tile(const ConvS16Tile& t) { List<1, 2, 3, 4, 5, 6>::kRun[t.rows - 1](t); }

// Sign-extended to 32 bits, x is the pair (x, its sign): times (w, 0) it gives the product.
template <int pixels>
void RunPixels(const ConvS16Column& t, int64_t first) {
  __m256i sum[pixels];
  for (__m256i& s : sum) {
    s = _mm256_setzero_si256();
  }
  for (int64_t i = 0; i < t.tap_count; ++i) {
    const __m256i w =
        _mm256_loadu_si256(reinterpret_cast<const __m256i*>(t.w + t.taps[i].tap * 2 * kBlock));
    for (int p = 0; p < pixels; ++p) {
      const int16_t* x = t.taps[i].x + (first + p) * t.step;
      const __m256i wide = numerics::S16<numerics::avx2::F32>::Load(x, t.channels).v;
      sum[p] = _mm256_add_epi32(sum[p], _mm256_madd_epi16(wide, w));
    }
  }
  for (int p = 0; p < pixels; ++p) {
    AddTo(t.acc + (first + p) * kBlock, sum[p], _mm256_set1_pd(t.factor));
  }
}

void Column(const ConvS16Column& t) {
  int64_t p = 0;
  for (; p + 4 <= t.pixels; p += 4) {
    RunPixels<4>(t, p);
  }
  for (; p < t.pixels; ++p) {
    RunPixels<1>(t, p);
  }
}

using Ends = ConvS16Ends<numerics::avx2::F32>;

}  // namespace

const ConvS16Kernel conv_s16s16f64_6x16_avx2 = {
    "conv_s16s16f64_6x16_avx2", Isa::kAvx2,  kRows,         kChannels, kBlock, Tile, Column,
    Ends::Requantize,           Ends::Scale, Ends::Quantize};

}  // namespace plumb::kernels
