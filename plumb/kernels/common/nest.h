// Loop nests over several operands: one set of dimensions, one set of strides for each operand.
//
// Adjacent dimensions that every operand walks without a jump are merged and dimensions of 1
// dropped, so that a kernel sees the fewest and longest loops: same-shape operands become one loop,
// a per-channel operand an outer and an inner one.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <span>

#include "plumb/base/thread_pool.h"

namespace plumb::kernels {

inline constexpr int kMaxTensorRank = 8;  // what the plain kernels accept
inline constexpr int kMaxNestRank =
    2 * kMaxTensorRank;  // tile and depth_to_space split every dimension in two

template <int N>
struct Nest {
  int rank = 0;  // 1 or more once Finish() ran
  std::array<int64_t, kMaxNestRank> dims = {};
  std::array<std::array<int64_t, kMaxNestRank>, N> strides =
      {};                              // in elements; may be 0 or negative
  std::array<int64_t, N> offset = {};  // where each operand starts, in elements

  // Appends a dimension inside of those there are.
  void Add(int64_t dim, const std::array<int64_t, N>& dim_strides) {
    dims[static_cast<size_t>(rank)] = dim;
    for (size_t k = 0; k < N; ++k) {
      strides[k][static_cast<size_t>(rank)] = dim_strides[k];
    }
    ++rank;
  }

  // Merges what can be merged.
  void Finish() {
    const Nest full = *this;
    rank = 0;
    for (int d = 0; d < full.rank; ++d) {
      const auto at = static_cast<size_t>(d);
      std::array<int64_t, N> s;
      for (size_t k = 0; k < N; ++k) {
        s[k] = full.strides[k][at];
      }
      if (full.dims[at] == 0) {
        rank = 0;
        s.fill(1);
        Add(0, s);
        return;
      }
      if (full.dims[at] == 1) {
        continue;
      }
      bool merge = rank > 0;
      for (size_t k = 0; k < N && merge; ++k) {
        merge = strides[k][static_cast<size_t>(rank - 1)] == s[k] * full.dims[at];
      }
      if (merge) {
        const auto last = static_cast<size_t>(rank - 1);
        dims[last] *= full.dims[at];
        for (size_t k = 0; k < N; ++k) {
          strides[k][last] = s[k];
        }
      } else {
        Add(full.dims[at], s);
      }
    }
    if (rank == 0) {
      std::array<int64_t, N> s;
      s.fill(1);
      Add(1, s);
    }
  }

  [[nodiscard]] int64_t dim(int d) const { return dims[static_cast<size_t>(d)]; }
  [[nodiscard]] int64_t stride(int operand, int d) const {
    return strides[static_cast<size_t>(operand)][static_cast<size_t>(d)];
  }
};

// One call of a plane function: n0 rows of n1 elements each. Operand k starts at offset[k] and
// moves by s0[k] from row to row and by s1[k] from element to element.
template <int N>
struct Plane {
  int64_t n0 = 0;
  int64_t n1 = 0;
  std::array<int64_t, N> offset = {};
  std::array<int64_t, N> s0 = {};
  std::array<int64_t, N> s1 = {};
};

// Calls plane(const Plane<N>&) for all of the nest, two innermost dimensions at a time, shared out
// over the pool. A part is at least about `grain` elements. `plane` must write disjoint elements
// for disjoint planes.
template <int N, typename F>
void RunNest(const Nest<N>& nest, ThreadPool& pool, int64_t grain, const F& plane) {
  const int rank = nest.rank;
  Plane<N> inner;
  for (size_t k = 0; k < N; ++k) {
    inner.s1[k] = nest.stride(static_cast<int>(k), rank - 1);
    inner.s0[k] = rank > 1 ? nest.stride(static_cast<int>(k), rank - 2) : 0;
  }
  if (rank == 1) {
    auto part = [&](int64_t begin, int64_t end, int) {
      Plane<N> p = inner;
      p.n0 = 1;
      p.n1 = end - begin;
      for (size_t k = 0; k < N; ++k) {
        p.offset[k] = nest.offset[k] + begin * p.s1[k];
      }
      plane(p);
    };
    pool.ParallelFor(nest.dim(0), grain, std::ref(part));
    return;
  }
  // Rows are numbered over all but the innermost dimension; a part is a range of rows, walked plane
  // by plane.
  int64_t rows = 1;
  for (int d = 0; d < rank - 1; ++d) {
    rows *= nest.dim(d);
  }
  const int64_t n0 = nest.dim(rank - 2);
  const int64_t n1 = nest.dim(rank - 1);
  auto part = [&](int64_t begin, int64_t end, int) {
    std::array<int64_t, kMaxNestRank> index;
    int64_t rest = begin / n0;
    Plane<N> p = inner;
    p.n1 = n1;
    p.offset = nest.offset;
    for (int d = rank - 3; d >= 0; --d) {
      index[static_cast<size_t>(d)] = rest % nest.dim(d);
      rest /= nest.dim(d);
      for (size_t k = 0; k < N; ++k) {
        p.offset[k] += index[static_cast<size_t>(d)] * nest.stride(static_cast<int>(k), d);
      }
    }
    int64_t first = begin % n0;
    for (int64_t row = begin; row < end;) {
      Plane<N> q = p;
      q.n0 = std::min(n0 - first, end - row);
      for (size_t k = 0; k < N; ++k) {
        q.offset[k] += first * q.s0[k];
      }
      plane(q);
      row += q.n0;
      first = 0;
      for (int d = rank - 3; d >= 0; --d) {
        const auto at = static_cast<size_t>(d);
        const bool carry = ++index[at] == nest.dim(d);
        for (size_t k = 0; k < N; ++k) {
          p.offset[k] += carry ? -(nest.dim(d) - 1) * nest.stride(static_cast<int>(k), d)
                               : nest.stride(static_cast<int>(k), d);
        }
        if (!carry) {
          break;
        }
        index[at] = 0;
      }
    }
  };
  pool.ParallelFor(rows, std::max<int64_t>(1, grain / std::max<int64_t>(1, n1)), std::ref(part));
}

// Strides of a dense row-major tensor, in elements.
inline std::array<int64_t, kMaxTensorRank> DenseStrides(std::span<const int64_t> shape) {
  std::array<int64_t, kMaxTensorRank> strides = {};
  int64_t step = 1;
  for (size_t d = shape.size(); d-- > 0;) {
    strides[d] = step;
    step *= shape[d];
  }
  return strides;
}

// Strides that walk `shape` once for every element of the larger `full` shape, as numpy broadcasts:
// aligned at the last dimension, 0 where a dimension of 1 is repeated. Entry d belongs to dimension
// d of `full`.
inline std::array<int64_t, kMaxTensorRank> BroadcastStrides(std::span<const int64_t> shape,
                                                            std::span<const int64_t> full) {
  std::array<int64_t, kMaxTensorRank> strides = {};
  const std::array<int64_t, kMaxTensorRank> dense = DenseStrides(shape);
  const size_t lead = full.size() - shape.size();
  for (size_t d = lead; d < full.size(); ++d) {
    strides[d] = shape[d - lead] == 1 ? 0 : dense[d - lead];
  }
  return strides;
}

// True when numpy broadcasting of `shape` to `full` is possible.
inline bool BroadcastsTo(std::span<const int64_t> shape, std::span<const int64_t> full) {
  if (shape.size() > full.size()) {
    return false;
  }
  const size_t lead = full.size() - shape.size();
  for (size_t d = 0; d < shape.size(); ++d) {
    if (shape[d] != 1 && shape[d] != full[d + lead]) {
      return false;
    }
  }
  return true;
}

// Elements a part should have before another thread is worth waking.
inline constexpr int64_t kElementsPerPart = 16384;

}  // namespace plumb::kernels
