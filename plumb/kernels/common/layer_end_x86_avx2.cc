#include "plumb/kernels/common/layer_end_rows.h"

namespace plumb::kernels {

using Rows = LayerEndRows<numerics::avx2::F32>;
const EndKernel layer_end_8_avx2 = {.name = "layer_end_8_avx2",
                                    .isa = Isa::kAvx2,
                                    .cpu_has = nullptr,
                                    .looks_up = false,
                                    .requantize = Rows::Requantize,
                                    .scale = Rows::Scale,
                                    .quantize = Rows::Quantize,
                                    .add = Rows::Add,
                                    .transpose = Rows::Transpose,
                                    .drain = nullptr,
                                    .silu = nullptr};

}  // namespace plumb::kernels
