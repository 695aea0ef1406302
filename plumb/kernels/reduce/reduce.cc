#include "plumb/kernels/reduce/reduce.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <type_traits>

#include "plumb/kernels/reduce/reduce_functors.h"

namespace plumb::kernels {
namespace {

constexpr int kLanes = 8;
constexpr int64_t kChannelChunk = 64;  // outputs side by side: 8 lanes of 64 doubles are 4 KiB

using Loop = ReducePlan::Loop;

// Start offset of the loops' iteration number `index`.
int64_t OffsetOf(const std::vector<Loop>& loops, int64_t index) {
  int64_t offset = 0;
  for (size_t d = loops.size(); d-- > 0;) {
    offset += index % loops[d].size * loops[d].step;
    index /= loops[d].size;
  }
  return offset;
}

template <typename Op, typename T>
T Finish(typename Op::template Acc<T>* lanes, int64_t step, int64_t count) {
  const auto join = [](auto a, auto b) { return Op::Join(a, b); };
  const auto even = join(join(lanes[0], lanes[4 * step]), join(lanes[2 * step], lanes[6 * step]));
  const auto odd = join(join(lanes[step], lanes[5 * step]), join(lanes[3 * step], lanes[7 * step]));
  return Op::template Last<T>(join(even, odd), count);
}

// One output from runs of contiguous elements.
template <typename Op, typename T>
T ReduceRuns(const ReducePlan& plan, const T* x) {
  using Acc = typename Op::template Acc<T>;
  Acc lanes[kLanes];
  std::fill(lanes, lanes + kLanes, Op::template First<T>());
  const int64_t runs = plan.reduced_count / std::max<int64_t>(1, plan.run);
  int64_t lane = 0;  // of the next element
  for (int64_t r = 0; r < runs; ++r) {
    const T* row = runs == 1 ? x : x + OffsetOf(plan.reduced, r);
    int64_t i = 0;
    for (; i < plan.run && lane != 0; ++i) {
      lanes[lane] = Op::Step(lanes[lane], row[i]);
      lane = (lane + 1) % kLanes;
    }
    for (; i + kLanes <= plan.run; i += kLanes) {
      for (int k = 0; k < kLanes; ++k) {
        lanes[k] = Op::Step(lanes[k], row[i + k]);
      }
    }
    for (; i < plan.run; ++i) {
      lanes[lane] = Op::Step(lanes[lane], row[i]);
      lane = (lane + 1) % kLanes;
    }
  }
  return Finish<Op, T>(lanes, 1, plan.reduced_count);
}

// `n` outputs side by side, n <= kChannelChunk.
template <typename Op, typename T>
void ReduceColumns(const ReducePlan& plan, const T* x, int64_t n, T* out) {
  using Acc = typename Op::template Acc<T>;
  Acc lanes[kLanes * kChannelChunk];
  std::fill(lanes, lanes + kLanes * n, Op::template First<T>());
  // The innermost reduced loop is walked by its step, the outer ones by their odometer.
  const Loop inner = plan.reduced.empty() ? Loop{} : plan.reduced.back();
  int64_t i = 0;
  while (i < plan.reduced_count) {
    const T* row = x + OffsetOf(plan.reduced, i);
    for (int64_t k = 0; k < inner.size; ++k, ++i, row += inner.step) {
      Acc* lane = lanes + i % kLanes * n;
      for (int64_t c = 0; c < n; ++c) {
        lane[c] = Op::Step(lane[c], row[c]);
      }
    }
  }
  for (int64_t c = 0; c < n; ++c) {
    out[c] = Finish<Op, T>(lanes + c, n, plan.reduced_count);
  }
}

template <typename Op, typename T>
void Reduce(const ReducePlan& plan, const void* input, void* output, ThreadPool& pool) {
  const T* x = static_cast<const T*>(input);
  T* y = static_cast<T*>(output);
  if (plan.run_reduced) {
    auto part = [&](int64_t begin, int64_t end, int) {
      for (int64_t at = begin; at < end; ++at) {
        y[at] = ReduceRuns<Op, T>(plan, x + OffsetOf(plan.kept, at));
      }
    };
    const int64_t grain =
        std::max<int64_t>(1, kElementsPerPart / std::max<int64_t>(1, plan.reduced_count));
    pool.ParallelFor(plan.kept_count, grain, std::ref(part));
    return;
  }
  const int64_t chunks = (plan.run + kChannelChunk - 1) / kChannelChunk;
  auto part = [&](int64_t begin, int64_t end, int) {
    for (int64_t at = begin; at < end; ++at) {
      const int64_t first = at % chunks * kChannelChunk;
      const int64_t n = std::min(kChannelChunk, plan.run - first);
      const int64_t row = at / chunks;
      ReduceColumns<Op, T>(plan, x + OffsetOf(plan.kept, row) + first, n,
                           y + row * plan.run + first);
    }
  };
  const int64_t work = std::min(kChannelChunk, std::max<int64_t>(1, plan.run)) *
                       std::max<int64_t>(1, plan.reduced_count);
  pool.ParallelFor(plan.kept_count * chunks, std::max<int64_t>(1, kElementsPerPart / work),
                   std::ref(part));
}

// ln of the sum of e^x, as max + ln(sum of e^(x - max)).
void ReduceLogSumExp(const ReducePlan& plan, const void* input, void* output, ThreadPool& pool) {
  const float* x = static_cast<const float*>(input);
  float* y = static_cast<float*>(output);
  const int64_t columns = plan.run_reduced ? 1 : plan.run;  // outputs side by side
  const int64_t run = plan.run_reduced ? plan.run : 1;      // elements side by side
  const int64_t runs = plan.reduced_count / std::max<int64_t>(1, run);
  auto part = [&](int64_t begin, int64_t end, int) {
    for (int64_t at = begin; at < end; ++at) {
      const float* base = x + OffsetOf(plan.kept, at / columns) + at % columns;
      const auto each = [&](auto&& visit) {
        int64_t i = 0;
        for (int64_t r = 0; r < runs; ++r) {
          const float* row = base + OffsetOf(plan.reduced, r);
          for (int64_t k = 0; k < run; ++k) {
            visit(i++, row[k]);
          }
        }
      };
      float peak = reduce::Max::First<float>();
      each([&](int64_t, float v) { peak = reduce::Max::Step(peak, v); });
      if (!(std::fabs(peak) < std::numeric_limits<float>::infinity())) {
        y[at] = peak;  // infinite or NaN already
        continue;
      }
      double lanes[kLanes] = {};
      each([&](int64_t i, float v) {
        const double t = static_cast<double>(v) - static_cast<double>(peak);
        lanes[i % kLanes] += t > -700.0 ? Exp64(t) : 0.0;
      });
      y[at] = static_cast<float>(static_cast<double>(peak) +
                                 Log64(Finish<reduce::Sum, double>(lanes, 1, plan.reduced_count)));
    }
  };
  pool.ParallelFor(plan.kept_count * columns,
                   std::max<int64_t>(1, 1024 / std::max<int64_t>(1, plan.reduced_count)),
                   std::ref(part));
}

struct FloatOnly {
  template <typename Op>
  static ReduceFunction Find(DType dtype) {
    return dtype == DType::kF32 ? &Reduce<Op, float> : nullptr;
  }
};

struct FloatAndWide {
  template <typename Op>
  static ReduceFunction Find(DType dtype) {
    switch (dtype) {
      case DType::kF32:
        return &Reduce<Op, float>;
      case DType::kS32:
        return &Reduce<Op, int32_t>;
      case DType::kS64:
        return &Reduce<Op, int64_t>;
      case DType::kU32:
        return &Reduce<Op, uint32_t>;
      case DType::kU64:
        return &Reduce<Op, uint64_t>;
      default:
        return nullptr;
    }
  }
};

struct Ordered {
  template <typename Op>
  static ReduceFunction Find(DType dtype) {
    switch (dtype) {
      case DType::kS8:
        return &Reduce<Op, int8_t>;
      case DType::kU8:
        return &Reduce<Op, uint8_t>;
      case DType::kBool:
        return &Reduce<Op, uint8_t>;
      default:
        return FloatAndWide::Find<Op>(dtype);
    }
  }
};

struct Row {
  std::string_view name;
  ReduceFunction (*find)(DType dtype);
};

constexpr Row kRows[] = {
    {"reduce_log_sum_exp",
     [](DType dtype) -> ReduceFunction {
       return dtype == DType::kF32 ? &ReduceLogSumExp : nullptr;
     }},
#define PLUMB_REDUCE(name, functor, types) {name, &types::Find<reduce::functor>},
#include "plumb/kernels/reduce/reduce_ops.inc"
#undef PLUMB_REDUCE
};

}  // namespace

ReducePlan MakeReducePlan(std::span<const int64_t> shape, std::span<const int64_t> axes) {
  struct Group {
    int64_t size;
    bool reduced;
  };
  std::vector<Group> groups;  // neighbouring axes of one kind, merged; axes of 1 belong to either
  ReducePlan plan;
  for (size_t d = 0; d < shape.size(); ++d) {
    const bool reduced = std::find(axes.begin(), axes.end(), static_cast<int64_t>(d)) != axes.end();
    (reduced ? plan.reduced_count : plan.kept_count) *= shape[d];
    if (shape[d] == 1) {
      continue;
    }
    if (!groups.empty() && groups.back().reduced == reduced) {
      groups.back().size *= shape[d];
    } else {
      groups.push_back({shape[d], reduced});
    }
  }
  if (groups.empty()) {
    groups.push_back({1, true});
  }
  int64_t step = 1;
  for (size_t g = groups.size(); g-- > 0;) {
    if (g + 1 == groups.size()) {
      plan.run = groups[g].size;
      plan.run_reduced = groups[g].reduced;
    } else {
      auto& loops = groups[g].reduced ? plan.reduced : plan.kept;
      loops.insert(loops.begin(), {groups[g].size, step});
    }
    step *= groups[g].size;
  }
  if (!plan.run_reduced) {
    plan.kept_count = 1;
    for (const auto& loop : plan.kept) {
      plan.kept_count *= loop.size;
    }
  }
  return plan;
}

ReduceFunction FindReduce(std::string_view name, DType dtype) {
  for (const Row& row : kRows) {
    if (row.name == name) {
      return row.find(dtype);
    }
  }
  return nullptr;
}

}  // namespace plumb::kernels
