// Portable: what a machine without a kernel of its own runs, and what the others are compared with.
#include <cstring>

#include "plumb/kernels/dot/dot.h"

namespace plumb::kernels {
namespace {

constexpr int kRows = 4;
constexpr int kChannels = 8;
constexpr int64_t kRowBytes = DotRowBytes(1);

void Copy(const DotCopy& job) {
  int8_t* to = static_cast<int8_t*>(job.to);
  for (int64_t r = 0; r < job.rows; ++r, to += kRowBytes) {
    if (job.from == nullptr) {
      std::memset(to, job.value, static_cast<size_t>(job.n));
    } else {
      std::memcpy(to, job.from + r * job.from_stride, static_cast<size_t>(job.n));
    }
  }
}

void Tile(const DotTile& t) {
  for (int r = 0; r < t.rows; ++r) {
    // Unsigned: the folded zero point may leave 32 bits on the way.
    uint32_t acc[kChannels];
    std::memcpy(acc, t.start != nullptr ? t.start : t.acc + r * kChannels, sizeof(acc));
    const int8_t* a = static_cast<const int8_t*>(t.a) + r * kRowBytes;
    for (int64_t k = 0; k < t.steps; ++k) {
      for (int c = 0; c < kChannels; ++c) {
        acc[c] += static_cast<uint32_t>(a[k] * t.w[k * kChannels + c]);
      }
    }
    std::memcpy(t.acc + r * kChannels, acc, sizeof(acc));
  }
}

}  // namespace

const DotKernel dot_s8s8s32_4x8x1_scalar = {"dot_s8s8s32_4x8x1_scalar",
                                            Isa::kScalar,
                                            kRows,
                                            kChannels,
                                            8,
                                            1,
                                            1,
                                            1,
                                            0,
                                            nullptr,
                                            nullptr,
                                            Copy,
                                            Tile};

}  // namespace plumb::kernels
