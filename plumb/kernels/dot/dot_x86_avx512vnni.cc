// Activations are made unsigned by flipping their top bit (x + 128); the packed bias takes
// 128 * sum(w) off again. One vpdpbusd adds four exact products a lane, without saturation.
#include <immintrin.h>

#include <climits>

#include "plumb/kernels/dot/dot.h"
#include "plumb/kernels/dot/dot_copy_avx512.h"
#include "plumb/kernels/dot/dot_repeat.h"

namespace plumb::kernels {
namespace {

constexpr int kRows = 14;
constexpr int kChannels = 32;

// acc += four products a lane. By hand, since GCC 12 copies the accumulator of the intrinsic before
// and after each and runs out of registers: half the speed.
inline __m512i Dot(__m512i acc, __m512i x, __m512i w) {
  asm("vpdpbusd %2, %1, %0" : "+v"(acc) : "v"(x), "v"(w));
  return acc;
}

template <int rows, int vectors>
void RunTile(const DotTile& t) {
  __m512i acc[rows][vectors];
  Repeat<rows>([&](auto r) {
    Repeat<vectors>([&](auto v) { acc[r][v] = _mm512_loadu_si512(t.start + v * 16); });
  });
  const int8_t* w = t.w;
  const int64_t row = t.a_row, row3 = 3 * t.a_row;
  for (int64_t run = 0; run < t.run_count; ++run) {
    const std::byte* a[(rows + 3) / 4];  // every fourth row; the others by index
    Repeat<(rows + 3) / 4>([&](auto i) { a[i] = t.a + t.runs[run] + 4 * i * row; });
    for (int64_t step = t.run_steps; step > 0; --step) {
      __m512i weights[vectors];
      Repeat<vectors>([&](auto v) { weights[v] = _mm512_loadu_si512(w + v * 64); });
      Repeat<rows>([&](auto r) {
        int32_t four;
        __builtin_memcpy(&four, a[r / 4] + (r % 4 == 3 ? row3 : r % 4 * row), 4);
        const __m512i x = _mm512_set1_epi32(four);
        Repeat<vectors>([&](auto v) { acc[r][v] = Dot(acc[r][v], x, weights[v]); });
      });
      Repeat<(rows + 3) / 4>([&](auto i) { a[i] += 4; });
      w += vectors * 64;
    }
  }
  Repeat<rows>([&](auto r) {
    Repeat<vectors>([&](auto v) { _mm512_store_si512(t.acc + r * kChannels + v * 16, acc[r][v]); });
  });
}

using Run = void (*)(const DotTile&);
template <int vectors, int... rows>
struct List {
  static constexpr Run kRun[] = {RunTile<rows, vectors>...};
};

void Tile(const DotTile& t) {
  const Run* list = t.channels <= 16 ? List<1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14>::kRun
                                     : List<2, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14>::kRun;
  list[t.rows - 1](t);
}

}  // namespace

const DotKernel dot_s8s8s32_14x32x4_avx512vnni = {.name = "dot_s8s8s32_14x32x4_avx512vnni",
                                                  .isa = Isa::kAvx512Vnni,
                                                  .tile_rows = kRows,
                                                  .row_step = 1,
                                                  .tile_channels = kChannels,
                                                  .lanes = 16,
                                                  .k_step = 4,
                                                  .w_group = 4,
                                                  .element_bytes = 1,
                                                  .x_offset = 128,
                                                  .group_steps = INT_MAX,
                                                  .step_cycles = 0.5f,
                                                  .enter = nullptr,
                                                  .leave = nullptr,
                                                  .copy = DotCopyAvx512<-128>,
                                                  .tile = Tile};

}  // namespace plumb::kernels
