// Portable loops: the compiler may use the vectors that every CPU of the architecture has, as in the scalar kernels.
#include "plumb/kernels/peak/peak.h"

namespace plumb::kernels {
namespace {

constexpr int kSums = 16;

// sums[i] += a * b[i], over and over. `a` may change between steps, for all that the compiler knows: no product is computed
// once for all.
template <typename Operand, typename Sum>
void Run(int64_t steps) {
  Sum sums[kSums] = {};
  Operand b[kSums];
  for (int i = 0; i < kSums; ++i) {
    b[i] = static_cast<Operand>(i + 1);
  }
  Operand a = 1;
  for (int64_t step = 0; step < steps; ++step) {
    asm volatile("" : "+m"(a));
    for (int i = 0; i < kSums; ++i) {
      sums[i] += static_cast<Sum>(a * b[i]);
    }
  }
  Sum total = 0;
  for (Sum sum : sums) {
    total += sum;
  }
  asm volatile("" : : "m"(total));
}

}  // namespace

const PeakKernel peak_s8_scalar = {"peak_s8_scalar", Isa::kScalar, DType::kS8, kSums,
                                   Run<int8_t, uint32_t>};
const PeakKernel peak_f32_scalar = {"peak_f32_scalar", Isa::kScalar, DType::kF32, kSums,
                                    Run<float, float>};

}  // namespace plumb::kernels
