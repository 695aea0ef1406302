// Look-ups of 16 bytes, which give 0 where the index is negative. Table k holds what bytes 16 k.. of a
// half differ in from those 16 before, so that the bitwise sum of the tables up to an index's own is
// the entry; the index less 16 k is negative for those beyond. Halves are chosen by the sign.
#include <immintrin.h>

#include <cstring>

#include "plumb/kernels/lut/lut.h"

namespace plumb::kernels {
namespace {

struct Half {
  __m256i differences[8];
  explicit Half(const int8_t* table) {
    __m128i before = _mm_setzero_si128();
    for (int k = 0; k < 8; ++k) {
      const __m128i entries = _mm_loadu_si128(reinterpret_cast<const __m128i*>(table + 16 * k));
      differences[k] = _mm256_broadcastsi128_si256(_mm_xor_si128(entries, before));
      before = entries;
    }
  }
  // index: 0..127; anything where it is negative.
  [[nodiscard]] __m256i LookUp(__m256i index) const {
    __m256i entry = _mm256_shuffle_epi8(differences[0], index);
    for (int k = 1; k < 8; ++k) {
      index = _mm256_sub_epi8(index, _mm256_set1_epi8(16));
      entry = _mm256_xor_si256(entry, _mm256_shuffle_epi8(differences[k], index));
    }
    return entry;
  }
};

void Run(const int8_t* table, const int8_t* x, int8_t* y, int64_t n) {
  const Half negative(table), positive(table + 128);
  const auto look_up = [&](const int8_t* from, int8_t* to) {
    const __m256i v = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from));
    const __m256i below = negative.LookUp(_mm256_xor_si256(v, _mm256_set1_epi8(-128)));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(to),
                        _mm256_blendv_epi8(positive.LookUp(v), below, v));
  };
  int64_t i = 0;
  for (; i + 32 <= n; i += 32) {
    look_up(x + i, y + i);
  }
  if (i < n) {
    alignas(32) int8_t rest[32] = {};
    std::memcpy(rest, x + i, static_cast<size_t>(n - i));
    look_up(rest, rest);
    std::memcpy(y + i, rest, static_cast<size_t>(n - i));
  }
}

}  // namespace

const LutKernel lut_s8_32_avx2 = {"lut_s8_32_avx2", Isa::kAvx2, nullptr, Run};

}  // namespace plumb::kernels
