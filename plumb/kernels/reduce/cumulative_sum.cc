#include "plumb/kernels/reduce/cumulative_sum.h"

#include <algorithm>
#include <functional>
#include <type_traits>

#include "plumb/kernels/common/nest.h"

namespace plumb::kernels {
namespace {

template <typename T>
T Plus(T a, T b) {
  if constexpr (std::is_integral_v<T>) {
    return static_cast<T>(static_cast<uint64_t>(a) + static_cast<uint64_t>(b));
  } else {
    return a + b;
  }
}

template <typename T>
void CumulativeSum(const CumulativeSumPlan& plan, const void* input, void* output,
                   ThreadPool& pool) {
  auto part = [&](int64_t begin, int64_t end, int) {
    for (int64_t at = begin; at < end; ++at) {
      const int64_t start = at / plan.inner * plan.size * plan.inner + at % plan.inner;
      const T* x = static_cast<const T*>(input) + start;
      T* y = static_cast<T*>(output) + start;
      T sum = 0;
      for (int64_t i = 0; i < plan.size; ++i) {
        const int64_t p = (plan.reverse ? plan.size - 1 - i : i) * plan.inner;
        const T next = i == 0 ? x[p] : Plus(sum, x[p]);
        y[p] = plan.exclusive ? sum : next;
        sum = next;
      }
    }
  };
  pool.ParallelFor(plan.outer * plan.inner,
                   std::max<int64_t>(1, kElementsPerPart / std::max<int64_t>(1, plan.size)),
                   std::ref(part));
}

}  // namespace

CumulativeSumFunction FindCumulativeSum(DType dtype) {
  switch (dtype) {
    case DType::kF32:
      return &CumulativeSum<float>;
    case DType::kS8:
      return &CumulativeSum<int8_t>;
    case DType::kU8:
      return &CumulativeSum<uint8_t>;
    case DType::kS16:
      return &CumulativeSum<int16_t>;
    case DType::kU16:
      return &CumulativeSum<uint16_t>;
    case DType::kS32:
      return &CumulativeSum<int32_t>;
    case DType::kU32:
      return &CumulativeSum<uint32_t>;
    case DType::kS64:
      return &CumulativeSum<int64_t>;
    case DType::kU64:
      return &CumulativeSum<uint64_t>;
    default:
      return nullptr;
  }
}

}  // namespace plumb::kernels
