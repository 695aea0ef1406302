#include "plumb/kernels/common/strided_copy.h"

#include <cstddef>
#include <cstring>

#include "plumb/kernels/common/copy_rows.h"

namespace plumb::kernels {
namespace {

// dst[j] = src[2 * j]: half of a split channel shuffle.
template <typename T>
void EverySecond(const T* src, T* dst, int64_t n) {
  int64_t j = 0;
  if constexpr (sizeof(T) == 1) {
    using Bytes = uint8_t __attribute__((vector_size(16)));
    for (; j + 16 < n; j += 16) {
      Bytes a, b;
      std::memcpy(&a, src + 2 * j, 16);
      std::memcpy(&b, src + 2 * j + 16, 16);
      const Bytes even =
          __builtin_shufflevector(a, b, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
      std::memcpy(dst + j, &even, 16);
    }
  }
  for (; j < n; ++j) {
    dst[j] = src[2 * j];
  }
}

template <typename T>
void CopyPlane(const Plane<2>& p, const void* source, void* destination) {
  const T* src = static_cast<const T*>(source) + p.offset[1];
  T* dst = static_cast<T*>(destination) + p.offset[0];
  const int64_t ds = p.s1[0];
  const int64_t ss = p.s1[1];
  constexpr auto kSize = static_cast<int64_t>(sizeof(T));
  if (ds == 1 && ss == 1) {
    CopyRows(reinterpret_cast<std::byte*>(dst), p.s0[0] * kSize,
             reinterpret_cast<const std::byte*>(src), p.s0[1] * kSize, p.n0, p.n1 * kSize);
    return;
  }
  for (int64_t i = 0; i < p.n0; ++i, src += p.s0[1], dst += p.s0[0]) {
    if (ds == 1 && ss == 2) {
      EverySecond(src, dst, p.n1);
    } else if (ds == 1 && ss == 0) {
      const T value = *src;
      for (int64_t j = 0; j < p.n1; ++j) {
        dst[j] = value;
      }
    } else {
      for (int64_t j = 0; j < p.n1; ++j) {
        dst[j * ds] = src[j * ss];
      }
    }
  }
}

}  // namespace

void StridedCopy(const StridedCopyPlan& plan, const void* source, void* destination,
                 ThreadPool& pool) {
  RunNest(plan.nest, pool, 4 * kElementsPerPart / plan.element_size, [&](const Plane<2>& p) {
    switch (plan.element_size) {
      case 1:
        CopyPlane<uint8_t>(p, source, destination);
        break;
      case 2:
        CopyPlane<uint16_t>(p, source, destination);
        break;
      case 4:
        CopyPlane<uint32_t>(p, source, destination);
        break;
      default:
        CopyPlane<uint64_t>(p, source, destination);
        break;
    }
  });
}

}  // namespace plumb::kernels
