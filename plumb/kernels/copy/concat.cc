#include "plumb/kernels/copy/concat.h"

#include <algorithm>
#include <functional>

#include "plumb/kernels/common/copy_rows.h"
#include "plumb/kernels/common/nest.h"

namespace plumb::kernels {
namespace {

// Ranges of the long tensor are shared out in chunks, so that a few long rows (concat of the
// outermost axis) are spread over the threads as well as many short ones. `copy(part, part_offset,
// long_offset, rows, bytes)` moves a run of each of some rows.
template <typename F>
void ForEachRun(const PartsPlan& plan, ThreadPool& pool, const F& copy) {
  constexpr int64_t kChunk = 4 * kElementsPerPart;
  if (plan.outer <= 0 || plan.row_bytes <= 0) {
    return;
  }
  if (plan.row_bytes >= kChunk) {
    const int64_t chunks = (plan.row_bytes + kChunk - 1) / kChunk;
    auto work = [&](int64_t begin, int64_t end, int) {
      for (int64_t at = begin; at < end; ++at) {
        const int64_t row = at / chunks;
        const int64_t from = at % chunks * kChunk;
        const int64_t to = std::min(from + kChunk, plan.row_bytes);
        int64_t start = 0;
        for (size_t i = 0; i < plan.bytes.size(); ++i) {
          const int64_t first = std::max(from, start);
          const int64_t last = std::min(to, start + plan.bytes[i]);
          if (first < last) {
            copy(i, row * plan.bytes[i] + first - start, row * plan.row_bytes + first, 1,
                 last - first);
          }
          start += plan.bytes[i];
        }
      }
    };
    pool.ParallelFor(plan.outer * chunks, 1, std::ref(work));
    return;
  }
  // Part after part of so many rows that the long ones stay in the first cache.
  const int64_t block = std::max<int64_t>(1, 16384 / plan.row_bytes);
  auto work = [&](int64_t begin, int64_t end, int) {
    for (int64_t row = begin; row < end; row += block) {
      const int64_t rows = std::min(block, end - row);
      int64_t start = row * plan.row_bytes;
      for (size_t i = 0; i < plan.bytes.size(); ++i) {
        copy(i, row * plan.bytes[i], start, rows, plan.bytes[i]);
        start += plan.bytes[i];
      }
    }
  };
  pool.ParallelFor(plan.outer, std::max<int64_t>(1, kChunk / plan.row_bytes), std::ref(work));
}

}  // namespace

void Concat(const PartsPlan& plan, std::span<const void* const> inputs, void* output,
            ThreadPool& pool) {
  ForEachRun(
      plan, pool, [&](size_t part, int64_t at, int64_t long_at, int64_t rows, int64_t bytes) {
        CopyRows(static_cast<std::byte*>(output) + long_at, plan.row_bytes,
                 static_cast<const std::byte*>(inputs[part]) + at, plan.bytes[part], rows, bytes);
      });
}

void Split(const PartsPlan& plan, const void* input, std::span<void* const> outputs,
           ThreadPool& pool) {
  ForEachRun(
      plan, pool, [&](size_t part, int64_t at, int64_t long_at, int64_t rows, int64_t bytes) {
        CopyRows(static_cast<std::byte*>(outputs[part]) + at, plan.bytes[part],
                 static_cast<const std::byte*>(input) + long_at, plan.row_bytes, rows, bytes);
      });
}

}  // namespace plumb::kernels
