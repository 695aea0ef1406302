#include "plumb/kernels/dot_f32/dot_f32_tile.h"
#include "plumb/numerics/simd_scalar.h"

namespace plumb::kernels {

// A vector has one lane: as many vectors as columns.
void dot_f32_2x8_scalar(const DotF32Tile& tile) {
  using V = numerics::scalar::F32;
  const auto& run = tile.columns <= 4 ? DotF32List<V, 4, 1, 2>::kRun : DotF32List<V, 8, 1, 2>::kRun;
  run[tile.rows - 1](tile);
}

}  // namespace plumb::kernels
