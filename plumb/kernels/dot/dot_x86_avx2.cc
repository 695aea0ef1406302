// Products in pairs: vpmaddwd multiplies sign-extended 16-bit values and adds two products exactly
// into 32 bits (vpmaddubsw would saturate at 16).
#include <immintrin.h>

#include <climits>

#include "plumb/kernels/dot/dot.h"
#include "plumb/kernels/dot/dot_repeat.h"

namespace plumb::kernels {
namespace {

constexpr int kRows = 6;
constexpr int kChannels = 16;

void Copy(const DotCopy& job) {
  for (int64_t r = 0; r < job.rows; ++r) {
    const int8_t* from = job.from + r * job.from_stride;
    int16_t* to = reinterpret_cast<int16_t*>(job.to + r * job.to_stride);
    int64_t i = 0;
    for (; i + 16 <= job.n; i += 16) {
      const __m128i x = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from + i));
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(to + i), _mm256_cvtepi8_epi16(x));
    }
    for (; i < job.n; ++i) {
      to[i] = from[i];
    }
  }
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
        weights[v] =
            _mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(w + v * 16)));
      });
      Repeat<rows>([&](auto r) {
        int32_t two;
        __builtin_memcpy(&two, a[r / 3] + r % 3 * row, 4);
        const __m256i x = _mm256_set1_epi32(two);
        Repeat<vectors>([&](auto v) {
          acc[r][v] = _mm256_add_epi32(acc[r][v], _mm256_madd_epi16(x, weights[v]));
        });
      });
      Repeat<(rows + 2) / 3>([&](auto i) { a[i] += 4; });
      w += vectors * 16;
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

const DotKernel dot_s8s8s32_6x16x2_avx2 = {.name = "dot_s8s8s32_6x16x2_avx2",
                                           .isa = Isa::kAvx2,
                                           .tile_rows = kRows,
                                           .row_step = 1,
                                           .tile_channels = kChannels,
                                           .lanes = 8,
                                           .k_step = 2,
                                           .w_group = 2,
                                           .element_bytes = 2,
                                           .x_offset = 0,
                                           .group_steps = INT_MAX,
                                           .step_cycles = 1.0f,
                                           .enter = nullptr,
                                           .leave = nullptr,
                                           .copy = Copy,
                                           .tile = Tile};

}  // namespace plumb::kernels
