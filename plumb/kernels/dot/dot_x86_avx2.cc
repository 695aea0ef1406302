// Products in pairs: vpmaddwd multiplies sign-extended 16-bit values and adds two products exactly
// into 32 bits (vpmaddubsw would saturate at 16).
#include <immintrin.h>

#include "plumb/kernels/dot/dot.h"

namespace plumb::kernels {
namespace {

constexpr int kRows = 6;
constexpr int kChannels = 16;
constexpr int64_t kRowBytes = DotRowBytes(2);

void Copy(const DotCopy& job) {
  char* to = static_cast<char*>(job.to);
  const int8_t* from = job.from;
  for (int64_t r = 0; r < job.rows; ++r, to += kRowBytes) {
    int16_t* out = reinterpret_cast<int16_t*>(to);
    int64_t i = 0;
    if (from == nullptr) {
      for (; i < job.n; ++i) {
        out[i] = job.value;
      }
      continue;
    }
    for (; i + 16 <= job.n; i += 16) {
      const __m128i x = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from + i));
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + i), _mm256_cvtepi8_epi16(x));
    }
    for (; i < job.n; ++i) {
      out[i] = from[i];
    }
    from += job.from_stride;
  }
}

template <int rows, int vectors>
void RunTile(const DotTile& t) {
  __m256i acc[rows][vectors];
  for (int r = 0; r < rows; ++r) {
    for (int v = 0; v < vectors; ++v) {
      const int32_t* from = t.start != nullptr ? t.start : t.acc + r * kChannels;
      acc[r][v] = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from + v * 8));
    }
  }
  const char* a = static_cast<const char*>(t.a);
  const int8_t* w = t.w;
  for (int64_t step = t.steps; step > 0; --step) {
    __m256i weights[vectors];
    for (int v = 0; v < vectors; ++v) {
      weights[v] =
          _mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(w + v * 16)));
    }
    for (int r = 0; r < rows; ++r) {
      int32_t two;
      __builtin_memcpy(&two, a + r * kRowBytes, 4);
      const __m256i x = _mm256_set1_epi32(two);
      for (int v = 0; v < vectors; ++v) {
        acc[r][v] = _mm256_add_epi32(acc[r][v], _mm256_madd_epi16(x, weights[v]));
      }
    }
    a += 4;
    w += vectors * 16;
  }
  for (int r = 0; r < rows; ++r) {
    for (int v = 0; v < vectors; ++v) {
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(t.acc + r * kChannels + v * 8), acc[r][v]);
    }
  }
}

using Run = void (*)(const DotTile&);
template <int vectors, int... rows>
struct List {
  static constexpr Run kRun[] = {RunTile<rows, vectors>...};
};

void Tile(const DotTile& t) {
  const Run* list =
      t.channels <= 8 ? List<1, 1, 2, 3, 4, 5, 6>::kRun : List<2, 1, 2, 3, 4, 5, 6>::kRun;
  list[t.rows - 1](t);
}

// Clamp, round, add the zero point, store `lanes` bytes: numerics::ClampRound.
void StoreClampRound(__m256 scaled, const DotFinish& f, int c, int lanes, int8_t* y) {
  const __m256 clamped =
      _mm256_min_ps(_mm256_max_ps(scaled, _mm256_loadu_ps(f.low + c)), _mm256_loadu_ps(f.high + c));
  const __m256i zero = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(f.zero + c));
  const __m256i q = _mm256_add_epi32(_mm256_cvtps_epi32(clamped), zero);
  const __m128i words = _mm_packs_epi32(_mm256_castsi256_si128(q), _mm256_extracti128_si256(q, 1));
  const __m128i bytes = _mm_packs_epi16(words, words);
  if (lanes >= 8) {
    _mm_storel_epi64(reinterpret_cast<__m128i*>(y + c), bytes);
    return;
  }
  int64_t all = _mm_cvtsi128_si64(bytes);
  for (int i = 0; i < lanes; ++i, all >>= 8) {
    y[c + i] = static_cast<int8_t>(all);
  }
}

__m256 Real(const int32_t* acc, const DotFinish& f, int c) {
  const __m256i sum = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(acc + c));
  return _mm256_mul_ps(_mm256_cvtepi32_ps(sum), _mm256_loadu_ps(f.multiplier + c));
}

void Requantize(const int32_t* acc, const DotFinish& f, int rows, int channels, int8_t* y,
                int64_t y_stride) {
  for (int r = 0; r < rows; ++r, acc += kChannels, y += y_stride) {
    for (int c = 0; c < channels; c += 8) {
      StoreClampRound(Real(acc, f, c), f, c, channels - c, y);
    }
  }
}

void Scale(const int32_t* acc, const DotFinish& f, int rows, int channels, float* real) {
  for (int r = 0; r < rows; ++r, acc += kChannels, real += kChannels) {
    for (int c = 0; c < channels; c += 8) {
      _mm256_storeu_ps(real + c, Real(acc, f, c));
    }
  }
}

void Quantize(const float* real, const DotFinish& f, int rows, int channels, int8_t* y,
              int64_t y_stride) {
  for (int r = 0; r < rows; ++r, real += kChannels, y += y_stride) {
    for (int c = 0; c < channels; c += 8) {
      const __m256 scaled = _mm256_div_ps(_mm256_loadu_ps(real + c), _mm256_loadu_ps(f.scale + c));
      // NaN gives the zero point.
      const __m256 number = _mm256_and_ps(scaled, _mm256_cmp_ps(scaled, scaled, _CMP_ORD_Q));
      StoreClampRound(number, f, c, channels - c, y);
    }
  }
}

void Table(const int8_t* table, int8_t* y, int64_t n) {
  for (int64_t i = 0; i < n; ++i) {
    y[i] = table[y[i] + 128];
  }
}

}  // namespace

const DotKernel dot_s8s8s32_6x16x2_avx2 = {"dot_s8s8s32_6x16x2_avx2",
                                           Isa::kAvx2,
                                           kRows,
                                           kChannels,
                                           8,
                                           2,
                                           2,
                                           0,
                                           Copy,
                                           Tile,
                                           Requantize,
                                           Scale,
                                           Quantize,
                                           Table};

}  // namespace plumb::kernels
