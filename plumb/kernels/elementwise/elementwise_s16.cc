#include "plumb/kernels/elementwise/elementwise_s16.h"

#include "plumb/kernels/common/select.h"
#include "plumb/numerics/requantize.h"

namespace plumb::kernels {
namespace {

constexpr const ElementwiseS16Kernel* kKernels[] = {
#define PLUMB_ELEMENTWISE_S16(kernel) &kernel,
#include "plumb/kernels/elementwise/elementwise_s16_kernels.inc"
#undef PLUMB_ELEMENTWISE_S16
};

}  // namespace

std::vector<const ElementwiseS16Kernel*> ElementwiseS16Kernels() {
  return RunnableKernels<ElementwiseS16Kernel>(kKernels);
}
const ElementwiseS16Kernel& SelectElementwiseS16(Isa isa) {
  return SelectKernel<ElementwiseS16Kernel>(kKernels, isa);
}

int16_t ElementwiseS16Reference(const ElementwiseS16Params& p, int16_t a, int16_t b) {
  const float ta = static_cast<float>(a) * p.a_multiplier;
  const float tb = static_cast<float>(b) * p.b_multiplier;
  float t = 0.0f;
  switch (p.op) {
    case ElementwiseS16Op::kAdd:
      t = ta + tb;
      break;
    case ElementwiseS16Op::kSub:
      t = ta - tb;
      break;
    case ElementwiseS16Op::kMul:
      t = static_cast<float>(int32_t{a} * b) * p.a_multiplier;
      break;
  }
  return static_cast<int16_t>(numerics::ClampRound(t, p.lo, p.hi, 0));
}

void ElementwiseS16(const ElementwiseS16Kernel& kernel, const ElementwiseS16Params& params,
                    const Nest<3>& nest, const int16_t* a, const int16_t* b, int16_t* y,
                    ThreadPool& pool) {
  RunNest(nest, pool, kElementsPerPart, [&](const Plane<3>& p) {
    for (int64_t row = 0; row < p.n0; ++row) {
      kernel.run(params, {a + p.offset[1] + row * p.s0[1], b + p.offset[2] + row * p.s0[2],
                          y + p.offset[0] + row * p.s0[0], p.n1, p.s1[1], p.s1[2]});
    }
  });
}

}  // namespace plumb::kernels
