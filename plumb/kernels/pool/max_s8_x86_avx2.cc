// The last vector of a run overlaps the one before it: comparing twice changes nothing.
#include <immintrin.h>

#include <algorithm>

#include "plumb/kernels/pool/max_s8.h"

namespace plumb::kernels {
namespace {

struct Bytes32 {
  static constexpr int64_t kBytes = 32;
  static __m256i Load(const int8_t* p) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
  }
  static __m256i Max(__m256i a, __m256i b) { return _mm256_max_epi8(a, b); }
  static void Store(int8_t* p, __m256i v) { _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), v); }
};
struct Bytes16 {
  static constexpr int64_t kBytes = 16;
  static __m128i Load(const int8_t* p) {
    return _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
  }
  static __m128i Max(__m128i a, __m128i b) { return _mm_max_epi8(a, b); }
  static void Store(int8_t* p, __m128i v) { _mm_storeu_si128(reinterpret_cast<__m128i*>(p), v); }
};
struct Bytes8 {
  static constexpr int64_t kBytes = 8;
  static __m128i Load(const int8_t* p) {
    return _mm_loadl_epi64(reinterpret_cast<const __m128i*>(p));
  }
  static __m128i Max(__m128i a, __m128i b) { return _mm_max_epi8(a, b); }
  static void Store(int8_t* p, __m128i v) { _mm_storel_epi64(reinterpret_cast<__m128i*>(p), v); }
};

struct Byte {
  static constexpr int64_t kBytes = 1;
  static int8_t Load(const int8_t* p) { return *p; }
  static int8_t Max(int8_t a, int8_t b) { return std::max(a, b); }
  static void Store(int8_t* p, int8_t v) { *p = v; }
};

// Requires n >= V::kBytes.
template <typename V>
void RunVectors(const MaxS8Run& r) {
  int8_t* to = r.to;
  for (int64_t p = 0; p < r.pixels; ++p, to += r.n) {
    for (int64_t next = 0; next < r.n; next += V::kBytes) {
      const int64_t i = std::min(next, r.n - V::kBytes);
      auto most = V::Load(r.from[0] + p * r.step + i);
      for (int64_t k = 1; k < r.count; ++k) {
        most = V::Max(most, V::Load(r.from[k] + p * r.step + i));
      }
      V::Store(to + i, most);
    }
  }
}

void Run(const MaxS8Run& r) {
  if (r.n >= 32) {
    RunVectors<Bytes32>(r);
  } else if (r.n >= 16) {
    RunVectors<Bytes16>(r);
  } else if (r.n >= 8) {
    RunVectors<Bytes8>(r);
  } else {
    RunVectors<Byte>(r);
  }
}

}  // namespace

const MaxS8Kernel max_s8_32_avx2 = {"max_s8_32_avx2", Isa::kAvx2, Run};

}  // namespace plumb::kernels
