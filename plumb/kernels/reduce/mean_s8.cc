#include "plumb/kernels/reduce/mean_s8.h"

#include <algorithm>
#include <functional>

#include "plumb/numerics/requantize.h"

namespace plumb::kernels {
namespace {

int64_t OffsetOf(const std::vector<ReducePlan::Loop>& loops, int64_t index) {
  int64_t offset = 0;
  for (size_t d = loops.size(); d-- > 0;) {
    offset += index % loops[d].size * loops[d].step;
    index /= loops[d].size;
  }
  return offset;
}

}  // namespace

void ReduceMeanS8(const ReducePlan& plan, const MeanS8& rule, const int8_t* input, int8_t* output,
                  ThreadPool& pool) {
  constexpr int64_t kChunk = 256;
  const int64_t width = plan.run_reduced ? 1 : plan.run;  // outputs side by side
  const int64_t run = plan.run_reduced ? plan.run : 1;    // elements of one output side by side
  const int64_t rows = plan.reduced_count / std::max<int64_t>(1, run);
  const int64_t chunks = (width + kChunk - 1) / kChunk;
  const auto count = static_cast<float>(std::max<int64_t>(1, plan.reduced_count));
  const int64_t zeros = plan.reduced_count * rule.x_zero_point;
  auto part = [&](int64_t begin, int64_t end, int) {
    int64_t sums[kChunk];
    int32_t partial[kChunk];
    for (int64_t at = begin; at < end; ++at) {
      const int64_t first = at % chunks * kChunk;
      const int64_t n = std::min(kChunk, width - first);
      const int8_t* x = input + OffsetOf(plan.kept, at / chunks) + first;
      std::fill(sums, sums + n, 0);
      // Groups of 2^16 rows fit 32 bits: 2^16 * 128 < 2^31; long runs are cut the same way.
      constexpr int64_t kGroup = 65536;
      if (run == 1) {
        for (int64_t r = 0; r < rows;) {
          std::fill(partial, partial + n, 0);
          for (const int64_t stop = std::min(rows, r + kGroup); r < stop; ++r) {
            const int8_t* row = x + OffsetOf(plan.reduced, r);
            for (int64_t c = 0; c < n; ++c) {
              partial[c] += row[c];
            }
          }
          for (int64_t c = 0; c < n; ++c) {
            sums[c] += partial[c];
          }
        }
      } else {
        for (int64_t r = 0; r < rows; ++r) {
          const int8_t* row = x + OffsetOf(plan.reduced, r);
          for (int64_t i = 0; i < run;) {
            int32_t group = 0;
            for (const int64_t stop = std::min(run, i + kGroup); i < stop; ++i) {
              group += row[i];
            }
            sums[0] += group;
          }
        }
      }
      int8_t* y = output + at / chunks * width + first;
      for (int64_t c = 0; c < n; ++c) {
        const float mean = static_cast<float>(sums[c] - zeros) / count;
        y[c] = static_cast<int8_t>(
            numerics::ClampRound(mean * rule.multiplier, rule.lo, rule.hi, rule.y_zero_point));
      }
    }
  };
  const int64_t work =
      std::min(kChunk, std::max<int64_t>(1, width)) * std::max<int64_t>(1, plan.reduced_count);
  pool.ParallelFor(plan.kept_count * chunks, std::max<int64_t>(1, kElementsPerPart / work),
                   std::ref(part));
}

}  // namespace plumb::kernels
