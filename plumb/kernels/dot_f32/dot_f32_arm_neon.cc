#include "plumb/kernels/dot_f32/dot_f32_tile.h"
#include "plumb/numerics/simd_neon.h"

namespace plumb::kernels {

// Twenty-four accumulators, four columns and a broadcast row value: 29 of 32 registers.
void dot_f32_6x16_neon(const DotF32Tile& tile) {
  using V = numerics::neon::F32;
  const auto& run = tile.columns <= 8 ? DotF32List<V, 2, 1, 2, 3, 4, 5, 6>::kRun
                                      : DotF32List<V, 4, 1, 2, 3, 4, 5, 6>::kRun;
  run[tile.rows - 1](tile);
}

}  // namespace plumb::kernels
