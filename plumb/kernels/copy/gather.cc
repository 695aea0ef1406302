#include "plumb/kernels/copy/gather.h"

#include <cstring>
#include <functional>

namespace plumb::kernels {
namespace {

template <typename T>
void GatherSingles(const T* row, Indices indices, int64_t size, int64_t begin, int64_t end, T* to) {
  for (int64_t j = begin; j < end; ++j) {
    to[j - begin] = row[indices.At(j, size)];
  }
}

const std::byte* Bytes(const void* p) { return static_cast<const std::byte*>(p); }
std::byte* Bytes(void* p) { return static_cast<std::byte*>(p); }

void CopyElement(std::byte* to, const std::byte* from, int64_t size) {
  switch (size) {
    case 1:
      std::memcpy(to, from, 1);
      break;
    case 2:
      std::memcpy(to, from, 2);
      break;
    case 4:
      std::memcpy(to, from, 4);
      break;
    default:
      std::memcpy(to, from, 8);
      break;
  }
}

// The block that tuple t of the batch names.
int64_t BlockOf(const GatherNdPlan& plan, Indices indices, int64_t t) {
  int64_t block = 0;
  for (int d = 0; d < plan.depth; ++d) {
    const int64_t size = plan.dims[static_cast<size_t>(d)];
    block = block * size + indices.At(t * plan.depth + d, size);
  }
  return block;
}

}  // namespace

void Gather(const GatherPlan& plan, const void* input, Indices indices, void* output,
            ThreadPool& pool) {
  const int64_t total = plan.outer * plan.count;
  if (plan.size == 0) {
    if (total * plan.block_bytes > 0) {
      std::memset(output, 0, static_cast<size_t>(total * plan.block_bytes));
    }
    return;
  }
  if (plan.block_bytes == 0) {
    return;
  }
  auto part = [&](int64_t begin, int64_t end, int) {
    for (int64_t at = begin; at < end;) {
      const int64_t outer = at / plan.count;
      const int64_t first = at % plan.count;
      const int64_t last = std::min(plan.count, first + end - at);
      const std::byte* row = Bytes(input) + outer * plan.size * plan.block_bytes;
      std::byte* to = Bytes(output) + at * plan.block_bytes;
      switch (plan.block_bytes) {
        case 1:
          GatherSingles(reinterpret_cast<const uint8_t*>(row), indices, plan.size, first, last,
                        reinterpret_cast<uint8_t*>(to));
          break;
        case 4:
          GatherSingles(reinterpret_cast<const uint32_t*>(row), indices, plan.size, first, last,
                        reinterpret_cast<uint32_t*>(to));
          break;
        default:
          for (int64_t j = first; j < last; ++j, to += plan.block_bytes) {
            std::memcpy(to, row + indices.At(j, plan.size) * plan.block_bytes,
                        static_cast<size_t>(plan.block_bytes));
          }
      }
      at += last - first;
    }
  };
  pool.ParallelFor(total, std::max<int64_t>(1, kElementsPerPart / plan.block_bytes),
                   std::ref(part));
}

void GatherElements(const GatherElementsPlan& plan, const void* input, Indices indices,
                    void* output, ThreadPool& pool) {
  const int64_t size = plan.element_size;
  RunNest(plan.nest, pool, kElementsPerPart, [&](const Plane<2>& p) {
    for (int64_t i = 0; i < p.n0; ++i) {
      for (int64_t j = 0; j < p.n1; ++j) {
        const int64_t at = p.offset[0] + i * p.s0[0] + j * p.s1[0];
        std::byte* to = Bytes(output) + at * size;
        if (plan.axis_size == 0) {
          std::memset(to, 0, static_cast<size_t>(size));
          continue;
        }
        const int64_t from = p.offset[1] + i * p.s0[1] + j * p.s1[1] +
                             indices.At(at, plan.axis_size) * plan.axis_stride;
        CopyElement(to, Bytes(input) + from * size, size);
      }
    }
  });
}

void ScatterElements(const ScatterElementsPlan& plan, const void* input, Indices indices,
                     const void* updates, void* output) {
  if (plan.data_bytes == 0) {
    return;
  }
  std::memcpy(output, input, static_cast<size_t>(plan.data_bytes));
  const GatherElementsPlan& walk = plan.walk;
  if (walk.axis_size == 0) {
    return;
  }
  const Nest<2>& nest = walk.nest;
  std::array<int64_t, kMaxNestRank> index = {};
  int64_t count = 1;
  for (int d = 0; d < nest.rank; ++d) {
    count *= nest.dim(d);
  }
  int64_t base = 0;
  for (int64_t at = 0; at < count; ++at) {
    const int64_t to = base + indices.At(at, walk.axis_size) * walk.axis_stride;
    plan.combine(Bytes(output) + to * walk.element_size, Bytes(updates) + at * walk.element_size,
                 1);
    for (int d = nest.rank - 1; d >= 0; --d) {
      base += nest.stride(1, d);
      if (++index[static_cast<size_t>(d)] < nest.dim(d)) {
        break;
      }
      base -= nest.dim(d) * nest.stride(1, d);
      index[static_cast<size_t>(d)] = 0;
    }
  }
}

void GatherNd(const GatherNdPlan& plan, const void* input, Indices indices, void* output,
              ThreadPool& pool) {
  const int64_t block_bytes = plan.block_elements * plan.element_size;
  const int64_t total = plan.batches * plan.tuples;
  const int64_t batch_blocks = plan.batch_blocks();
  if (total == 0 || block_bytes == 0) {
    return;
  }
  if (batch_blocks == 0) {
    std::memset(output, 0, static_cast<size_t>(total * block_bytes));
    return;
  }
  auto part = [&](int64_t begin, int64_t end, int) {
    for (int64_t t = begin; t < end; ++t) {
      const int64_t block = t / plan.tuples * batch_blocks + BlockOf(plan, indices, t);
      std::memcpy(Bytes(output) + t * block_bytes, Bytes(input) + block * block_bytes,
                  static_cast<size_t>(block_bytes));
    }
  };
  pool.ParallelFor(total, std::max<int64_t>(1, kElementsPerPart / block_bytes), std::ref(part));
}

void ScatterNd(const GatherNdPlan& plan, ScatterCombine combine, const void* input, Indices indices,
               const void* updates, void* output) {
  const int64_t block_bytes = plan.block_elements * plan.element_size;
  const int64_t blocks = plan.batch_blocks();
  if (blocks == 0 || block_bytes == 0) {
    return;
  }
  std::memcpy(output, input, static_cast<size_t>(blocks * block_bytes));
  for (int64_t t = 0; t < plan.tuples; ++t) {
    combine(Bytes(output) + BlockOf(plan, indices, t) * block_bytes,
            Bytes(updates) + t * block_bytes, plan.block_elements);
  }
}

}  // namespace plumb::kernels
