#include "plumb/kernels/quantize/quantize.h"

#include <algorithm>
#include <functional>
#include <limits>

#include "plumb/kernels/common/select.h"
#include "plumb/numerics/requantize.h"
#include "plumb/numerics/simd_scalar.h"

namespace plumb::kernels {
namespace {

constexpr const QuantizeKernel* kKernels[] = {
#define PLUMB_QUANTIZE(kernel) &kernel,
#include "plumb/kernels/quantize/quantize_kernels.inc"
#undef PLUMB_QUANTIZE
};

constexpr int64_t kElementsPerPart = 8192;

template <typename T>
int32_t QuantizeTo(float x, float scale, int32_t zero_point) {
  return numerics::Quantize(x, scale, zero_point, std::numeric_limits<T>::min(),
                            std::numeric_limits<T>::max());
}

template <>
int32_t QuantizeTo<int32_t>(float x, float scale, int32_t zero_point) {
  const float scaled = x / scale;
  if (scaled != scaled) {
    return zero_point;
  }
  // Beyond 2^33 every sum with a zero point saturates.
  const float held = std::clamp(scaled, -0x1p33f, 0x1p33f);
  const int64_t sum = static_cast<int64_t>(numerics::scalar::RoundEven({held}).v) + zero_point;
  return static_cast<int32_t>(std::clamp<int64_t>(sum, INT32_MIN, INT32_MAX));
}

template <typename T>
void QuantizePlain(const QuantizeRun& run, const float* x, T* q) {
  for (int64_t i = 0; i < run.n; ++i) {
    const int64_t g = i * run.grid_step;
    q[i] = static_cast<T>(QuantizeTo<T>(x[i], run.scale[g], run.zero_point[g]));
  }
}

template <typename T>
void DequantizePlain(const QuantizeRun& run, const T* q, float* x) {
  for (int64_t i = 0; i < run.n; ++i) {
    const int64_t g = i * run.grid_step;
    x[i] = static_cast<float>(int64_t{q[i]} - run.zero_point[g]) * run.scale[g];
  }
}

// Calls run(QuantizeRun, first element) for ranges that share a grid or walk the channels.
template <typename F>
void ForEachRun(const QuantizeGrid& grid, int64_t n, ThreadPool& pool, const F& run) {
  const auto part = [&](int64_t begin, int64_t end, int) {
    while (begin < end) {
      const int64_t c = begin / grid.inner % grid.channels;
      const bool walks = grid.inner == 1 && grid.channels > 1;
      const int64_t left = grid.channels == 1 ? end - begin
                           : walks            ? grid.channels - c
                                              : grid.inner - begin % grid.inner;
      const int64_t count = std::min(end - begin, left);
      run(QuantizeRun{grid.scale + c, grid.zero_point + c, walks ? 1 : 0, count}, begin);
      begin += count;
    }
  };
  pool.ParallelFor(n, kElementsPerPart, std::cref(part));
}

}  // namespace

std::vector<const QuantizeKernel*> QuantizeKernels() {
  return RunnableKernels<QuantizeKernel>(kKernels);
}
const QuantizeKernel& SelectQuantize(Isa isa) {
  return SelectKernel<QuantizeKernel>(kKernels, isa);
}

bool QuantizesTo(DType type) {
  return type == DType::kS8 || type == DType::kU8 || type == DType::kS16 || type == DType::kU16 ||
         type == DType::kS32;
}

int32_t QuantizeReference(DType type, float x, float scale, int32_t zero_point) {
  switch (type) {
    case DType::kU8:
      return QuantizeTo<uint8_t>(x, scale, zero_point);
    case DType::kS16:
      return QuantizeTo<int16_t>(x, scale, zero_point);
    case DType::kU16:
      return QuantizeTo<uint16_t>(x, scale, zero_point);
    case DType::kS32:
      return QuantizeTo<int32_t>(x, scale, zero_point);
    default:
      return QuantizeTo<int8_t>(x, scale, zero_point);
  }
}

void QuantizeArray(const QuantizeKernel& kernel, const QuantizeGrid& grid, DType type,
                   const float* x, void* q, int64_t n, ThreadPool& pool) {
  PLUMB_CHECK(QuantizesTo(type)) << DTypeName(type);
  ForEachRun(grid, n, pool, [&](const QuantizeRun& run, int64_t i) {
    switch (type) {
      case DType::kU8:
        QuantizePlain(run, x + i, static_cast<uint8_t*>(q) + i);
        break;
      case DType::kS16:
        (kernel.quantize_s16 != nullptr
             ? kernel.quantize_s16
             : QuantizePlain<int16_t>)(run, x + i, static_cast<int16_t*>(q) + i);
        break;
      case DType::kU16:
        QuantizePlain(run, x + i, static_cast<uint16_t*>(q) + i);
        break;
      case DType::kS32:
        QuantizePlain(run, x + i, static_cast<int32_t*>(q) + i);
        break;
      default:
        kernel.quantize(run, x + i, static_cast<int8_t*>(q) + i);
        break;
    }
  });
}

void DequantizeArray(const QuantizeKernel& kernel, const QuantizeGrid& grid, DType type,
                     const void* q, float* x, int64_t n, ThreadPool& pool) {
  PLUMB_CHECK(QuantizesTo(type)) << DTypeName(type);
  ForEachRun(grid, n, pool, [&](const QuantizeRun& run, int64_t i) {
    switch (type) {
      case DType::kU8:
        DequantizePlain(run, static_cast<const uint8_t*>(q) + i, x + i);
        break;
      case DType::kS16:
        (kernel.dequantize_s16 != nullptr
             ? kernel.dequantize_s16
             : DequantizePlain<int16_t>)(run, static_cast<const int16_t*>(q) + i, x + i);
        break;
      case DType::kU16:
        DequantizePlain(run, static_cast<const uint16_t*>(q) + i, x + i);
        break;
      case DType::kS32:
        DequantizePlain(run, static_cast<const int32_t*>(q) + i, x + i);
        break;
      default:
        kernel.dequantize(run, static_cast<const int8_t*>(q) + i, x + i);
        break;
    }
  });
}

void QuantizeInterleaved(const QuantizeKernel& kernel, const QuantizePlanes& planes,
                         ThreadPool& pool) {
  PLUMB_CHECK(planes.channels >= 1 && planes.channels <= kMostPlanes) << planes.channels;
  const auto part = [&](int64_t begin, int64_t end, int) {
    QuantizePlanes range = planes;
    range.x += begin;
    range.q += begin * planes.channels;
    range.n = end - begin;
    kernel.interleave(range);
  };
  pool.ParallelFor(planes.n, kElementsPerPart / planes.channels, std::cref(part));
}

}  // namespace plumb::kernels
