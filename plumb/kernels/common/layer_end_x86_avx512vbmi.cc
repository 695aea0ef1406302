// The table of an end is looked up while the bytes are in a register: permutes of bytes, two of 128
// entries, chosen by the sign.
#include "plumb/kernels/common/layer_end_rows_avx512.h"

namespace plumb::kernels {
namespace {

bool CpuHasVbmi() { return __builtin_cpu_supports("avx512vbmi") != 0; }

struct LookUp {
  // x + 128 for x in -128..-1 is the low half of the table; the permute looks at 7 bits.
  __m512i negative0, negative1, positive0, positive1;
  explicit LookUp(const EndParams& p)
      : negative0(_mm512_loadu_si512(p.table)),
        negative1(_mm512_loadu_si512(p.table + 64)),
        positive0(_mm512_loadu_si512(p.table + 128)),
        positive1(_mm512_loadu_si512(p.table + 192)) {}
  [[nodiscard]] __m512i operator()(__m512i bytes) const {
    return _mm512_mask_blend_epi8(_mm512_movepi8_mask(bytes),
                                  _mm512_permutex2var_epi8(positive0, bytes, positive1),
                                  _mm512_permutex2var_epi8(negative0, bytes, negative1));
  }
};

void Requantize(const EndBlock& block, const EndParams& p, int8_t* y, int64_t y_stride) {
  (p.table != nullptr ? RequantizeBytes<LookUp> : RequantizeBytes<Clamp>)(block, p, y, y_stride);
}

}  // namespace

using Rows = LayerEndRows<numerics::avx512::F32>;
const EndKernel layer_end_16_avx512vbmi = {.name = "layer_end_16_avx512vbmi",
                                           .isa = Isa::kAvx512Vnni,
                                           .cpu_has = CpuHasVbmi,
                                           .looks_up = true,
                                           .requantize = Requantize,
                                           .scale = ScaleRows,
                                           .quantize = Rows::Quantize,
                                           .add = Rows::Add,
                                           .transpose = TransposeRows,
                                           .drain = Drain,
                                           .silu = Silu};

}  // namespace plumb::kernels
