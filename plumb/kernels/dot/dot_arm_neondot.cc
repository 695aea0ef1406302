// vdot adds four exact products of signed bytes to each 32-bit lane. Twenty-four accumulators, four
// vectors of weights and a broadcast row value: 29 of 32 registers.
#include "plumb/kernels/dot/dot.h"

#include <arm_neon.h>

#include <climits>
#include <cstring>

namespace plumb::kernels {
namespace {

constexpr int kRows = 6;
constexpr int kChannels = 16;

void Copy(const DotCopy& job) {
  for (int64_t r = 0; r < job.rows; ++r) {
    std::memcpy(job.to + r * job.to_stride, job.from + r * job.from_stride,
                static_cast<size_t>(job.n));
  }
}

template <int rows, int vectors>
void RunTile(const DotTile& t) {
  int32x4_t acc[rows][vectors];
  for (int r = 0; r < rows; ++r) {
    for (int v = 0; v < vectors; ++v) {
      acc[r][v] = vld1q_s32(t.start + v * 4);
    }
  }
  const int8_t* w = t.w;
  for (int64_t run = 0; run < t.run_count; ++run) {
    const std::byte* a = t.a + t.runs[run];
    for (int64_t step = t.run_steps; step > 0; --step) {
      int8x16_t weights[vectors];
      for (int v = 0; v < vectors; ++v) {
        weights[v] = vld1q_s8(w + v * 16);
      }
      for (int r = 0; r < rows; ++r) {
        int32_t four;
        std::memcpy(&four, a + r * t.a_row, 4);
        const int8x16_t x = vreinterpretq_s8_s32(vdupq_n_s32(four));
        for (int v = 0; v < vectors; ++v) {
          acc[r][v] = vdotq_s32(acc[r][v], weights[v], x);
        }
      }
      a += 4;
      w += vectors * 16;
    }
  }
  for (int r = 0; r < rows; ++r) {
    for (int v = 0; v < vectors; ++v) {
      vst1q_s32(t.acc + r * kChannels + v * 4, acc[r][v]);
    }
  }
}

using Run = void (*)(const DotTile&);
template <int vectors, int... rows>
struct List {
  static constexpr Run kRun[] = {RunTile<rows, vectors>...};
};

void Tile(const DotTile& t) {
  constexpr const Run* kLists[] = {List<1, 1, 2, 3, 4, 5, 6>::kRun, List<2, 1, 2, 3, 4, 5, 6>::kRun,
                                   List<3, 1, 2, 3, 4, 5, 6>::kRun,
                                   List<4, 1, 2, 3, 4, 5, 6>::kRun};
  kLists[t.channels / 4 - 1][t.rows - 1](t);
}

}  // namespace

const DotKernel dot_s8s8s32_6x16x4_neondot = {.name = "dot_s8s8s32_6x16x4_neondot",
                                              .isa = Isa::kDotprod,
                                              .tile_rows = kRows,
                                              .row_step = 1,
                                              .tile_channels = kChannels,
                                              .lanes = 4,
                                              .k_step = 4,
                                              .w_group = 4,
                                              .element_bytes = 1,
                                              .x_offset = 0,
                                              .group_steps = INT_MAX,
                                              .step_cycles = 0.5f,
                                              .enter = nullptr,
                                              .leave = nullptr,
                                              .copy = Copy,
                                              .tile = Tile};

}  // namespace plumb::kernels
