#include "plumb/kernels/dot_f32/dot_f32.h"

#include <algorithm>
#include <cstring>
#include <functional>

namespace plumb::kernels {

#define PLUMB_DOT_F32(function, isa, rows, panel) void function(const DotF32Tile& tile);
#include "plumb/kernels/dot_f32/dot_f32_kernels.inc"
#undef PLUMB_DOT_F32

namespace {

constexpr DotF32Kernel kKernels[] = {
#define PLUMB_DOT_F32(function, isa, rows, panel) {#function, isa, rows, panel, function},
#include "plumb/kernels/dot_f32/dot_f32_kernels.inc"
#undef PLUMB_DOT_F32
};

constexpr int64_t kBlockFloats = kDotF32BlockRows * kDotF32Stride;

}  // namespace

std::vector<const DotF32Kernel*> DotF32Kernels() {
  std::vector<const DotF32Kernel*> found;
  for (const DotF32Kernel& kernel : kKernels) {
    if (CpuHas(kernel.isa)) {
      found.push_back(&kernel);
    }
  }
  return found;
}

const DotF32Kernel& SelectDotF32(Isa isa) {
  for (const DotF32Kernel& kernel : kKernels) {
    if (MayRun(isa, kernel.isa)) {
      return kernel;
    }
  }
  PLUMB_CHECK(false) << "the scalar kernel runs everywhere";
  return kKernels[0];
}

size_t DotF32ScratchBytesOfOne() { return kBlockFloats * sizeof(float); }

size_t DotF32ScratchBytes(int threads) {
  return static_cast<size_t>(threads) * DotF32ScratchBytesOfOne();
}

void RunDotF32Part(const DotF32Job& job, int64_t row_begin, int64_t row_end, int64_t panel_begin,
                   int64_t panel_end, float* scratch) {
  const DotF32Kernel& kernel = *job.kernel;
  const DotF32Panels& panels = *job.panels;
  const int64_t depth = panels.k();
  // Panels that stay in the second-level cache may be passed over often, for blocks that stay
  // nearer; others are read from farther away and want large blocks.
  const int64_t panel_bytes = (panel_end - panel_begin) * kernel.panel * depth * 4;
  const int64_t most_rows =
      panel_bytes <= (int64_t{1} << 19) ? kDotF32BlockRows / 4 : kDotF32BlockRows;
  const int64_t block_rows = most_rows / kernel.max_rows * kernel.max_rows;
  // Chunks of about equal length: a short last one would not be worth its accumulators' way.
  const int64_t chunks = std::max<int64_t>(1, (depth + kDotF32Chunk - 1) / kDotF32Chunk);
  const int64_t chunk = (depth + chunks - 1) / chunks;
  const int64_t first_column = panel_begin * kernel.panel;
  const int64_t end_column = std::min(panel_end * kernel.panel, panels.columns());
  for (int64_t row = row_begin; row < row_end; row += block_rows) {
    const int64_t rows = std::min(block_rows, row_end - row);
    int64_t k = 0;
    do {  // once even for empty chains: they are +0 + bias
      const int64_t steps = std::min(chunk, depth - k);
      job.rows->Copy(row, rows, k, k + steps, scratch);
      const bool last = k + steps == depth;
      const DotF32Segment whole{0, steps};
      for (int64_t panel = panel_begin; panel < panel_end; ++panel) {
        const int64_t column = panel * kernel.panel;
        DotF32Tile tile;
        tile.a_stride = kDotF32Stride;
        tile.segments = {&whole, 1};
        tile.b = job.packed + panels.offset(panel) + k * panels.width(panel);
        tile.c_stride = job.c_stride;
        tile.columns = static_cast<int>(std::min<int64_t>(kernel.panel, panels.columns() - column));
        tile.first = k == 0;
        tile.bias = last && job.bias != nullptr ? job.bias + column : nullptr;
        for (int64_t r = 0; r < rows; r += kernel.max_rows) {
          tile.a = scratch + r * kDotF32Stride;
          tile.c = job.c + (row + r) * job.c_stride + column;
          tile.rows = static_cast<int>(std::min<int64_t>(kernel.max_rows, rows - r));
          kernel.run(tile);
        }
      }
      k += steps;
    } while (k < depth);
    if (job.function.apply != nullptr) {
      const int64_t columns = end_column - first_column;
      if (columns == job.c_stride) {
        float* c = job.c + row * job.c_stride;
        job.function.apply(c, c, rows * columns, job.function.parameters);
      } else {
        for (int64_t r = row; r < row + rows; ++r) {
          float* c = job.c + r * job.c_stride + first_column;
          job.function.apply(c, c, columns, job.function.parameters);
        }
      }
    }
  }
}

void RunDotF32(const DotF32Job& job, ThreadPool& pool, std::span<std::byte> scratch) {
  PLUMB_CHECK(scratch.size() >= DotF32ScratchBytes(pool.threads()))
      << "scratch of " << scratch.size();
  float* blocks = reinterpret_cast<float*>(scratch.data());
  const int64_t tiles = (job.row_count + job.kernel->max_rows - 1) / job.kernel->max_rows;
  const int64_t panels = job.panels->count();
  if (tiles >= panels ||
      tiles >= 8 * pool.threads()) {  // shorter ranges of rows cost copies of nothing
    const auto work = [&](int64_t begin, int64_t end, int part) {
      RunDotF32Part(job, begin, end, 0, panels, blocks + part * kBlockFloats);
    };
    pool.ParallelFor(job.row_count, job.kernel->max_rows, std::ref(work));
  } else {
    const auto work = [&](int64_t begin, int64_t end, int part) {
      RunDotF32Part(job, 0, job.row_count, begin, end, blocks + part * kBlockFloats);
    };
    pool.ParallelFor(panels, 1, std::ref(work));
  }
}

}  // namespace plumb::kernels
