#include "plumb/kernels/pool/average_s8.h"

#include <algorithm>
#include <functional>

#include "plumb/kernels/common/nest.h"
#include "plumb/numerics/requantize.h"

namespace plumb::kernels {
namespace {

// Channels whose sums are held at once.
constexpr int64_t kLanes = 64;

void AddTo(int32_t* sums, const int8_t* x, int64_t n, int32_t zero_point) {
  for (int64_t i = 0; i < n; ++i) {
    sums[i] += x[i] - zero_point;
  }
}

// Positions of a window of `kernel` steps that lie within [0, size): [begin, end).
struct Inside {
  int64_t begin, end;
};
Inside Clip(int64_t first, int64_t kernel, int64_t dilation, int64_t size) {
  const int64_t begin = first >= 0 ? 0 : (-first + dilation - 1) / dilation;
  const int64_t end = first >= size ? 0 : (size - first + dilation - 1) / dilation;
  return {std::min(begin, kernel), std::max(std::min(begin, kernel), std::min(end, kernel))};
}

}  // namespace

int8_t AverageS8(const AverageS8Params& params, int32_t sum, int64_t count) {
  const float mean = static_cast<float>(sum) / static_cast<float>(count);
  return static_cast<int8_t>(
      numerics::ClampRound(mean * params.multiplier, -128, 127, params.y_zero_point));
}

void AveragePoolS8(const PoolShape& s, bool count_include_pad, const AverageS8Params& params,
                   const int8_t* x, int8_t* y, ThreadPool& pool) {
  const auto rows = [&](int64_t row_begin, int64_t row_end, int) {
    for (int64_t row = row_begin; row < row_end; ++row) {
      const int64_t top = row % s.out_h * s.stride_h - s.pad_top;
      const Inside in_y = Clip(top, s.kernel_h, s.dilation_h, s.in_h);
      const Inside padded_y =
          Clip(top + s.pad_top, s.kernel_h, s.dilation_h, s.in_h + s.pad_top + s.pad_bottom);
      for (int64_t ox = 0; ox < s.out_w; ++ox) {
        const int64_t left = ox * s.stride_w - s.pad_left;
        const Inside in_x = Clip(left, s.kernel_w, s.dilation_w, s.in_w);
        const Inside padded_x =
            Clip(left + s.pad_left, s.kernel_w, s.dilation_w, s.in_w + s.pad_left + s.pad_right);
        const Inside& count_y = count_include_pad ? padded_y : in_y;
        const Inside& count_x = count_include_pad ? padded_x : in_x;
        const int64_t count =
            std::max<int64_t>(1, (count_y.end - count_y.begin) * (count_x.end - count_x.begin));
        for (int64_t c = 0; c < s.channels; c += kLanes) {
          const int64_t n = std::min(kLanes, s.channels - c);
          int32_t sums[kLanes] = {};
          for (int64_t ky = in_y.begin; ky < in_y.end; ++ky) {
            for (int64_t kx = in_x.begin; kx < in_x.end; ++kx) {
              const int64_t line = row / s.out_h * s.in_h + top + ky * s.dilation_h;
              const int64_t pixel = line * s.in_w + left + kx * s.dilation_w;
              AddTo(sums, x + pixel * s.channels + c, n, params.x_zero_point);
            }
          }
          for (int64_t i = 0; i < n; ++i) {
            y[(row * s.out_w + ox) * s.channels + c + i] = AverageS8(params, sums[i], count);
          }
        }
      }
    }
  };
  pool.ParallelFor(s.batch * s.out_h, 1, std::cref(rows));
}

MeanPlan MakeMeanPlan(std::span<const int64_t> shape, std::span<const int64_t> axes) {
  MeanPlan plan;
  plan.kept = {0};
  plan.averaged = {0};
  size_t rank = shape.size();
  // Kept dimensions at the end lie side by side.
  while (rank > 0 &&
         std::find(axes.begin(), axes.end(), static_cast<int64_t>(rank - 1)) == axes.end()) {
    plan.run *= shape[--rank];
  }
  const auto strides = DenseStrides(shape);
  for (size_t d = 0; d < rank; ++d) {
    const bool reduced = std::find(axes.begin(), axes.end(), static_cast<int64_t>(d)) != axes.end();
    std::vector<int64_t>& offsets = reduced ? plan.averaged : plan.kept;
    std::vector<int64_t> grown;
    for (const int64_t offset : offsets) {
      for (int64_t i = 0; i < shape[d]; ++i) {
        grown.push_back(offset + i * strides[d]);
      }
    }
    offsets = std::move(grown);
  }
  return plan;
}

void MeanS8(const MeanPlan& plan, const AverageS8Params& params, const int8_t* x, int8_t* y,
            ThreadPool& pool) {
  const int64_t pieces = (plan.run + kLanes - 1) / kLanes;  // of a run
  const auto part = [&](int64_t begin, int64_t end, int) {
    for (int64_t index = begin; index < end; ++index) {
      const int64_t outer = index / pieces;
      const int64_t first = index % pieces * kLanes;
      const int64_t n = std::min(kLanes, plan.run - first);
      int32_t sums[kLanes] = {};
      const int8_t* from = x + plan.kept[static_cast<size_t>(outer)] + first;
      for (const int64_t offset : plan.averaged) {
        AddTo(sums, from + offset, n, params.x_zero_point);
      }
      for (int64_t i = 0; i < n; ++i) {
        y[outer * plan.run + first + i] =
            AverageS8(params, sums[i], static_cast<int64_t>(plan.averaged.size()));
      }
    }
  };
  pool.ParallelFor(static_cast<int64_t>(plan.kept.size()) * pieces, 1, std::cref(part));
}

}  // namespace plumb::kernels
