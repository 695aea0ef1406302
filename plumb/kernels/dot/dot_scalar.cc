// Portable: what a machine without a kernel of its own runs, and what the others are compared with.
#include <climits>
#include <cstring>

#include "plumb/kernels/dot/dot.h"

namespace plumb::kernels {
namespace {

constexpr int kRows = 4;
constexpr int kChannels = 8;

void Copy(const DotCopy& job) {
  for (int64_t r = 0; r < job.rows; ++r) {
    std::memcpy(job.to + r * job.to_stride, job.from + r * job.from_stride,
                static_cast<size_t>(job.n));
  }
}

void Tile(const DotTile& t) {
  for (int r = 0; r < t.rows; ++r) {
    // Unsigned: the folded zero point may leave 32 bits on the way.
    uint32_t acc[kChannels];
    std::memcpy(acc, t.start, sizeof(acc));
    const int8_t* w = t.w;
    for (int64_t run = 0; run < t.run_count; ++run) {
      const auto* a = reinterpret_cast<const int8_t*>(t.a + r * t.a_row + t.runs[run]);
      for (int64_t k = 0; k < t.run_steps; ++k, w += kChannels) {
        for (int c = 0; c < kChannels; ++c) {
          acc[c] += static_cast<uint32_t>(a[k] * w[c]);
        }
      }
    }
    std::memcpy(t.acc + r * kChannels, acc, sizeof(acc));
  }
}

}  // namespace

const DotKernel dot_s8s8s32_4x8x1_scalar = {.name = "dot_s8s8s32_4x8x1_scalar",
                                            .isa = Isa::kScalar,
                                            .tile_rows = kRows,
                                            .row_step = 1,
                                            .tile_channels = kChannels,
                                            .lanes = 8,
                                            .k_step = 1,
                                            .w_group = 1,
                                            .element_bytes = 1,
                                            .x_offset = 0,
                                            .group_steps = INT_MAX,
                                            .step_cycles = 4.0f,
                                            .enter = nullptr,
                                            .leave = nullptr,
                                            .copy = Copy,
                                            .tile = Tile};

}  // namespace plumb::kernels
