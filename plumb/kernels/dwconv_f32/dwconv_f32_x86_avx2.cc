#include "plumb/kernels/dwconv_f32/dwconv_f32_run.h"
#include "plumb/numerics/simd_avx2.h"

namespace plumb::kernels {

void dwconv_f32_8x8_avx2(const DwConvF32Run& run) {
  DwConvF32AllPixels<numerics::avx2::F32, 8>(run);
}

}  // namespace plumb::kernels
