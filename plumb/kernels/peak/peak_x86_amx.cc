// tdpbssd on whole tiles, as in the dense kernel: four sums, two operands of each side.
#include <immintrin.h>

#include "plumb/kernels/peak/peak.h"

namespace plumb::kernels {
namespace {

struct alignas(64) Config {
  unsigned char palette = 1, start_row = 0, reserved[14] = {};
  unsigned short row_bytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
  unsigned char rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
};
constexpr Config kConfig;

void Run(int64_t steps) {
  _tile_loadconfig(&kConfig);  // zeroes the tiles
  for (int64_t step = 0; step < steps; ++step) {
    _tile_dpbssd(0, 4, 6);
    _tile_dpbssd(1, 4, 7);
    _tile_dpbssd(2, 5, 6);
    _tile_dpbssd(3, 5, 7);
  }
  _tile_release();
}

}  // namespace

const PeakKernel peak_s8_amx = {"peak_s8_amx", Isa::kAmx, DType::kS8, 4 * 16 * 16 * 64, Run};

}  // namespace plumb::kernels
