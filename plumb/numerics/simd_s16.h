// 16-bit integers as lanes of the vector types of simd.h: S16<V> loads n of V::kLanes numbers,
// extended to 32 bits, and stores the low halves of n lanes, each within -32768..32767. Nothing
// beyond n is touched; missing lanes read 0. Includes the simd header of the instruction set that
// the file is compiled for.
#pragma once

#include <cstdint>

#if defined(__AVX512F__)
#include "plumb/numerics/simd_avx512.h"
#elif defined(__AVX2__)
#include "plumb/numerics/simd_avx2.h"
#else
#include "plumb/numerics/simd_neon.h"
#include "plumb/numerics/simd_scalar.h"
#endif

namespace plumb::numerics {

template <typename V>
struct S16;

#if defined(__AVX512F__)
template <>
struct S16<avx512::F32> {
  static __mmask16 Part(int n) {
    return n >= 16 ? 0xffff : (n <= 0 ? 0 : static_cast<__mmask16>((1u << n) - 1u));
  }
  static avx512::I32 Load(const int16_t* p, int n) {
    return {_mm512_cvtepi16_epi32(_mm256_maskz_loadu_epi16(Part(n), p))};
  }
  static void Store(avx512::I32 a, int16_t* p, int n) {
    _mm512_mask_cvtepi32_storeu_epi16(p, Part(n), a.v);
  }
};
#elif defined(__AVX2__)
template <>
struct S16<avx2::F32> {
  static avx2::I32 Load(const int16_t* p, int n) {
    if (n >= 8) {
      return {_mm256_cvtepi16_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)))};
    }
    alignas(16) int16_t part[8] = {};
    for (int i = 0; i < n; ++i) {
      part[i] = p[i];
    }
    return {_mm256_cvtepi16_epi32(_mm_load_si128(reinterpret_cast<const __m128i*>(part)))};
  }
  static void Store(avx2::I32 a, int16_t* p, int n) {
    const __m128i words =
        _mm_packs_epi32(_mm256_castsi256_si128(a.v), _mm256_extracti128_si256(a.v, 1));
    if (n >= 8) {
      _mm_storeu_si128(reinterpret_cast<__m128i*>(p), words);
      return;
    }
    alignas(16) int16_t part[8];
    _mm_store_si128(reinterpret_cast<__m128i*>(part), words);
    for (int i = 0; i < n; ++i) {
      p[i] = part[i];
    }
  }
};
#else
template <>
struct S16<scalar::F32> {
  static scalar::I32 Load(const int16_t* p, int n) { return {n > 0 ? *p : 0}; }
  static void Store(scalar::I32 a, int16_t* p, int n) {
    if (n > 0) {
      *p = static_cast<int16_t>(a.v);
    }
  }
};
#if defined(__aarch64__)
template <>
struct S16<neon::F32> {
  static neon::I32 Load(const int16_t* p, int n) {
    if (n >= 4) {
      return {vmovl_s16(vld1_s16(p))};
    }
    int16_t part[4] = {};
    for (int i = 0; i < n; ++i) {
      part[i] = p[i];
    }
    return {vmovl_s16(vld1_s16(part))};
  }
  static void Store(neon::I32 a, int16_t* p, int n) {
    const int16x4_t words = vmovn_s32(a.v);
    if (n >= 4) {
      vst1_s16(p, words);
      return;
    }
    int16_t part[4];
    vst1_s16(part, words);
    for (int i = 0; i < n; ++i) {
      p[i] = part[i];
    }
  }
};
#endif
#endif

}  // namespace plumb::numerics
