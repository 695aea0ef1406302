// The AVX2 kernel of dense products with a mistake, chosen by PLUMB_WRONG: "dot-tail" in the last row of tiles that are not
// full, "dot-thread" on every thread but the first, "dot-first" in the first channel of the first row. In place of the right
// one, by its name.
#include "plumb/kernels/dot/dot.h"

#define dot_s8s8s32_6x16x2_avx2 right_dot
#include "plumb/kernels/dot/dot_x86_avx2.cc"  // NOLINT
#undef dot_s8s8s32_6x16x2_avx2

#include <cstdlib>
#include <string_view>
#include <thread>

namespace plumb::kernels {
namespace {

std::string_view Wrong() {
  static const char* const wrong = std::getenv("PLUMB_WRONG");
  return wrong == nullptr ? std::string_view() : wrong;
}
const std::thread::id first_thread = std::this_thread::get_id();

void WrongTile(const DotTile& tile) {
  Tile(tile);
  if (Wrong() == "dot-tail" && tile.rows < kRows) {
    tile.acc[(tile.rows - 1) * kChannels] += 4096;
  } else if ((Wrong() == "dot-thread" && std::this_thread::get_id() != first_thread) ||
             Wrong() == "dot-first") {
    tile.acc[0] += 4096;
  }
}

DotKernel WithWrongTile() {
  DotKernel kernel = right_dot;
  kernel.tile = WrongTile;
  return kernel;
}

}  // namespace

const DotKernel dot_s8s8s32_6x16x2_avx2 = WithWrongTile();

}  // namespace plumb::kernels
