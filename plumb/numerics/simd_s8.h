// Signed bytes as lanes of the vector types of simd.h: S8<V> loads n of V::kLanes bytes, extended
// to 32 bits, and stores the low bytes of n lanes, each within -128..127. No byte beyond n is
// touched; missing lanes read 0. LoadWide does the same with 32-bit integers. Includes the simd header of the instruction set that the file is
// compiled for.
#pragma once

#include <cstdint>
#include <cstring>

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
struct S8;

#if defined(__AVX512F__)
template <>
struct S8<avx512::F32> {
  static __mmask16 Part(int n) {
    return n >= 16 ? 0xffff : (n <= 0 ? 0 : static_cast<__mmask16>((1u << n) - 1u));
  }
  static avx512::I32 LoadWide(const int32_t* p, int n) {
    return {_mm512_maskz_loadu_epi32(Part(n), p)};
  }
  static avx512::I32 Load(const int8_t* p, int n) {
    return {_mm512_cvtepi8_epi32(_mm_maskz_loadu_epi8(Part(n), p))};
  }
  static void Store(avx512::I32 a, int8_t* p, int n) {
    _mm512_mask_cvtepi32_storeu_epi8(p, Part(n), a.v);
  }
};
#elif defined(__AVX2__)
template <>
struct S8<avx2::F32> {
  static avx2::I32 LoadWide(const int32_t* p, int n) {
    return {_mm256_maskload_epi32(p, avx2::PartMask(n))};
  }
  static avx2::I32 Load(const int8_t* p, int n) {
    if (n >= 8) {
      return {_mm256_cvtepi8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(p)))};
    }
    uint64_t bytes = 0;
    for (int i = 0; i < n; ++i) {
      bytes |= static_cast<uint64_t>(static_cast<uint8_t>(p[i])) << (8 * i);
    }
    return {_mm256_cvtepi8_epi32(_mm_cvtsi64_si128(static_cast<int64_t>(bytes)))};
  }
  static void Store(avx2::I32 a, int8_t* p, int n) {
    const __m128i words =
        _mm_packs_epi32(_mm256_castsi256_si128(a.v), _mm256_extracti128_si256(a.v, 1));
    const __m128i bytes = _mm_packs_epi16(words, words);
    if (n >= 8) {
      _mm_storel_epi64(reinterpret_cast<__m128i*>(p), bytes);
      return;
    }
    int64_t rest = _mm_cvtsi128_si64(bytes);
    for (int i = 0; i < n; ++i, rest >>= 8) {
      p[i] = static_cast<int8_t>(rest);
    }
  }
};
#else
template <>
struct S8<scalar::F32> {
  static scalar::I32 LoadWide(const int32_t* p, int n) { return {n > 0 ? *p : 0}; }
  static scalar::I32 Load(const int8_t* p, int n) { return {n > 0 ? *p : 0}; }
  static void Store(scalar::I32 a, int8_t* p, int n) {
    if (n > 0) {
      *p = static_cast<int8_t>(a.v);
    }
  }
};
#if defined(__aarch64__)
template <>
struct S8<neon::F32> {
  static neon::I32 LoadWide(const int32_t* p, int n) {
    if (n >= 4) {
      return {vld1q_s32(p)};
    }
    int32_t lanes[4] = {};
    for (int i = 0; i < n; ++i) {
      lanes[i] = p[i];
    }
    return {vld1q_s32(lanes)};
  }
  static neon::I32 Load(const int8_t* p, int n) {
    uint32_t bytes = 0;
    if (n >= 4) {
      std::memcpy(&bytes, p, 4);
    } else {
      for (int i = 0; i < n; ++i) {
        bytes |= static_cast<uint32_t>(static_cast<uint8_t>(p[i])) << (8 * i);
      }
    }
    return {vmovl_s16(vget_low_s16(vmovl_s8(vcreate_s8(bytes))))};
  }
  static void Store(neon::I32 a, int8_t* p, int n) {
    const int16x4_t words = vmovn_s32(a.v);
    const int8x8_t narrow = vmovn_s16(vcombine_s16(words, words));
    uint32_t bytes = vget_lane_u32(vreinterpret_u32_s8(narrow), 0);
    if (n >= 4) {
      std::memcpy(p, &bytes, 4);
      return;
    }
    for (int i = 0; i < n; ++i, bytes >>= 8) {
      p[i] = static_cast<int8_t>(bytes);
    }
  }
};
#endif
#endif

// numerics::ClampRound, lane by lane: low and high are lo - zero and hi - zero.
template <typename V>
inline typename V::Int ClampRoundLanes(V scaled, V low, V high, typename V::Int zero) {
  return ToInt(RoundEven(Min(Max(scaled, low), high))) + zero;
}

}  // namespace plumb::numerics
