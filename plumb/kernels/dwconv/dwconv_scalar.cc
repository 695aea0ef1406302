#include <cstring>

#include "plumb/kernels/dwconv/dwconv.h"
#include "plumb/numerics/requantize.h"

namespace plumb::kernels {
namespace {

constexpr int kBlock = 16;

int Position(int lane) { return lane; }

void Prepare(const int8_t* from, int64_t from_step, int64_t pixels, int64_t channels,
             std::byte* to) {
  for (int64_t p = 0; p < pixels; ++p) {
    std::memcpy(to + p * channels, from + p * from_step, static_cast<size_t>(channels));
  }
}

void Run(const DwConvStrip& s) {
  for (int64_t block = 0; block < s.block_count; ++block) {
    const std::byte* constants = s.blocks + block * s.block_bytes;
    const auto* start = reinterpret_cast<const int32_t*>(constants);
    const auto* factor = reinterpret_cast<const float*>(start + kBlock);
    const auto* zero = reinterpret_cast<const int32_t*>(factor + kBlock);
    const auto* weights = reinterpret_cast<const int8_t*>(zero + 2 * kBlock);
    const int64_t width = std::min<int64_t>(kBlock, s.period - block * kBlock);
    for (int64_t at = block * kBlock; at < s.numbers; at += s.period) {
      const int n = static_cast<int>(std::min(width, s.numbers - at));
      // Unsigned: the folded zero point may leave 32 bits on the way.
      uint32_t acc[kBlock];
      for (int i = 0; i < kBlock; ++i) {
        acc[i] = static_cast<uint32_t>(start[i]);
      }
      for (int64_t kx = 0; kx < s.kernel_width; ++kx) {
        for (int64_t row = 0; row < s.row_groups; ++row) {
          const auto* x =
              reinterpret_cast<const int8_t*>(s.rows[row]) + s.offsets[kx] + s.first + at;
          const int8_t* w = weights + (kx * s.row_groups + row) * s.weights_step;
          for (int i = 0; i < n; ++i) {
            acc[i] += static_cast<uint32_t>(x[i] * w[i]);
          }
        }
      }
      for (int i = 0; i < n; ++i) {
        const auto sum = static_cast<int32_t>(acc[i]);
        if (s.end == DwConvEnd::kRequantize) {
          s.y[at + i] =
              static_cast<int8_t>(numerics::Requantize(sum, factor[i], s.lo, s.hi, zero[i]));
        } else {
          s.sums[at + i] = sum;
        }
      }
    }
  }
}

}  // namespace

const DwConvKernel dwconv_s8s8s32_16x1_scalar = {.name = "dwconv_s8s8s32_16x1_scalar",
                                                 .isa = Isa::kScalar,
                                                 .block = kBlock,
                                                 .row_group = 1,
                                                 .out_rows = 1,
                                                 .weight_bytes = 1,
                                                 .number_bytes = 1,
                                                 .x_offset = 0,
                                                 .silu = false,
                                                 .position = Position,
                                                 .prepare = Prepare,
                                                 .run = Run};

}  // namespace plumb::kernels
