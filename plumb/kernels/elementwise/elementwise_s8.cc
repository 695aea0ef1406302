#include "plumb/kernels/elementwise/elementwise_s8.h"

#include "plumb/kernels/common/select.h"
#include "plumb/numerics/requantize.h"

namespace plumb::kernels {
namespace {

constexpr const ElementwiseS8Kernel* kKernels[] = {
#define PLUMB_ELEMENTWISE_S8(kernel) &kernel,
#include "plumb/kernels/elementwise/elementwise_s8_kernels.inc"
#undef PLUMB_ELEMENTWISE_S8
};

}  // namespace

std::vector<const ElementwiseS8Kernel*> ElementwiseS8Kernels() {
  return RunnableKernels<ElementwiseS8Kernel>(kKernels);
}
const ElementwiseS8Kernel& SelectElementwiseS8(Isa isa) {
  return SelectKernel<ElementwiseS8Kernel>(kKernels, isa);
}

int8_t ElementwiseS8Reference(const ElementwiseS8Params& p, int8_t a, int8_t b) {
  const int32_t da = a - p.a_zero_point;
  const int32_t db = b - p.b_zero_point;
  const float ta = static_cast<float>(da) * p.a_multiplier;
  const float tb = static_cast<float>(db) * p.b_multiplier;
  float t = 0.0f;
  switch (p.op) {
    case ElementwiseS8Op::kAdd:
      t = ta + tb;
      break;
    case ElementwiseS8Op::kSub:
      t = ta - tb;
      break;
    case ElementwiseS8Op::kMul:
      t = static_cast<float>(da * db) * p.a_multiplier;
      break;
  }
  return static_cast<int8_t>(numerics::ClampRound(t, p.lo, p.hi, p.y_zero_point));
}

Nest<3> ElementwiseS8Nest(std::span<const int64_t> a_shape, std::span<const int64_t> b_shape,
                          std::span<const int64_t> y_shape) {
  Nest<3> nest;
  const auto y = DenseStrides(y_shape);
  const auto a = BroadcastStrides(a_shape, y_shape);
  const auto b = BroadcastStrides(b_shape, y_shape);
  for (size_t d = 0; d < y_shape.size(); ++d) {
    nest.Add(y_shape[d], {y[d], a[d], b[d]});
  }
  nest.Finish();
  return nest;
}

void ElementwiseS8(const ElementwiseS8Kernel& kernel, const ElementwiseS8Params& params,
                   const Nest<3>& nest, const int8_t* a, const int8_t* b, int8_t* y,
                   ThreadPool& pool) {
  RunNest(nest, pool, kElementsPerPart, [&](const Plane<3>& p) {
    for (int64_t row = 0; row < p.n0; ++row) {
      kernel.run(params, {a + p.offset[1] + row * p.s0[1], b + p.offset[2] + row * p.s0[2],
                          y + p.offset[0] + row * p.s0[0], p.n1, p.s1[1], p.s1[2]});
    }
  });
}

}  // namespace plumb::kernels
