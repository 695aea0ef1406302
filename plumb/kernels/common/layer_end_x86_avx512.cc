#include "plumb/kernels/common/layer_end_rows.h"

namespace plumb::kernels {

using Rows = LayerEndRows<numerics::avx512::F32>;
const EndKernel layer_end_16_avx512 = {"layer_end_16_avx512", Isa::kAvx512Vnni, Rows::Requantize,
                                       Rows::Scale, Rows::Quantize};

}  // namespace plumb::kernels
