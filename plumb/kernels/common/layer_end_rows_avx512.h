// The ends in AVX-512, for the files that instantiate them with and without VBMI.
#pragma once

#include "plumb/kernels/common/layer_end_rows.h"
#include "plumb/kernels/common/silu_avx512.h"

namespace plumb::kernels {
namespace {

// Requantize by saturation. Saturating twice on the way to 8 bits and clamping the bytes gives what
// clamping before the rounding gives, since all bounds are integers. Only a conversion that leaves
// 32 bits would differ: below it gives INT32_MIN, which saturates right, and above it is prevented
// by the minimum, where sums may be so large.
template <bool fits>
__m512i Rounded(__m512i sums, __m512 multiplier) {
  __m512 real = _mm512_mul_ps(_mm512_cvtepi32_ps(sums), multiplier);
  if constexpr (!fits) {
    real = _mm512_min_ps(real, _mm512_set1_ps(0x1p30f));
  }
  return _mm512_cvtps_epi32(real);
}

inline __mmask16 Part(int64_t n) {
  return n >= 16 ? 0xffff : (n <= 0 ? 0 : static_cast<__mmask16>((1u << n) - 1u));
}

// What is left to do with bytes.
struct Clamp {
  __m512i lo, hi;
  explicit Clamp(const EndParams& p) : lo(_mm512_set1_epi8(p.lo)), hi(_mm512_set1_epi8(p.hi)) {}
  [[nodiscard]] __m512i operator()(__m512i bytes) const {
    return _mm512_min_epi8(_mm512_max_epi8(bytes, lo), hi);
  }
};

// Some of 32 channels, or all of them.
struct SomeOf32 {
  __mmask16 first, second;
  explicit SomeOf32(int64_t n) : first(Part(n)), second(Part(n - 16)) {}
  [[nodiscard]] __m512i Load0(const int32_t* p) const { return _mm512_maskz_loadu_epi32(first, p); }
  [[nodiscard]] __m512i Load1(const int32_t* p) const {
    return _mm512_maskz_loadu_epi32(second, p + 16);
  }
  void Store(int8_t* p, __m256i bytes) const {
    _mm256_mask_storeu_epi8(p, static_cast<__mmask32>(first) | static_cast<__mmask32>(second) << 16,
                            bytes);
  }
};
struct AllOf32 {
  explicit AllOf32(int64_t) {}
  static __m512i Load0(const int32_t* p) { return _mm512_loadu_si512(p); }
  static __m512i Load1(const int32_t* p) { return _mm512_loadu_si512(p + 16); }
  static void Store(int8_t* p, __m256i bytes) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), bytes);
  }
};

// A column of at most 32 channels, two rows at a time.
template <bool fits, typename Lanes, typename Bytes>
void RequantizeColumn(const EndBlock& block, const EndParams& p, const Bytes& finish, int64_t c,
                      int8_t* y, int64_t y_stride) {
  const Lanes lanes(block.channels - c);
  // The packs work within quarters: quarter q holds four bytes of each vector.
  const __m512i order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
  const __m512 m0 = _mm512_loadu_ps(p.multiplier + c);
  const __m512 m1 = _mm512_loadu_ps(p.multiplier + c + 16);
  const __m512i zero =
      _mm512_packs_epi32(_mm512_loadu_si512(p.zero + c), _mm512_loadu_si512(p.zero + c + 16));
  const int32_t* acc = block.acc + c;
  int8_t* to = y + c;
  const auto words = [&](const int32_t* row) {
    return _mm512_adds_epi16(_mm512_packs_epi32(Rounded<fits>(lanes.Load0(row), m0),
                                                Rounded<fits>(lanes.Load1(row), m1)),
                             zero);
  };
  int64_t row = 0;
  for (; row + 2 <= block.rows; row += 2, acc += 2 * block.acc_stride, to += 2 * y_stride) {
    const __m512i both = _mm512_packs_epi16(words(acc), words(acc + block.acc_stride));
    const __m512i ordered = _mm512_permutexvar_epi32(order, finish(both));
    lanes.Store(to, _mm512_castsi512_si256(ordered));
    lanes.Store(to + y_stride, _mm512_extracti64x4_epi64(ordered, 1));
  }
  if (row < block.rows) {
    const __m512i one = words(acc);
    const __m512i ordered = _mm512_permutexvar_epi32(order, finish(_mm512_packs_epi16(one, one)));
    lanes.Store(to, _mm512_castsi512_si256(ordered));
  }
}

template <bool fits, typename Bytes>
void RequantizeRows(const EndBlock& block, const EndParams& p, int8_t* y, int64_t y_stride) {
  const Bytes finish(p);
  int64_t c = 0;
  for (; c + 32 <= block.channels; c += 32) {
    RequantizeColumn<fits, AllOf32>(block, p, finish, c, y, y_stride);
  }
  if (c < block.channels) {
    RequantizeColumn<fits, SomeOf32>(block, p, finish, c, y, y_stride);
  }
}

template <typename Bytes>
void RequantizeBytes(const EndBlock& block, const EndParams& p, int8_t* y, int64_t y_stride) {
  if (p.fits) {
    RequantizeRows<true, Bytes>(block, p, y, y_stride);
  } else {
    RequantizeRows<false, Bytes>(block, p, y, y_stride);
  }
}

inline void ScaleRows(const EndBlock& block, const EndParams& p, float* real, int64_t real_stride) {
  for (int64_t c = 0; c < block.channels; c += 16) {
    const __mmask16 exist = Part(block.channels - c);
    const __m512 multiplier = _mm512_loadu_ps(p.multiplier + c);
    const int32_t* acc = block.acc + c;
    float* to = real + c;
    for (int64_t row = 0; row < block.rows; ++row, acc += block.acc_stride, to += real_stride) {
      const __m512 sums = _mm512_cvtepi32_ps(_mm512_maskz_loadu_epi32(exist, acc));
      _mm512_mask_storeu_ps(to, exist, _mm512_mul_ps(sums, multiplier));
    }
  }
}

// Sixteen vectors of sixteen numbers, transposed: pairs, quarters, then quarters of vectors.
inline void Transpose16(__m512 (&r)[16]) {
  __m512 t[16];
  for (int i = 0; i < 16; i += 2) {
    t[i] = _mm512_unpacklo_ps(r[i], r[i + 1]);
    t[i + 1] = _mm512_unpackhi_ps(r[i], r[i + 1]);
  }
  for (int i = 0; i < 16; i += 4) {
    for (int half = 0; half < 2; ++half) {
      const __m512d a = _mm512_castps_pd(t[i + half]), b = _mm512_castps_pd(t[i + half + 2]);
      r[i + 2 * half] = _mm512_castpd_ps(_mm512_unpacklo_pd(a, b));
      r[i + 2 * half + 1] = _mm512_castpd_ps(_mm512_unpackhi_pd(a, b));
    }
  }
  // r[4 i + k] holds number 4 q + k of vectors 4 i..4 i + 3 in quarter q.
  for (int k = 0; k < 4; ++k) {
    const __m512 low01 = _mm512_shuffle_f32x4(r[k], r[k + 4], 0x88);
    const __m512 high01 = _mm512_shuffle_f32x4(r[k], r[k + 4], 0xdd);
    const __m512 low23 = _mm512_shuffle_f32x4(r[k + 8], r[k + 12], 0x88);
    const __m512 high23 = _mm512_shuffle_f32x4(r[k + 8], r[k + 12], 0xdd);
    t[k] = _mm512_shuffle_f32x4(low01, low23, 0x88);
    t[k + 4] = _mm512_shuffle_f32x4(high01, high23, 0x88);
    t[k + 8] = _mm512_shuffle_f32x4(low01, low23, 0xdd);
    t[k + 12] = _mm512_shuffle_f32x4(high01, high23, 0xdd);
  }
  for (int i = 0; i < 16; ++i) {
    r[i] = t[i];
  }
}

inline bool IsAligned(const void* p) { return reinterpret_cast<uintptr_t>(p) % 64 == 0; }

inline void TransposeRows(const EndTranspose& t) {
  for (int64_t c = 0; c < t.channels; c += 16) {
    const int64_t columns = t.channels - c < 16 ? t.channels - c : 16;
    const __mmask16 exist = Part(columns);
    for (int64_t row = 0; row < t.rows; row += 16) {
      const int64_t n = t.rows - row < 16 ? t.rows - row : 16;
      __m512 r[16];
      for (int i = 0; i < 16; ++i) {
        const int64_t from = row + (i < n ? i : 0);
        r[i] = _mm512_maskz_loadu_ps(exist, t.real + from * t.real_stride + c);
      }
      Transpose16(r);
      float* y = t.y + c * t.y_stride + row;
      for (int i = 0; i < 16; ++i, y += t.y_stride) {
        if (i >= columns) {
          break;
        }
        if (t.past_cache && n == 16 && IsAligned(y)) {
          _mm512_stream_ps(y, r[i]);
        } else {
          _mm512_mask_storeu_ps(y, Part(n), r[i]);
        }
      }
    }
  }
}

inline void Drain() { _mm_sfence(); }

// Columns of 16 channels, four rows at a time.
inline void Silu(const EndBlock& block, const EndParams& p, int8_t* y, int64_t y_stride) {
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
      const unsigned undecided = RoundSilu<0>(sums, &factors, limit, rounded);
      for (int r = 0; undecided >> r != 0; ++r) {
        if ((undecided >> r & 1) != 0) {
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
}  // namespace plumb::kernels
