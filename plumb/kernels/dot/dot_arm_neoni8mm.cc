// vmmla multiplies two rows of eight signed bytes by two channels of eight and adds the four exact
// sums to a vector: row 0 with both channels, row 1 with both. A row that is missing to a pair is
// multiplied too and left unread.
#include <arm_neon.h>

#include <climits>
#include <cstring>

#include "plumb/kernels/dot/dot.h"

namespace plumb::kernels {
namespace {

constexpr int kRows = 8;
constexpr int kChannels = 12;

void Copy(const DotCopy& job) {
  for (int64_t r = 0; r < job.rows; ++r) {
    std::memcpy(job.to + r * job.to_stride, job.from + r * job.from_stride,
                static_cast<size_t>(job.n));
  }
}

// `pairs` of rows by `vectors` of two channels.
template <int pairs, int vectors>
void RunTile(const DotTile& t) {
  int32x4_t acc[pairs][vectors];
  for (int p = 0; p < pairs; ++p) {
    for (int v = 0; v < vectors; ++v) {
      const int32x2_t start = vld1_s32(t.start + v * 2);
      acc[p][v] = vcombine_s32(start, start);
    }
  }
  const int8_t* w = t.w;
  for (int64_t run = 0; run < t.run_count; ++run) {
    const auto* a = reinterpret_cast<const int8_t*>(t.a + t.runs[run]);
    for (int64_t step = t.run_steps; step > 0; --step) {
      int8x16_t x[pairs];
      for (int p = 0; p < pairs; ++p) {
        const int8_t* row = a + 2 * p * t.a_row;
        x[p] = vcombine_s8(vld1_s8(row), vld1_s8(row + t.a_row));
      }
      for (int v = 0; v < vectors; ++v) {
        const int8x16_t weights = vld1q_s8(w + v * 16);
        for (int p = 0; p < pairs; ++p) {
          acc[p][v] = vmmlaq_s32(acc[p][v], x[p], weights);
        }
      }
      a += 8;
      w += vectors * 16;
    }
  }
  for (int p = 0; p < pairs; ++p) {
    int32_t* upper = t.acc + 2 * p * kChannels;
    for (int v = 0; v < vectors; ++v) {
      vst1_s32(upper + v * 2, vget_low_s32(acc[p][v]));
      vst1_s32(upper + kChannels + v * 2, vget_high_s32(acc[p][v]));
    }
  }
}

using Run = void (*)(const DotTile&);
template <int vectors, int... pairs>
struct List {
  static constexpr Run kRun[] = {RunTile<pairs, vectors>...};
};

void Tile(const DotTile& t) {
  constexpr const Run* kLists[] = {List<2, 1, 2, 3, 4>::kRun, List<4, 1, 2, 3, 4>::kRun,
                                   List<6, 1, 2, 3, 4>::kRun};
  kLists[t.channels / 4 - 1][(t.rows - 1) / 2](t);
}

}  // namespace

const DotKernel dot_s8s8s32_8x12x8_neoni8mm = {.name = "dot_s8s8s32_8x12x8_neoni8mm",
                                               .isa = Isa::kI8mm,
                                               .tile_rows = kRows,
                                               .row_step = 2,
                                               .tile_channels = kChannels,
                                               .lanes = 4,
                                               .k_step = 8,
                                               .w_group = 8,
                                               .element_bytes = 1,
                                               .x_offset = 0,
                                               .group_steps = INT_MAX,
                                               .step_cycles = 0.5f,
                                               .enter = nullptr,
                                               .leave = nullptr,
                                               .copy = Copy,
                                               .tile = Tile};

}  // namespace plumb::kernels
