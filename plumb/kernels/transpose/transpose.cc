#include "plumb/kernels/transpose/transpose.h"

#include <algorithm>
#include <cstring>
#include <functional>

#include "plumb/kernels/common/strided_copy.h"

namespace plumb::kernels {
namespace {

constexpr int64_t kTile = 64;  // a tile of 64 x 64 elements of 4 bytes: 16 KiB read, 16 KiB written

// Four rows of four: the portable spelling of the unpack instructions.
using Vec4 = uint32_t __attribute__((vector_size(16), aligned(4), may_alias));
using Vec16 = uint8_t __attribute__((vector_size(16), aligned(1), may_alias));

inline void Block4x4(const uint32_t* src, int64_t ss, uint32_t* dst, int64_t ds) {
  const Vec4 a = *reinterpret_cast<const Vec4*>(src);
  const Vec4 b = *reinterpret_cast<const Vec4*>(src + ss);
  const Vec4 c = *reinterpret_cast<const Vec4*>(src + 2 * ss);
  const Vec4 d = *reinterpret_cast<const Vec4*>(src + 3 * ss);
  const Vec4 ac_lo = __builtin_shufflevector(a, c, 0, 4, 1, 5);
  const Vec4 ac_hi = __builtin_shufflevector(a, c, 2, 6, 3, 7);
  const Vec4 bd_lo = __builtin_shufflevector(b, d, 0, 4, 1, 5);
  const Vec4 bd_hi = __builtin_shufflevector(b, d, 2, 6, 3, 7);
  *reinterpret_cast<Vec4*>(dst) = __builtin_shufflevector(ac_lo, bd_lo, 0, 4, 1, 5);
  *reinterpret_cast<Vec4*>(dst + ds) = __builtin_shufflevector(ac_lo, bd_lo, 2, 6, 3, 7);
  *reinterpret_cast<Vec4*>(dst + 2 * ds) = __builtin_shufflevector(ac_hi, bd_hi, 0, 4, 1, 5);
  *reinterpret_cast<Vec4*>(dst + 3 * ds) = __builtin_shufflevector(ac_hi, bd_hi, 2, 6, 3, 7);
}

inline void Block16x16(const uint8_t* src, int64_t ss, uint8_t* dst, int64_t ds) {
  Vec16 v[16];
  Vec16 w[16];
  for (int i = 0; i < 16; ++i) {
    v[i] = *reinterpret_cast<const Vec16*>(src + i * ss);
  }
  // Four rounds of interleaving rows i and i + 8 transpose the block.
  for (int round = 0; round < 4; ++round) {
    for (int i = 0; i < 8; ++i) {
      w[2 * i] = __builtin_shufflevector(v[i], v[i + 8], 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21,
                                         6, 22, 7, 23);
      w[2 * i + 1] = __builtin_shufflevector(v[i], v[i + 8], 8, 24, 9, 25, 10, 26, 11, 27, 12, 28,
                                             13, 29, 14, 30, 15, 31);
    }
    std::copy(w, w + 16, v);
  }
  for (int i = 0; i < 16; ++i) {
    *reinterpret_cast<Vec16*>(dst + i * ds) = v[i];
  }
}

template <typename T>
void PlainTile(const T* src, int64_t ss, T* dst, int64_t ds, int64_t rows, int64_t columns) {
  for (int64_t i = 0; i < rows; ++i) {
    for (int64_t j = 0; j < columns; ++j) {
      dst[i * ds + j] = src[j * ss + i];
    }
  }
}

// dst[i * ds + j] = src[j * ss + i] for i < rows, j < columns.
template <typename T>
void Tile(const T* src, int64_t ss, T* dst, int64_t ds, int64_t rows, int64_t columns) {
  constexpr int64_t kBlock = sizeof(T) == 4 ? 4 : sizeof(T) == 1 ? 16 : 0;
  if constexpr (kBlock == 0) {
    PlainTile(src, ss, dst, ds, rows, columns);
  } else {
    const int64_t full_rows = rows - rows % kBlock;
    const int64_t full_columns = columns - columns % kBlock;
    for (int64_t i = 0; i < full_rows; i += kBlock) {
      for (int64_t j = 0; j < full_columns; j += kBlock) {
        if constexpr (sizeof(T) == 4) {
          Block4x4(src + j * ss + i, ss, dst + i * ds + j, ds);
        } else {
          Block16x16(src + j * ss + i, ss, dst + i * ds + j, ds);
        }
      }
    }
    PlainTile(src + full_columns * ss, ss, dst + full_columns, ds, full_rows,
              columns - full_columns);
    PlainTile(src + full_rows, ss, dst + full_rows * ds, ds, rows - full_rows, columns);
  }
}

template <typename T>
void TransposeTiled(const TransposePlan& plan, const T* input, T* output, ThreadPool& pool) {
  const Nest<2>& nest = plan.nest;
  const int last = nest.rank - 1;
  const int64_t rows = nest.dim(plan.column);
  const int64_t columns = nest.dim(last);
  const int64_t ds = nest.stride(0, plan.column);
  const int64_t ss = nest.stride(1, last);
  // Narrow on one side: longer tiles on the other.
  const int64_t tile_rows = columns < 16 ? 1024 : kTile;
  const int64_t tile_columns = rows < 16 ? 1024 : kTile;
  const int64_t row_tiles = (rows + tile_rows - 1) / tile_rows;
  const int64_t column_tiles = (columns + tile_columns - 1) / tile_columns;
  int64_t tiles = row_tiles * column_tiles;
  for (int d = 0; d < last; ++d) {
    tiles *= d == plan.column ? 1 : nest.dim(d);
  }
  auto part = [&](int64_t begin, int64_t end, int) {
    for (int64_t tile = begin; tile < end; ++tile) {
      int64_t rest = tile;
      const int64_t j = rest % column_tiles * tile_columns;
      rest /= column_tiles;
      const int64_t i = rest % row_tiles * tile_rows;
      rest /= row_tiles;
      int64_t from = i + j * ss;
      int64_t to = i * ds + j;
      for (int d = last - 1; d >= 0; --d) {
        if (d == plan.column) {
          continue;
        }
        const int64_t at = rest % nest.dim(d);
        rest /= nest.dim(d);
        from += at * nest.stride(1, d);
        to += at * nest.stride(0, d);
      }
      Tile(input + from, ss, output + to, ds, std::min(tile_rows, rows - i),
           std::min(tile_columns, columns - j));
    }
  };
  const int64_t tile_elements = std::min(tile_rows, rows) * std::min(tile_columns, columns);
  pool.ParallelFor(tiles, std::max<int64_t>(1, kElementsPerPart / tile_elements), std::ref(part));
}

}  // namespace

TransposePlan MakeTransposePlan(std::span<const int64_t> input_shape, std::span<const int64_t> perm,
                                int64_t element_size) {
  TransposePlan plan;
  plan.element_size = element_size;
  const size_t rank = perm.size();
  std::array<int64_t, kMaxTensorRank> output_shape = {};
  for (size_t d = 0; d < rank; ++d) {
    output_shape[d] = input_shape[static_cast<size_t>(perm[d])];
  }
  const auto in = DenseStrides(input_shape);
  const auto out = DenseStrides({output_shape.data(), rank});
  for (size_t d = 0; d < rank; ++d) {
    plan.nest.Add(output_shape[d], {out[d], in[static_cast<size_t>(perm[d])]});
  }
  plan.nest.Finish();
  const int last = plan.nest.rank - 1;
  if (plan.nest.stride(1, last) != 1) {
    for (int d = 0; d < last; ++d) {
      if (plan.nest.stride(1, d) == 1) {
        plan.tiled = true;
        plan.column = d;
      }
    }
  }
  return plan;
}

void Transpose(const TransposePlan& plan, const void* input, void* output, ThreadPool& pool) {
  if (!plan.tiled) {
    StridedCopy({plan.nest, plan.element_size}, input, output, pool);
    return;
  }
  switch (plan.element_size) {
    case 1:
      TransposeTiled(plan, static_cast<const uint8_t*>(input), static_cast<uint8_t*>(output), pool);
      break;
    case 2:
      TransposeTiled(plan, static_cast<const uint16_t*>(input), static_cast<uint16_t*>(output),
                     pool);
      break;
    case 4:
      TransposeTiled(plan, static_cast<const uint32_t*>(input), static_cast<uint32_t*>(output),
                     pool);
      break;
    default:
      TransposeTiled(plan, static_cast<const uint64_t*>(input), static_cast<uint64_t*>(output),
                     pool);
      break;
  }
}

}  // namespace plumb::kernels
