#include "plumb/kernels/common/layer_end_rows_avx512.h"

namespace plumb::kernels {

using Rows = LayerEndRows<numerics::avx512::F32>;
const EndKernel layer_end_16_avx512 = {.name = "layer_end_16_avx512",
                                       .isa = Isa::kAvx512Vnni,
                                       .cpu_has = nullptr,
                                       .looks_up = false,
                                       .requantize = RequantizeBytes<Clamp>,
                                       .scale = ScaleRows,
                                       .quantize = Rows::Quantize,
                                       .add = Rows::Add,
                                       .transpose = TransposeRows,
                                       .drain = Drain,
                                       .silu = Silu};

}  // namespace plumb::kernels
