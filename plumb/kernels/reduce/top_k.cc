#include "plumb/kernels/reduce/top_k.h"

#include <algorithm>
#include <functional>

#include "plumb/kernels/common/nest.h"
#include "plumb/kernels/reduce/reduce_functors.h"

namespace plumb::kernels {
namespace {

template <typename T>
bool GreaterThan(T a, T b) {
  if (reduce::IsNan(a) || reduce::IsNan(b)) {
    return reduce::IsNan(a) && !reduce::IsNan(b);
  }
  return a > b;
}

template <typename T>
void TopK(const TopKPlan& plan, const void* input, void* values, int64_t* indices, void* scratch,
          ThreadPool& pool) {
  auto part = [&](int64_t begin, int64_t end, int thread) {
    int64_t* order = static_cast<int64_t*>(scratch) + thread * plan.size;
    for (int64_t at = begin; at < end; ++at) {
      const int64_t outer = at / plan.inner;
      const int64_t inner = at % plan.inner;
      const T* x = static_cast<const T*>(input) + outer * plan.size * plan.inner + inner;
      const auto before = [&](int64_t a, int64_t b) {
        const T va = x[a * plan.inner];
        const T vb = x[b * plan.inner];
        if (plan.largest ? GreaterThan(va, vb) : GreaterThan(vb, va)) {
          return true;
        }
        return !(plan.largest ? GreaterThan(vb, va) : GreaterThan(va, vb)) && a < b;
      };
      for (int64_t i = 0; i < plan.size; ++i) {
        order[i] = i;
      }
      std::partial_sort(order, order + plan.k, order + plan.size, before);
      const int64_t to = outer * plan.k * plan.inner + inner;
      for (int64_t i = 0; i < plan.k; ++i) {
        static_cast<T*>(values)[to + i * plan.inner] = x[order[i] * plan.inner];
        indices[to + i * plan.inner] = order[i];
      }
    }
  };
  pool.ParallelFor(plan.outer * plan.inner,
                   std::max<int64_t>(1, 2048 / std::max<int64_t>(1, plan.size)), std::ref(part));
}

}  // namespace

TopKFunction FindTopK(DType dtype) {
  switch (dtype) {
    case DType::kF32:
      return &TopK<float>;
    case DType::kS8:
      return &TopK<int8_t>;
    case DType::kU8:
      return &TopK<uint8_t>;
    case DType::kS16:
      return &TopK<int16_t>;
    case DType::kU16:
      return &TopK<uint16_t>;
    case DType::kS32:
      return &TopK<int32_t>;
    case DType::kU32:
      return &TopK<uint32_t>;
    case DType::kS64:
      return &TopK<int64_t>;
    case DType::kU64:
      return &TopK<uint64_t>;
    default:
      return nullptr;
  }
}

size_t TopKScratch(const TopKPlan& plan) {
  return static_cast<size_t>(plan.size) * sizeof(int64_t);
}

}  // namespace plumb::kernels
