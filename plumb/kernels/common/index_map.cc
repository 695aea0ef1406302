#include "plumb/kernels/common/index_map.h"

#include <cstring>
#include <functional>

#include "plumb/kernels/common/copy_rows.h"

namespace plumb::kernels {
namespace {

void Fill(std::byte* to, int64_t bytes, const void* value, int64_t element_size) {
  if (element_size == 1) {
    std::memset(to, *static_cast<const uint8_t*>(value), static_cast<size_t>(bytes));
    return;
  }
  for (int64_t i = 0; i < bytes; i += element_size) {
    std::memcpy(to + i, value, static_cast<size_t>(element_size));
  }
}

template <typename T>
void GatherBlocks(const std::byte* row, const std::vector<int64_t>& map, int64_t step,
                  const void* fill, std::byte* to) {
  T value;
  std::memcpy(&value, fill, sizeof(T));
  for (size_t i = 0; i < map.size(); ++i) {
    T x = value;
    if (map[i] >= 0) {
      std::memcpy(&x, row + map[i] * step, sizeof(T));
    }
    std::memcpy(to + i * sizeof(T), &x, sizeof(T));
  }
}

// True when map[i..] continues map[i-1] without a jump.
bool Continues(const std::vector<int64_t>& map, size_t i) {
  return map[i] == map[i - 1] + 1 && map[i - 1] >= 0;
}

// Blocks that lie apart in the destination: one by one.
void CopyBlocks(const IndexMapPlan& plan, const std::byte* row, const void* fill, std::byte* to) {
  const IndexMapPlan::Axis& axis = plan.axes.back();
  for (const int64_t source : axis.source) {
    if (source < 0) {
      Fill(to, plan.block_bytes, fill, plan.element_size);
    } else {
      CopyRows(to, 0, row + source * axis.source_step, 0, 1, plan.block_bytes);
    }
    to += plan.block_step;
  }
}

void CopyRow(const IndexMapPlan& plan, const std::byte* row, const void* fill, std::byte* to) {
  const IndexMapPlan::Axis& axis = plan.axes.back();
  const std::vector<int64_t>& map = axis.source;
  const int64_t block = plan.block_bytes;
  if (block == plan.element_size && block == axis.source_step) {
    // Single elements: a table look-up each, unless nearly all of the row is one run.
    const size_t middle = map.size() / 2;
    if (map.size() < 4 || !Continues(map, middle)) {
      switch (block) {
        case 1:
          GatherBlocks<uint8_t>(row, map, block, fill, to);
          return;
        case 2:
          GatherBlocks<uint16_t>(row, map, block, fill, to);
          return;
        case 4:
          GatherBlocks<uint32_t>(row, map, block, fill, to);
          return;
        default:
          GatherBlocks<uint64_t>(row, map, block, fill, to);
          return;
      }
    }
  }
  for (size_t i = 0; i < map.size();) {
    size_t end = i + 1;
    if (map[i] < 0) {
      while (end < map.size() && map[end] < 0) {
        ++end;
      }
      Fill(to + static_cast<int64_t>(i) * block, static_cast<int64_t>(end - i) * block, fill,
           plan.element_size);
    } else {
      while (axis.source_step == block && end < map.size() && Continues(map, end)) {
        ++end;
      }
      std::memcpy(to + static_cast<int64_t>(i) * block, row + map[i] * axis.source_step,
                  (end - i) * static_cast<size_t>(block));
    }
    i = end;
  }
}

}  // namespace

IndexMapPlan MakeIndexMapPlan(std::span<const int64_t> input_shape,
                              std::vector<std::vector<int64_t>> maps, int64_t element_size) {
  IndexMapPlan plan;
  plan.element_size = element_size;
  plan.block_bytes = element_size;
  size_t rank = input_shape.size();
  const auto whole = [&](size_t d) {
    for (size_t i = 0; i < maps[d].size(); ++i) {
      if (maps[d][i] != static_cast<int64_t>(i)) {
        return false;
      }
    }
    return static_cast<int64_t>(maps[d].size()) == input_shape[d];
  };
  while (rank > 1 && whole(rank - 1)) {
    plan.block_bytes *= input_shape[--rank];
  }
  int64_t step = plan.block_bytes;
  plan.axes.resize(std::max<size_t>(rank, 1));
  for (size_t d = rank; d-- > 0;) {
    plan.axes[d].source = std::move(maps[d]);
    plan.axes[d].source_step = step;
    step *= input_shape[d];
  }
  if (rank == 0) {
    plan.axes[0].source = {0};
    plan.axes[0].source_step = element_size;
  }
  return plan;
}

void IndexMapCopy(const IndexMapPlan& plan, const void* source, const void* fill, void* destination,
                  ThreadPool& pool) {
  const size_t outer = plan.axes.size() - 1;
  int64_t rows = 1;
  for (size_t d = 0; d < outer; ++d) {
    rows *= static_cast<int64_t>(plan.axes[d].source.size());
  }
  const bool apart = plan.block_step != 0 && plan.block_step != plan.block_bytes;
  const auto blocks = static_cast<int64_t>(plan.axes[outer].source.size());
  const int64_t row_bytes = blocks * (apart ? plan.block_step : plan.block_bytes);
  if (rows == 0 || row_bytes == 0) {
    return;
  }
  auto part = [&](int64_t begin, int64_t end, int) {
    std::byte* to = static_cast<std::byte*>(destination) + begin * row_bytes;
    const std::byte* previous = nullptr;
    for (int64_t row = begin; row < end; ++row, to += row_bytes) {
      int64_t rest = row;
      int64_t offset = 0;
      bool inside = true;
      for (size_t d = outer; d-- > 0;) {
        const auto size = static_cast<int64_t>(plan.axes[d].source.size());
        const int64_t at = plan.axes[d].source[static_cast<size_t>(rest % size)];
        rest /= size;
        inside = inside && at >= 0;
        offset += at * plan.axes[d].source_step;
      }
      const std::byte* from = inside ? static_cast<const std::byte*>(source) + offset : nullptr;
      if (apart && inside) {
        CopyBlocks(plan, from, fill, to);
      } else if (apart) {
        for (int64_t i = 0; i < blocks; ++i) {
          Fill(to + i * plan.block_step, plan.block_bytes, fill, plan.element_size);
        }
      } else if (!inside) {
        Fill(to, row_bytes, fill, plan.element_size);
      } else if (from == previous) {
        std::memcpy(to, to - row_bytes, static_cast<size_t>(row_bytes));  // the row above again
      } else {
        CopyRow(plan, from, fill, to);
      }
      previous = from;
    }
  };
  pool.ParallelFor(rows, std::max<int64_t>(1, 4 * kElementsPerPart / row_bytes), std::ref(part));
}

}  // namespace plumb::kernels
