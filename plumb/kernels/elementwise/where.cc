#include "plumb/kernels/elementwise/where.h"

namespace plumb::kernels {
namespace {

template <typename T>
void WherePlane(const Plane<4>& p, const void* condition, const void* a_raw, const void* b_raw,
                void* output) {
  T* out = static_cast<T*>(output) + p.offset[0];
  const uint8_t* c = static_cast<const uint8_t*>(condition) + p.offset[1];
  const T* a = static_cast<const T*>(a_raw) + p.offset[2];
  const T* b = static_cast<const T*>(b_raw) + p.offset[3];
  const auto [os, cs, as, bs] = p.s1;
  for (int64_t i = 0; i < p.n0; ++i, out += p.s0[0], c += p.s0[1], a += p.s0[2], b += p.s0[3]) {
    for (int64_t j = 0; j < p.n1; ++j) {
      const T yes = a[j * as];
      const T no = b[j * bs];
      out[j * os] = c[j * cs] != 0 ? yes : no;
    }
  }
}

}  // namespace

WherePlan MakeWherePlan(std::span<const int64_t> condition, std::span<const int64_t> a,
                        std::span<const int64_t> b, std::span<const int64_t> output_shape,
                        int64_t element_size) {
  WherePlan plan;
  plan.element_size = element_size;
  const auto out = DenseStrides(output_shape);
  const auto cs = BroadcastStrides(condition, output_shape);
  const auto as = BroadcastStrides(a, output_shape);
  const auto bs = BroadcastStrides(b, output_shape);
  for (size_t d = 0; d < output_shape.size(); ++d) {
    plan.nest.Add(output_shape[d], {out[d], cs[d], as[d], bs[d]});
  }
  plan.nest.Finish();
  return plan;
}

void Where(const WherePlan& plan, const void* condition, const void* a, const void* b, void* output,
           ThreadPool& pool) {
  RunNest(plan.nest, pool, kElementsPerPart, [&](const Plane<4>& p) {
    switch (plan.element_size) {
      case 1:
        WherePlane<uint8_t>(p, condition, a, b, output);
        break;
      case 2:
        WherePlane<uint16_t>(p, condition, a, b, output);
        break;
      case 4:
        WherePlane<uint32_t>(p, condition, a, b, output);
        break;
      default:
        WherePlane<uint64_t>(p, condition, a, b, output);
        break;
    }
  });
}

}  // namespace plumb::kernels
