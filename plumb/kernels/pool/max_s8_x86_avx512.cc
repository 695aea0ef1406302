#include <immintrin.h>

#include "plumb/kernels/pool/max_s8.h"

namespace plumb::kernels {
namespace {

// kCount: how many are compared, 0: any.
template <int kCount>
void RunOf(const MaxS8Run& r) {
  const int64_t count = kCount != 0 ? kCount : r.count;
  int8_t* to = r.to;
  for (int64_t p = 0; p < r.pixels; ++p, to += r.n) {
    const int64_t at = p * r.step;
    int64_t i = 0;
    for (; i + 64 <= r.n; i += 64) {
      __m512i most = _mm512_loadu_si512(r.from[0] + at + i);
      for (int64_t k = 1; k < count; ++k) {
        most = _mm512_max_epi8(most, _mm512_loadu_si512(r.from[k] + at + i));
      }
      _mm512_storeu_si512(to + i, most);
    }
    if (i < r.n) {
      const __mmask64 rest = (__mmask64{1} << (r.n - i)) - 1;
      __m512i most = _mm512_maskz_loadu_epi8(rest, r.from[0] + at + i);
      for (int64_t k = 1; k < count; ++k) {
        most = _mm512_max_epi8(most, _mm512_maskz_loadu_epi8(rest, r.from[k] + at + i));
      }
      _mm512_mask_storeu_epi8(to + i, rest, most);
    }
  }
}

void Run(const MaxS8Run& r) {
  switch (r.count) {
    case 2:
      RunOf<2>(r);
      return;
    case 3:
      RunOf<3>(r);
      return;
    case 5:
      RunOf<5>(r);
      return;
    default:
      RunOf<0>(r);
  }
}

}  // namespace

const MaxS8Kernel max_s8_64_avx512 = {"max_s8_64_avx512", Isa::kAvx512Vnni, Run};

}  // namespace plumb::kernels
