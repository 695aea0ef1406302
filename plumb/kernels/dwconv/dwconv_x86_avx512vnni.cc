// Four taps side by side as bytes: one vpdpbusd adds four exact products a lane. Activations are
// made unsigned by flipping their top bit (x + 128), which the packed bias takes off again.
// Interleaving works within quarters of a register, so accumulator k holds channels 4k..4k+3 of
// every quarter; the quarters are put in order at the end.
#include <immintrin.h>

#include "plumb/kernels/dwconv/dwconv.h"

namespace plumb::kernels {
namespace {

constexpr int kBlock = 64;

int WeightPosition(int channel, int tap) {
  return channel % 16 / 4 * 64 + channel / 16 * 16 + channel % 4 * 4 + tap;
}
int StartPosition(int channel) { return channel % 16 / 4 * 16 + channel / 16 * 4 + channel % 4; }

void Run(const DwConvRun& run) {
  const int8_t* weights = static_cast<const int8_t*>(run.weights);
  const __m512i flip = _mm512_set1_epi8(-128);
  const __mmask64 exist = run.channels >= 64 ? ~__mmask64{0} : (__mmask64{1} << run.channels) - 1;
  for (int64_t p = 0; p < run.pixels; ++p) {
    __m512i acc[4];
    for (int k = 0; k < 4; ++k) {
      acc[k] = _mm512_loadu_si512(run.start + 16 * k);
    }
    for (int64_t g = 0; g < run.tap_groups; ++g) {
      __m512i x[4];
      for (int t = 0; t < 4; ++t) {
        const int8_t* from = run.in[4 * g + t] + p * run.step[4 * g + t] + run.channel;
        x[t] = _mm512_xor_si512(_mm512_maskz_loadu_epi8(exist, from), flip);
      }
      const __m512i low01 = _mm512_unpacklo_epi8(x[0], x[1]),
                    high01 = _mm512_unpackhi_epi8(x[0], x[1]);
      const __m512i low23 = _mm512_unpacklo_epi8(x[2], x[3]),
                    high23 = _mm512_unpackhi_epi8(x[2], x[3]);
      const int8_t* w = weights + g * 4 * kBlock;
      acc[0] =
          _mm512_dpbusd_epi32(acc[0], _mm512_unpacklo_epi16(low01, low23), _mm512_loadu_si512(w));
      acc[1] = _mm512_dpbusd_epi32(acc[1], _mm512_unpackhi_epi16(low01, low23),
                                   _mm512_loadu_si512(w + 64));
      acc[2] = _mm512_dpbusd_epi32(acc[2], _mm512_unpacklo_epi16(high01, high23),
                                   _mm512_loadu_si512(w + 128));
      acc[3] = _mm512_dpbusd_epi32(acc[3], _mm512_unpackhi_epi16(high01, high23),
                                   _mm512_loadu_si512(w + 192));
    }
    // acc[k] quarter q -> out quarter 4q + k: a transpose of four by four quarters.
    const __m512i a = _mm512_shuffle_i32x4(acc[0], acc[1], 0x44),
                  b = _mm512_shuffle_i32x4(acc[2], acc[3], 0x44);
    const __m512i c = _mm512_shuffle_i32x4(acc[0], acc[1], 0xee),
                  d = _mm512_shuffle_i32x4(acc[2], acc[3], 0xee);
    int32_t* out = run.acc + p * kBlock;
    _mm512_store_si512(out, _mm512_shuffle_i32x4(a, b, 0x88));
    _mm512_store_si512(out + 16, _mm512_shuffle_i32x4(a, b, 0xdd));
    _mm512_store_si512(out + 32, _mm512_shuffle_i32x4(c, d, 0x88));
    _mm512_store_si512(out + 48, _mm512_shuffle_i32x4(c, d, 0xdd));
  }
}

}  // namespace

const DwConvKernel dwconv_s8s8s32_64x4_avx512vnni = {"dwconv_s8s8s32_64x4_avx512vnni",
                                                     Isa::kAvx512Vnni,
                                                     kBlock,
                                                     4,
                                                     1,
                                                     128,
                                                     WeightPosition,
                                                     StartPosition,
                                                     Run};

}  // namespace plumb::kernels
