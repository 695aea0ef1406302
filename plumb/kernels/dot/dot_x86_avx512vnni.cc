// Activations are made unsigned by flipping their top bit (x + 128); the packed bias takes
// 128 * sum(w) off again. One vpdpbusd adds four exact products a lane, without saturation.
#include <immintrin.h>

#include "plumb/kernels/dot/dot.h"

namespace plumb::kernels {
namespace {

constexpr int kRows = 14;
constexpr int kChannels = 32;
constexpr int64_t kRowBytes = DotRowBytes(1);

__mmask64 Mask64(int64_t n) { return n >= 64 ? ~__mmask64{0} : (__mmask64{1} << n) - 1; }

void Copy(const DotCopy& job) {
  const __m512i flip = _mm512_set1_epi8(-128);
  char* to = static_cast<char*>(job.to);
  if (job.from == nullptr) {
    const __m512i value = _mm512_xor_si512(_mm512_set1_epi8(job.value), flip);
    for (int64_t r = 0; r < job.rows; ++r, to += kRowBytes) {
      for (int64_t i = 0; i < job.n; i += 64) {
        _mm512_mask_storeu_epi8(to + i, Mask64(job.n - i), value);
      }
    }
    return;
  }
  const int8_t* from = job.from;
  if (job.n <= 32) {  // narrower accesses cross fewer cache lines
    const __mmask32 part = static_cast<__mmask32>(Mask64(job.n));
    for (int64_t r = 0; r < job.rows; ++r, to += kRowBytes, from += job.from_stride) {
      const __m256i x = _mm256_maskz_loadu_epi8(part, from);
      _mm256_mask_storeu_epi8(to, part, _mm256_xor_si256(x, _mm512_castsi512_si256(flip)));
    }
    return;
  }
  const int64_t whole = job.n / 64 * 64;
  const __mmask64 rest = Mask64(job.n - whole);
  for (int64_t r = 0; r < job.rows; ++r, to += kRowBytes, from += job.from_stride) {
    for (int64_t i = 0; i < whole; i += 64) {
      _mm512_storeu_si512(to + i, _mm512_xor_si512(_mm512_loadu_si512(from + i), flip));
    }
    if (rest != 0) {
      const __m512i x = _mm512_maskz_loadu_epi8(rest, from + whole);
      _mm512_mask_storeu_epi8(to + whole, rest, _mm512_xor_si512(x, flip));
    }
  }
}

template <int rows, int vectors>
void RunTile(const DotTile& t) {
  __m512i acc[rows][vectors];
  for (int r = 0; r < rows; ++r) {
    for (int v = 0; v < vectors; ++v) {
      const int32_t* from = t.start != nullptr ? t.start : t.acc + r * kChannels;
      acc[r][v] = _mm512_loadu_si512(from + v * 16);
    }
  }
  const char* a = static_cast<const char*>(t.a);
  const int8_t* w = t.w;
  for (int64_t step = t.steps; step > 0; --step) {
    __m512i weights[vectors];
    for (int v = 0; v < vectors; ++v) {
      weights[v] = _mm512_loadu_si512(w + v * 64);
    }
    for (int r = 0; r < rows; ++r) {
      int32_t four;
      __builtin_memcpy(&four, a + r * kRowBytes, 4);
      const __m512i x = _mm512_set1_epi32(four);
      for (int v = 0; v < vectors; ++v) {
        acc[r][v] = _mm512_dpbusd_epi32(acc[r][v], x, weights[v]);
      }
    }
    a += 4;
    w += vectors * 64;
  }
  for (int r = 0; r < rows; ++r) {
    for (int v = 0; v < vectors; ++v) {
      _mm512_store_si512(t.acc + r * kChannels + v * 16, acc[r][v]);
    }
  }
}

using Run = void (*)(const DotTile&);
template <int vectors, int... rows>
struct List {
  static constexpr Run kRun[] = {RunTile<rows, vectors>...};
};

void Tile(const DotTile& t) {
  const Run* list = t.channels <= 16 ? List<1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14>::kRun
                                     : List<2, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14>::kRun;
  list[t.rows - 1](t);
}

}  // namespace

const DotKernel dot_s8s8s32_14x32x4_avx512vnni = {"dot_s8s8s32_14x32x4_avx512vnni",
                                                  Isa::kAvx512Vnni,
                                                  kRows,
                                                  kChannels,
                                                  16,
                                                  4,
                                                  4,
                                                  1,
                                                  128,
                                                  nullptr,
                                                  nullptr,
                                                  Copy,
                                                  Tile};

}  // namespace plumb::kernels
