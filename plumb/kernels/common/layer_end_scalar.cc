#include "plumb/kernels/common/layer_end_rows.h"

namespace plumb::kernels {

using Rows = LayerEndRows<numerics::scalar::F32>;
const EndKernel layer_end_1_scalar = {.name = "layer_end_1_scalar",
                                      .isa = Isa::kScalar,
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
