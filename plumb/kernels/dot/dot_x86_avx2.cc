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

}  // namespace

const DotKernel dot_s8s8s32_6x16x2_avx2 = {"dot_s8s8s32_6x16x2_avx2",
                                           Isa::kAvx2,
                                           kRows,
                                           kChannels,
                                           8,
                                           2,
                                           2,
                                           2,
                                           0,
                                           nullptr,
                                           nullptr,
                                           Copy,
                                           Tile};

}  // namespace plumb::kernels
