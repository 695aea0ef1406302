#include "plumb/kernels/common/layer_end_rows.h"

namespace plumb::kernels {

using Rows = LayerEndRows<numerics::neon::F32>;
const EndKernel layer_end_4_neon = {.name = "layer_end_4_neon",
                                    .isa = Isa::kNeon,
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
