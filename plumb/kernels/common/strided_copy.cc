#include "plumb/kernels/common/strided_copy.h"

#include <cstring>

namespace plumb::kernels {
namespace {

template <typename T>
void CopyPlane(const Plane<2>& p, const void* source, void* destination) {
  const T* src = static_cast<const T*>(source) + p.offset[1];
  T* dst = static_cast<T*>(destination) + p.offset[0];
  const int64_t ds = p.s1[0];
  const int64_t ss = p.s1[1];
  const bool runs = ds == 1 && ss == 1;
  for (int64_t i = 0; i < p.n0; ++i, src += p.s0[1], dst += p.s0[0]) {
    if (runs) {
      std::memcpy(dst, src, static_cast<size_t>(p.n1) * sizeof(T));
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
