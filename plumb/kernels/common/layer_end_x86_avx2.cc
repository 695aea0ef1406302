#include "plumb/kernels/common/layer_end_rows.h"

namespace plumb::kernels {

using Rows = LayerEndRows<numerics::avx2::F32>;
const EndKernel layer_end_8_avx2 = {"layer_end_8_avx2", Isa::kAvx2, Rows::Requantize, Rows::Scale,
                                    Rows::Quantize,     Rows::Add,  nullptr};

}  // namespace plumb::kernels
