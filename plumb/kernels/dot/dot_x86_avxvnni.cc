// vpdpbusd of 256 bits, for processors that have it without AVX-512. Activations are made unsigned
// by flipping their top bit (x + 128); the packed bias takes 128 * sum(w) off again.
#include <immintrin.h>

#include <climits>

#include "plumb/kernels/dot/dot.h"
#include "plumb/kernels/dot/dot_repeat.h"

namespace plumb::kernels {
namespace {

constexpr int kRows = 6;
constexpr int kChannels = 16;

void Copy(const DotCopy& job) {
  const __m256i flip = _mm256_set1_epi8(-128);
  for (int64_t r = 0; r < job.rows; ++r) {
    const int8_t* from = job.from + r * job.from_stride;
    std::byte* to = job.to + r * job.to_stride;
    int64_t i = 0;
    for (; i + 32 <= job.n; i += 32) {
      const __m256i x = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from + i));
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(to + i), _mm256_xor_si256(x, flip));
    }
    for (; i < job.n; ++i) {
      to[i] = static_cast<std::byte>(from[i] ^ -128);
    }
  }
}

// acc += four products a lane. By hand, as for AVX-512.
inline __m256i Dot(__m256i acc, __m256i x, __m256i w) {
  asm("%{vex%} vpdpbusd %2, %1, %0" : "+x"(acc) : "x"(x), "x"(w));
  return acc;
}

template <int rows, int vectors>
void RunTile(const DotTile& t) {
  __m256i acc[rows][vectors];
  Repeat<rows>([&](auto r) {
    Repeat<vectors>([&](auto v) {
      acc[r][v] = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(t.start + v * 8));
    });
  });
  const int8_t* w = t.w;
  const int64_t row = t.a_row;
  for (int64_t run = 0; run < t.run_count; ++run) {
    const std::byte* a[(rows + 2) / 3];  // every third row; the others by index
    Repeat<(rows + 2) / 3>([&](auto i) { a[i] = t.a + t.runs[run] + 3 * i * row; });
    for (int64_t step = t.run_steps; step > 0; --step) {
      __m256i weights[vectors];
      Repeat<vectors>([&](auto v) {
        weights[v] = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(w + v * 32));
      });
      Repeat<rows>([&](auto r) {
        int32_t four;
        __builtin_memcpy(&four, a[r / 3] + r % 3 * row, 4);
        const __m256i x = _mm256_set1_epi32(four);
        Repeat<vectors>([&](auto v) { acc[r][v] = Dot(acc[r][v], x, weights[v]); });
      });
      Repeat<(rows + 2) / 3>([&](auto i) { a[i] += 4; });
      w += vectors * 32;
    }
  }
  Repeat<rows>([&](auto r) {
    Repeat<vectors>([&](auto v) {
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(t.acc + r * kChannels + v * 8), acc[r][v]);
    });
  });
}

using Run = void (*)(const DotTile&);
template <int vectors, int... rows>
struct List {
  static constexpr Run kRun[] = {RunTile<rows, vectors>...};
};

void Tile(const DotTile& t) {
  const Run* list =
      t.channels <= 8 ? List<1, 1, 2, 3, 4, 5, 6>::kRun : List<2, 1, 2, 3, 4, 5, 6>::kRun;
  list[t.rows - 1](t);
}

}  // namespace

const DotKernel dot_s8s8s32_6x16x4_avxvnni = {.name = "dot_s8s8s32_6x16x4_avxvnni",
                                              .isa = Isa::kAvxVnni,
                                              .tile_rows = kRows,
                                              .row_step = 1,
                                              .tile_channels = kChannels,
                                              .lanes = 8,
                                              .k_step = 4,
                                              .w_group = 4,
                                              .element_bytes = 1,
                                              .x_offset = 128,
                                              .group_steps = INT_MAX,
                                              .step_cycles = 0.5f,
                                              .enter = nullptr,
                                              .leave = nullptr,
                                              .copy = Copy,
                                              .tile = Tile};

}  // namespace plumb::kernels
