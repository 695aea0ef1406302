// What simd_scalar.h, simd_avx2.h, simd_avx512.h and simd_neon.h provide: the types F32, I32 and Mask of kLanes
// lanes, each header in a namespace of its own (plumb::numerics::scalar, ::avx2, ::avx512, ::neon), so that
// a template instantiated in files with different ISA flags never yields one symbol twice. Include
// a header only from a file compiled with its flags.
//
// Every lane behaves the same in all of them, bit for bit, but for a NaN's sign and payload:
//
// clang-format off
//   a + b, a - b, a * b, a / b, Sqrt(a)   one IEEE rounding, to nearest even
//   Fma(a, b, c)                          a * b + c, one rounding
//   Min(a, b)  a < b ? a : b              b when either is NaN; of two zeros the second
//   Max(a, b)  a > b ? a : b              likewise
//   RoundEven(a), Floor(a), Ceil(a)       to an integral value; zeros keep their sign, NaN stays
//   -a, Abs(a), CopySign(magnitude, sign) bit operations
//   a < b, a <= b, a > b, a >= b, a == b  false when unordered; a != b is true when unordered
//   Select(mask, a, b)                    mask ? a : b
//   Any(mask)                             whether a lane is set
//   ToInt(a)                              toward zero; |a| < 2^31, the caller discards others
//   ToFloat(i)                            one rounding, to nearest even
//   Bits(a), FromBits(i)                  the binary32 pattern
//   i + j, i - j, i & j, i | j            32 bits, wrapping
//   ShiftLeft<n>(i), ShiftRight<n>(i)     right shifts keep the sign
//   F32::Set(x), F32::Load(p), a.Store(p) all lanes alike; unaligned
//   F32::LoadPart(p, n), a.StorePart(p, n) touch n of kLanes elements; missing lanes read +0
// clang-format on
#pragma once

#include "plumb/numerics/simd_scalar.h"
