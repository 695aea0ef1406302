#include "plumb/kernels/copy/arrange.h"

#include <algorithm>
#include <cstring>
#include <functional>

namespace plumb::kernels {
namespace {

const std::byte* Bytes(const void* p) { return static_cast<const std::byte*>(p); }
std::byte* Bytes(void* p) { return static_cast<std::byte*>(p); }

// Index i as it is stored.
int64_t Raw(Indices indices, int64_t i) {
  return indices.wide ? static_cast<const int64_t*>(indices.raw)[i]
                      : static_cast<const int32_t*>(indices.raw)[i];
}

}  // namespace

void Trilu(const TriluPlan& plan, const void* input, void* output, ThreadPool& pool) {
  const int64_t row_bytes = plan.columns * plan.element_size;
  if (row_bytes == 0) {
    return;
  }
  const int64_t k = std::clamp(plan.k, -plan.rows - 1, plan.columns + 1);
  auto part = [&](int64_t begin, int64_t end, int) {
    for (int64_t at = begin; at < end; ++at) {
      // Columns [first, last) are kept.
      const int64_t row = at % plan.rows;
      const int64_t first = plan.upper ? std::clamp<int64_t>(row + k, 0, plan.columns) : 0;
      const int64_t last =
          plan.upper ? plan.columns : std::clamp<int64_t>(row + k + 1, 0, plan.columns);
      std::byte* to = Bytes(output) + at * row_bytes;
      std::memset(to, 0, static_cast<size_t>(row_bytes));
      if (last > first) {
        std::memcpy(to + first * plan.element_size,
                    Bytes(input) + at * row_bytes + first * plan.element_size,
                    static_cast<size_t>((last - first) * plan.element_size));
      }
    }
  };
  pool.ParallelFor(plan.matrices * plan.rows, std::max<int64_t>(1, kElementsPerPart / row_bytes),
                   std::ref(part));
}

void ReverseSequence(const ReverseSequencePlan& plan, const void* input, Indices lengths,
                     void* output, ThreadPool& pool) {
  if (plan.block_bytes == 0) {
    return;
  }
  auto part = [&](int64_t begin, int64_t end, int) {
    for (int64_t b = begin; b < end; ++b) {
      const int64_t length = std::clamp<int64_t>(Raw(lengths, b), 0, plan.time);
      for (int64_t t = 0; t < plan.time; ++t) {
        const int64_t from = t < length ? length - 1 - t : t;
        std::memcpy(Bytes(output) + (b * plan.batch_step + t * plan.time_step) * plan.block_bytes,
                    Bytes(input) + (b * plan.batch_step + from * plan.time_step) * plan.block_bytes,
                    static_cast<size_t>(plan.block_bytes));
      }
    }
  };
  pool.ParallelFor(
      plan.batch,
      std::max<int64_t>(1, kElementsPerPart / std::max<int64_t>(1, plan.time * plan.block_bytes)),
      std::ref(part));
}

void OneHot(const OneHotPlan& plan, Indices indices, const void* values, void* output,
            ThreadPool& pool) {
  const int64_t size = plan.element_size;
  auto part = [&](int64_t begin, int64_t end, int) {
    for (int64_t at = begin; at < end; ++at) {
      const int64_t inner = at % plan.inner;
      const int64_t d = at / plan.inner % plan.depth;
      const int64_t outer = at / plan.inner / plan.depth;
      const int64_t index = Raw(indices, outer * plan.inner + inner);
      const bool on = index == d || (index < 0 && index >= -plan.depth && index + plan.depth == d);
      std::memcpy(Bytes(output) + at * size, Bytes(values) + (on ? size : 0),
                  static_cast<size_t>(size));
    }
  };
  pool.ParallelFor(plan.outer * plan.depth * plan.inner, kElementsPerPart, std::ref(part));
}

}  // namespace plumb::kernels
