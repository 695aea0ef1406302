#include <algorithm>
#include <functional>

#include "plumb/kernels/reduce/reduce.h"
#include "plumb/kernels/reduce/reduce_functors.h"

namespace plumb::kernels {
namespace {

template <typename T, ArgKind kKind>
bool Beats(T x, T best, bool last) {
  if (reduce::IsNan(best)) {
    return last && reduce::IsNan(x);
  }
  if (reduce::IsNan(x)) {
    return true;
  }
  return (kKind == ArgKind::kMax ? x > best : x < best) || (last && x == best);
}

template <typename T, ArgKind kKind>
void Arg(int64_t outer, int64_t size, int64_t inner, bool last, const void* input, int64_t* output,
         ThreadPool& pool) {
  auto part = [&](int64_t begin, int64_t end, int) {
    for (int64_t at = begin; at < end; ++at) {
      const T* x = static_cast<const T*>(input) + at / inner * size * inner + at % inner;
      int64_t best = 0;
      T value = x[0];
      for (int64_t i = 1; i < size; ++i) {
        const T candidate = x[i * inner];
        if (Beats<T, kKind>(candidate, value, last)) {
          value = candidate;
          best = i;
        }
      }
      output[at] = best;
    }
  };
  pool.ParallelFor(outer * inner, std::max<int64_t>(1, kElementsPerPart / size), std::ref(part));
}

template <ArgKind kKind>
ArgFunction ForType(DType dtype) {
  switch (dtype) {
    case DType::kF32:
      return &Arg<float, kKind>;
    case DType::kS8:
      return &Arg<int8_t, kKind>;
    case DType::kU8:
      return &Arg<uint8_t, kKind>;
    case DType::kS32:
      return &Arg<int32_t, kKind>;
    case DType::kS64:
      return &Arg<int64_t, kKind>;
    default:
      return nullptr;
  }
}

}  // namespace

ArgFunction FindArg(ArgKind kind, DType dtype) {
  return kind == ArgKind::kMax ? ForType<ArgKind::kMax>(dtype) : ForType<ArgKind::kMin>(dtype);
}

}  // namespace plumb::kernels
