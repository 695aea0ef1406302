#include "plumb/kernels/dwconv/dwconv.h"

namespace plumb::kernels {
namespace {

constexpr int kBlock = 16;

int WeightPosition(int channel, int) { return channel; }
int StartPosition(int channel) { return channel; }

void Run(const DwConvRun& run) {
  const int8_t* weights = static_cast<const int8_t*>(run.weights);
  for (int64_t p = 0; p < run.pixels; ++p) {
    // Unsigned: the folded zero point may leave 32 bits on the way.
    uint32_t acc[kBlock];
    for (int c = 0; c < kBlock; ++c) {
      acc[c] = static_cast<uint32_t>(run.start[c]);
    }
    for (int64_t tap = 0; tap < run.tap_groups; ++tap) {
      const int8_t* x = run.in[tap] + p * run.step[tap] + run.channel;
      const int8_t* w = weights + tap * kBlock;
      for (int c = 0; c < run.channels; ++c) {
        acc[c] += static_cast<uint32_t>(x[c] * w[c]);
      }
    }
    for (int c = 0; c < kBlock; ++c) {
      run.acc[p * kBlock + c] = static_cast<int32_t>(acc[c]);
    }
  }
}

}  // namespace

const DwConvKernel dwconv_s8s8s32_16x1_scalar = {"dwconv_s8s8s32_16x1_scalar",
                                                 Isa::kScalar,
                                                 kBlock,
                                                 1,
                                                 1,
                                                 0,
                                                 WeightPosition,
                                                 StartPosition,
                                                 Run};

}  // namespace plumb::kernels
