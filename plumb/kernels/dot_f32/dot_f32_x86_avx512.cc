#include "plumb/kernels/dot_f32/dot_f32_tile.h"
#include "plumb/numerics/simd_avx512.h"

namespace plumb::kernels {

// Twenty-four accumulators, two columns and a broadcast row value: 27 of 32 registers. Needs
// AVX-512F only.
void dot_f32_12x32_avx512(const DotF32Tile& tile) {
  using V = numerics::avx512::F32;
  const auto& run = tile.columns <= 16
                        ? DotF32List<V, 1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12>::kRun
                        : DotF32List<V, 2, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12>::kRun;
  run[tile.rows - 1](tile);
}

}  // namespace plumb::kernels
