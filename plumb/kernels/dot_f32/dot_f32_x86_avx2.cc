#include "plumb/kernels/dot_f32/dot_f32_tile.h"
#include "plumb/numerics/simd_avx2.h"

namespace plumb::kernels {

// Twelve accumulators, two columns and a broadcast row value fill fifteen of sixteen registers.
void dot_f32_6x16_avx2(const DotF32Tile& tile) {
  using V = numerics::avx2::F32;
  const auto& run = tile.columns <= 8 ? DotF32List<V, 1, 1, 2, 3, 4, 5, 6>::kRun
                                      : DotF32List<V, 2, 1, 2, 3, 4, 5, 6>::kRun;
  run[tile.rows - 1](tile);
}

}  // namespace plumb::kernels
