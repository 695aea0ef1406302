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
__mmask16 Mask16(int n) { return n >= 16 ? 0xffff : static_cast<__mmask16>((1u << n) - 1u); }

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

// Clamp, round, add the zero point, store `lanes` bytes: numerics::ClampRound.
void StoreClampRound(__m512 scaled, const DotFinish& f, int c, int lanes, int8_t* y) {
  const __m512 clamped =
      _mm512_min_ps(_mm512_max_ps(scaled, _mm512_loadu_ps(f.low + c)), _mm512_loadu_ps(f.high + c));
  const __m512i q = _mm512_add_epi32(_mm512_cvtps_epi32(clamped), _mm512_loadu_si512(f.zero + c));
  _mm512_mask_cvtepi32_storeu_epi8(y + c, Mask16(lanes), q);
}

void Requantize(const int32_t* acc, const DotFinish& f, int rows, int channels, int8_t* y,
                int64_t y_stride) {
  for (int r = 0; r < rows; ++r, acc += kChannels, y += y_stride) {
    for (int c = 0; c < channels; c += 16) {
      const __m512 real = _mm512_mul_ps(_mm512_cvtepi32_ps(_mm512_load_si512(acc + c)),
                                        _mm512_loadu_ps(f.multiplier + c));
      StoreClampRound(real, f, c, channels - c, y);
    }
  }
}

void Scale(const int32_t* acc, const DotFinish& f, int rows, int channels, float* real) {
  for (int r = 0; r < rows; ++r, acc += kChannels, real += kChannels) {
    for (int c = 0; c < channels; c += 16) {
      _mm512_store_ps(real + c, _mm512_mul_ps(_mm512_cvtepi32_ps(_mm512_load_si512(acc + c)),
                                              _mm512_loadu_ps(f.multiplier + c)));
    }
  }
}

void Quantize(const float* real, const DotFinish& f, int rows, int channels, int8_t* y,
              int64_t y_stride) {
  for (int r = 0; r < rows; ++r, real += kChannels, y += y_stride) {
    for (int c = 0; c < channels; c += 16) {
      const __m512 scaled = _mm512_div_ps(_mm512_load_ps(real + c), _mm512_loadu_ps(f.scale + c));
      // NaN gives the zero point.
      const __m512 number =
          _mm512_maskz_mov_ps(_mm512_cmp_ps_mask(scaled, scaled, _CMP_ORD_Q), scaled);
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

const DotKernel dot_s8s8s32_14x32x4_avx512vnni = {"dot_s8s8s32_14x32x4_avx512vnni",
                                                  Isa::kAvx512Vnni,
                                                  kRows,
                                                  kChannels,
                                                  16,
                                                  4,
                                                  1,
                                                  128,
                                                  Copy,
                                                  Tile,
                                                  Requantize,
                                                  Scale,
                                                  Quantize,
                                                  Table};

}  // namespace plumb::kernels
