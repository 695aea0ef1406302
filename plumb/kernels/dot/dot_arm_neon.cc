// Products in pairs: vmull multiplies bytes into 16 bits, where two products do not always fit;
// vpadal adds neighbours into 32. Armv7 has half the registers, so its panel is half as wide.
#include <arm_neon.h>

#include <climits>
#include <cstring>

#include "plumb/kernels/dot/dot.h"

namespace plumb::kernels {
namespace {

constexpr int kRows = 4;
#if defined(__aarch64__)
constexpr int kVectors = 4;
#else
constexpr int kVectors = 2;
#endif
constexpr int kChannels = 4 * kVectors;

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
      int8x8_t weights[vectors];
      for (int v = 0; v < vectors; ++v) {
        weights[v] = vld1_s8(w + v * 8);
      }
      for (int r = 0; r < rows; ++r) {
        int16_t two;
        std::memcpy(&two, a + r * t.a_row, 2);
        const int8x8_t x = vreinterpret_s8_s16(vdup_n_s16(two));
        for (int v = 0; v < vectors; ++v) {
          acc[r][v] = vpadalq_s16(acc[r][v], vmull_s8(x, weights[v]));
        }
      }
      a += 2;
      w += vectors * 8;
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
  const Run* list = List<1, 1, 2, 3, 4>::kRun;
  switch (t.channels / 4) {
    case 2:
      list = List<2, 1, 2, 3, 4>::kRun;
      break;
#if defined(__aarch64__)
    case 3:
      list = List<3, 1, 2, 3, 4>::kRun;
      break;
    case 4:
      list = List<4, 1, 2, 3, 4>::kRun;
      break;
#endif
    default:
      break;
  }
  list[t.rows - 1](t);
}

constexpr DotKernel Kernel(const char* name) {
  return {.name = name,
          .isa = Isa::kNeon,
          .tile_rows = kRows,
          .row_step = 1,
          .tile_channels = kChannels,
          .lanes = 4,
          .k_step = 2,
          .w_group = 2,
          .element_bytes = 1,
          .x_offset = 0,
          .group_steps = INT_MAX,
          .step_cycles = 2.0f,
          .enter = nullptr,
          .leave = nullptr,
          .copy = Copy,
          .tile = Tile};
}

}  // namespace

#if defined(__aarch64__)
const DotKernel dot_s8s8s32_4x16x2_neon = Kernel("dot_s8s8s32_4x16x2_neon");
#else
const DotKernel dot_s8s8s32_4x8x2_neon = Kernel("dot_s8s8s32_4x8x2_neon");
#endif

}  // namespace plumb::kernels
