#include "plumb/kernels/dot/dot.h"

#include <algorithm>

#include "plumb/base/check.h"
#include "plumb/kernels/common/select.h"
#include "plumb/kernels/dot/dot_pack.h"

namespace plumb::kernels {

namespace {

constexpr const DotKernel* kKernels[] = {
#define PLUMB_DOT(kernel) &kernel,
#include "plumb/kernels/dot/dot_kernels.inc"
#undef PLUMB_DOT
};

// Rows held at once: they and a panel of weights stay in the second-level cache.
constexpr int64_t kBlockBytes = 192 * 1024;
constexpr int64_t kBlockTiles = 16;

int64_t RoundUp(int64_t a, int64_t b) { return (a + b - 1) / b * b; }

template <typename T>
Tensor Filled(int64_t n, T value) {
  Tensor tensor(DTypeOf<T>::value, {n});
  std::fill(tensor.values<T>().begin(), tensor.values<T>().end(), value);
  return tensor;
}

}  // namespace

int64_t DotPixels(const DotGeometry& g) { return g.batch * g.out_height * g.out_width; }
int64_t DotDepth(const DotGeometry& g) {
  return g.kernel_height * g.kernel_width * (g.in_channels / g.groups);
}

std::vector<const DotKernel*> DotKernels() { return RunnableKernels<DotKernel>(kKernels); }
const DotKernel& SelectDot(Isa isa) { return SelectKernel<DotKernel>(kKernels, isa); }

DotPacked::DotPacked(const DotLayer& layer, const DotKernel& kernel)
    : geometry_(layer.geometry),
      x_pitch_(layer.x_pitch != 0 ? layer.x_pitch : layer.geometry.in_channels),
      y_pitch_(layer.y_pitch != 0 ? layer.y_pitch : layer.geometry.out_channels),
      residual_pitch_(layer.residual_pitch != 0 ? layer.residual_pitch
                                                : layer.geometry.out_channels),
      y_order_(layer.y_order),
      kernel_(kernel),
      k_(DotDepth(layer.geometry)),
      end_(layer.end, layer.geometry.out_channels, kernel.isa) {
  const DotGeometry& g = geometry_;
  PLUMB_CHECK(g.groups >= 1 && g.in_channels % g.groups == 0 && g.out_channels % g.groups == 0)
      << g.groups << " groups of " << g.in_channels << " and " << g.out_channels << " channels";
  PLUMB_CHECK(y_order_ == DotOrder::kPixelMajor || layer.end.kind == EndKind::kRealF32)
      << "only 32-bit outputs can be channel-major";
  const int64_t padded_k = RoundUp(k_, kernel.k_step);
  chunks_ = std::max<int64_t>(1, (padded_k + kDotChunk - 1) / kDotChunk);
  chunk_ =
      std::max<int64_t>(kernel.k_step, RoundUp((padded_k + chunks_ - 1) / chunks_, kernel.k_step));
  group_channels_ = g.out_channels / g.groups;
  group_padded_ = RoundUp(group_channels_, kernel.lanes);
  panels_ = (group_channels_ + kernel.tile_channels - 1) / kernel.tile_channels;
  const int64_t row_bytes = chunks_ * DotRowBytes(kernel.element_bytes);
  block_rows_ = std::clamp<int64_t>(kBlockBytes / row_bytes / kernel.tile_rows, 1, kBlockTiles) *
                kernel.tile_rows;

  weights_ = Tensor(DType::kS8, {g.groups, group_padded_ * padded_k});
  const int64_t padded = g.groups * group_padded_;
  start_ = Filled<int32_t>(padded, 0);
  for (int64_t group = 0; group < g.groups; ++group) {
    DotPackWeights(kernel, layer.weights + group * group_channels_ * k_, k_, group_channels_,
                   weights_.values<int8_t>().data() + group * group_padded_ * padded_k);
  }
  const int64_t depth = g.in_channels / g.groups;
  padding_ = Tensor(DType::kS8, {g.groups, g.kernel_width, depth});
  for (int64_t i = 0; i < padding_.size(); ++i) {
    padding_.values<int8_t>()[static_cast<size_t>(i)] =
        static_cast<int8_t>(layer.x_zero_point[i / (g.kernel_width * depth) * depth + i % depth]);
  }
  for (int64_t c = 0; c < g.out_channels; ++c) {
    const int32_t* zero = layer.x_zero_point + c / group_channels_ * depth;
    int64_t folded = 0;
    for (int64_t i = 0; i < k_; ++i) {
      folded += int64_t{zero[i % depth] + kernel.x_offset} * layer.weights[c * k_ + i];
    }
    const int64_t bias = layer.bias != nullptr ? layer.bias[c] : 0;
    const size_t at =
        static_cast<size_t>(c / group_channels_ * group_padded_ + c % group_channels_);
    start_.values<int32_t>()[at] = static_cast<int32_t>(static_cast<uint32_t>(bias - folded));
  }
}

// What a thread does: panels [panel_begin, panel_end), counted through all groups, of pixels
// [pixel_begin, pixel_end).
struct DotPacked::Part {
  const int8_t* x;
  void* y;
  const int8_t* residual;
  std::byte* rows;
  int32_t* acc;
  float* real;
  int64_t pixel_begin, pixel_end;
  int64_t panel_begin, panel_end;
};

// Everything a call of Run knows, for the threads to make their parts of.
struct DotPacked::Range {
  const DotPacked* packed;
  const int8_t* x;
  void* y;
  const int8_t* residual;
  std::byte* scratch;
  bool by_pixels;

  void operator()(int64_t begin, int64_t end, int part) const {
    const DotPacked& p = *packed;
    const int64_t tile_bytes = RoundUp(p.kernel_.tile_rows * p.kernel_.tile_channels * 4, 64);
    std::byte* own = scratch + static_cast<size_t>(part) * p.ScratchBytes(1);
    if (p.kernel_.enter != nullptr) {
      p.kernel_.enter();
    }
    p.RunPart({x, y, residual, own + 2 * tile_bytes, reinterpret_cast<int32_t*>(own),
               reinterpret_cast<float*>(own + tile_bytes), by_pixels ? begin : 0,
               by_pixels ? end : DotPixels(p.geometry_), by_pixels ? 0 : begin,
               by_pixels ? p.geometry_.groups * p.panels_ : end});
    if (p.kernel_.leave != nullptr) {
      p.kernel_.leave();
    }
  }
};

size_t DotPacked::ScratchBytes(int threads) const {
  const int64_t tile_bytes = RoundUp(kernel_.tile_rows * kernel_.tile_channels * 4, 64);
  const int64_t rows_bytes = chunks_ * block_rows_ * DotRowBytes(kernel_.element_bytes);
  return static_cast<size_t>((rows_bytes + 2 * tile_bytes) * threads);
}

size_t DotPacked::PackedBytes() const { return weights_.bytes() + start_.bytes() + end_.bytes(); }

void DotPacked::Run(const int8_t* x, void* y, std::span<std::byte> scratch, ThreadPool& pool,
                    const int8_t* residual) const {
  PLUMB_CHECK(scratch.size() >= ScratchBytes(pool.threads()))
      << "scratch of " << scratch.size() << " bytes";
  // Split what leaves the busiest thread the least to do. Splitting channels copies pixels once a
  // thread, so it must be worth a fifth.
  const int64_t threads = pool.threads();
  const int64_t tiles = (DotPixels(geometry_) + kernel_.tile_rows - 1) / kernel_.tile_rows;
  const int64_t panels = geometry_.groups * panels_;
  const int64_t tiles_each = (tiles + threads - 1) / threads;
  const int64_t panels_each = (panels + threads - 1) / threads;
  const bool by_pixels = 4 * tiles_each * panels <= 5 * panels_each * tiles;
  const Range range{this, x, y, residual, scratch.data(), by_pixels};
  if (by_pixels) {
    pool.ParallelFor(DotPixels(geometry_), kernel_.tile_rows, std::cref(range));
  } else {
    pool.ParallelFor(panels, 1, std::cref(range));
  }
}

void DotPacked::RunPart(const Part& part) const {
  for (int64_t begin = part.pixel_begin; begin < part.pixel_end;) {
    // Blocks, and tiles within a block, of about equal size: none is left nearly empty.
    const int64_t left = part.pixel_end - begin;
    const int64_t blocks = (left + block_rows_ - 1) / block_rows_;
    const int64_t count =
        std::min(block_rows_, RoundUp((left + blocks - 1) / blocks, kernel_.tile_rows));
    const int64_t here = std::min(count, left);
    const int64_t tiles = (here + kernel_.tile_rows - 1) / kernel_.tile_rows;
    int64_t copied_group = -1;
    for (int64_t index = part.panel_begin; index < part.panel_end; ++index) {
      const int64_t group = index / panels_;
      if (group != copied_group) {
        const int64_t line = geometry_.kernel_width * (geometry_.in_channels / geometry_.groups);
        DotCopyPixels(kernel_, geometry_, padding_.values<int8_t>().data() + group * line,
                      {chunk_, block_rows_, x_pitch_}, part.x, group, begin, here, part.rows);
        copied_group = group;
      }
      for (int64_t tile = 0; tile < tiles; ++tile) {
        const int64_t first = here * tile / tiles;
        const int64_t end = here * (tile + 1) / tiles;
        RunTile(part, part.rows + first * DotRowBytes(kernel_.element_bytes), group,
                index % panels_, begin + first, static_cast<int>(end - first));
      }
    }
    begin += here;
  }
}

void DotPacked::RunTile(const Part& part, const void* rows, int64_t group, int64_t panel,
                        int64_t pixel, int row_count) const {
  const int64_t first = panel * kernel_.tile_channels;  // within the group
  const int channels =
      static_cast<int>(std::min<int64_t>(group_channels_ - first, kernel_.tile_channels));
  const int width =
      static_cast<int>(std::min<int64_t>(group_padded_ - first, kernel_.tile_channels));
  const int64_t at = group * group_padded_ + first;
  const int64_t padded_k = RoundUp(k_, kernel_.k_step);
  const int8_t* w = weights_.values<int8_t>().data() + at * padded_k;
  for (int64_t chunk = 0; chunk < chunks_; ++chunk) {
    const int64_t k = std::max<int64_t>(0, std::min(chunk_, padded_k - chunk * chunk_));
    const std::byte* a = static_cast<const std::byte*>(rows) +
                         chunk * block_rows_ * DotRowBytes(kernel_.element_bytes);
    kernel_.tile({a, w + chunk * chunk_ * width, k / kernel_.k_step,
                  chunk == 0 ? start_.values<int32_t>().data() + at : nullptr, part.acc, row_count,
                  width});
  }
  const int64_t channel = group * group_channels_ + first;
  const EndBlock block{part.acc, kernel_.tile_channels, row_count, channels};
  if (y_order_ == DotOrder::kPixelMajor) {
    const int64_t element = end_.kind() == EndKind::kRealF32 ? 4 : 1;
    const int8_t* residual =
        end_.has_residual() ? part.residual + pixel * residual_pitch_ + channel : nullptr;
    end_.Apply(block, channel, part.real,
               {static_cast<std::byte*>(part.y) + (pixel * y_pitch_ + channel) * element, y_pitch_,
                1, residual, residual_pitch_});
    return;
  }
  // A run of pixels of each picture is contiguous for a channel.
  const int64_t picture = geometry_.out_height * geometry_.out_width;
  for (int64_t row = 0; row < row_count;) {
    const int64_t image = (pixel + row) / picture, at_pixel = (pixel + row) % picture;
    const int64_t rows = std::min(row_count - row, picture - at_pixel);
    float* y = static_cast<float*>(part.y) + (image * geometry_.out_channels + channel) * picture +
               at_pixel;
    end_.Apply({part.acc + row * kernel_.tile_channels, kernel_.tile_channels, rows, channels},
               channel, part.real, {y, 1, picture});
    row += rows;
  }
}

}  // namespace plumb::kernels
