#include "plumb/kernels/dot/dot.h"

#include <algorithm>
#include <cstring>

#include "plumb/base/check.h"
#include "plumb/kernels/common/select.h"
#include "plumb/kernels/dot/dot_plan.h"

namespace plumb::kernels {

namespace {

constexpr const DotKernel* kKernels[] = {
#define PLUMB_DOT(kernel) &kernel,
#include "plumb/kernels/dot/dot_kernels.inc"
#undef PLUMB_DOT
};

// Weights that stay in the second-level cache while the tiles of a block pass.
constexpr int64_t kHeldBytes = 640 * 1024;

// 32-bit outputs of more than this leave the second-level cache before anyone reads them.
constexpr int64_t kCachedBytes = 3 * 1024 * 1024;

int64_t CeilDivide(int64_t a, int64_t b) { return (a + b - 1) / b; }
int64_t RoundUp(int64_t a, int64_t b) { return CeilDivide(a, b) * b; }

// The end, told whether its sums are small.
LayerEndSpec Bounded(const DotLayer& layer) {
  LayerEndSpec end = layer.end;
  const int64_t k = DotDepth(layer.geometry);
  end.fits = true;
  for (int64_t c = 0; c < layer.geometry.out_channels; ++c) {
    const int64_t bound = AccumulatorBound(layer.weights + c * k,
                                           layer.bias != nullptr ? layer.bias + c : nullptr, 1, k);
    end.fits = end.fits && static_cast<float>(bound) * end.multiplier[c] <= 0x1p30f;
  }
  return end;
}

// Pointers before a buffer are not to be formed: addresses instead.
uintptr_t Address(const void* p) { return reinterpret_cast<uintptr_t>(p); }

}  // namespace

int64_t DotPixels(const DotGeometry& g) { return g.batch * g.out_height * g.out_width; }
int64_t DotDepth(const DotGeometry& g) {
  return g.kernel_height * g.kernel_width * (g.in_channels / g.groups);
}

std::vector<const DotKernel*> DotKernels() { return RunnableKernels<DotKernel>(kKernels); }
const DotKernel& SelectDot(Isa isa) { return SelectKernel<DotKernel>(kKernels, isa); }

DotPacked::DotPacked(const DotLayer& layer, const DotKernel& kernel)
    : y_order_(layer.y_order),
      y_pitch_(layer.y_pitch != 0 ? layer.y_pitch : layer.geometry.out_channels),
      residual_pitch_(layer.residual_pitch != 0 ? layer.residual_pitch
                                                : layer.geometry.out_channels),
      picture_(layer.geometry.out_height * layer.geometry.out_width),
      past_cache_(4 * DotPixels(layer.geometry) * layer.geometry.out_channels > kCachedBytes),
      kernel_(kernel),
      plan_(std::make_unique<const DotPlan>(MakeDotPlan(layer, kernel))),
      end_(Bounded(layer), layer.geometry.out_channels, kernel.isa) {
  const DotGeometry& g = layer.geometry;
  PLUMB_CHECK(g.groups >= 1 && g.in_channels % g.groups == 0 && g.out_channels % g.groups == 0)
      << g.groups << " groups of " << g.in_channels << " and " << g.out_channels << " channels";
  PLUMB_CHECK(y_order_ == DotOrder::kPixelMajor || layer.end.kind == EndKind::kRealF32)
      << "only 32-bit outputs can be channel-major";
  group_channels_ = g.out_channels / g.groups;
  group_padded_ = RoundUp(group_channels_, kernel.lanes);
  panels_ = CeilDivide(group_channels_, kernel.tile_channels);
  const int64_t k = DotDepth(g);
  const int64_t padded_k = plan_->Steps() * kernel.k_step;
  panels_held_ =
      std::max<int64_t>(1, kHeldBytes / std::max<int64_t>(1, padded_k * kernel.tile_channels));
  weights_ = Tensor(DType::kS8, {g.groups, group_padded_ * padded_k});
  start_ = Tensor(DType::kS32, {g.groups * group_padded_});
  std::ranges::fill(start_.values<int32_t>(), 0);
  for (int64_t group = 0; group < g.groups; ++group) {
    DotPackWeights(kernel, *plan_, layer.weights + group * group_channels_ * k, k, group_channels_,
                   weights_.values<int8_t>().data() + group * group_padded_ * padded_k);
  }
  padding_ = Tensor(DType::kS8, {g.in_channels});
  for (int64_t i = 0; i < g.in_channels; ++i) {
    padding_.values<int8_t>()[static_cast<size_t>(i)] = static_cast<int8_t>(layer.x_zero_point[i]);
  }
  const int64_t depth = g.in_channels / g.groups;
  for (int64_t c = 0; c < g.out_channels; ++c) {
    const int32_t* zero = layer.x_zero_point + c / group_channels_ * depth;
    int64_t folded = 0;
    for (int64_t i = 0; i < k; ++i) {
      folded += int64_t{zero[i % depth] + kernel.x_offset} * layer.weights[c * k + i];
    }
    const int64_t bias = layer.bias != nullptr ? layer.bias[c] : 0;
    const size_t at =
        static_cast<size_t>(c / group_channels_ * group_padded_ + c % group_channels_);
    start_.values<int32_t>()[at] = static_cast<int32_t>(static_cast<uint32_t>(bias - folded));
  }
}

DotPacked::~DotPacked() = default;

// What a thread does: panels [panel_begin, panel_end), counted through all groups, of tiles
// [tile_begin, tile_end).
struct DotPacked::Part {
  const int8_t* x;
  void* y;
  const int8_t* residual;
  std::byte *band, *pieces, *tail;
  int32_t* acc;
  float* real;
  int64_t tile_begin, tile_end;
  int64_t panel_begin, panel_end;
};

// The pixels of a tile: `count` places of an output row of a picture from `column` on, and, across
// rows, of those below.
struct DotPacked::Place {
  int64_t picture, row, column;
  int count;
  int64_t last_row;
};

DotPacked::Place DotPacked::PlaceOf(int64_t tile) const {
  const DotPlan& p = *plan_;
  const int64_t in_row = tile % p.row_tiles, row = tile / p.row_tiles;
  if (p.across_rows) {
    const int64_t places = (p.g.out_height - 1) * p.columns + p.g.out_width;
    const int64_t first = in_row * kernel_.tile_rows;
    const int64_t count = std::min<int64_t>(kernel_.tile_rows, places - first);
    return {row, first / p.columns, first % p.columns, static_cast<int>(count),
            (first + count - 1) / p.columns};
  }
  // Tiles of about equal size: none is left nearly empty.
  const auto bound = [&](int64_t i) {
    return std::min(p.g.out_width,
                    RoundUp(CeilDivide(p.g.out_width * i, p.row_tiles), kernel_.row_step));
  };
  const int64_t first = bound(in_row);
  return {row / p.g.out_height, row % p.g.out_height, first,
          static_cast<int>(bound(in_row + 1) - first), row % p.g.out_height};
}

// Everything a call of Run knows, for the threads to make their parts of.
struct DotPacked::Call {
  const DotPacked* packed;
  const int8_t* x;
  void* y;
  const int8_t* residual;
  std::byte* scratch;
  bool by_tiles;

  void operator()(int64_t begin, int64_t end, int part) const {
    const DotPacked& p = *packed;
    const DotPlan& plan = *p.plan_;
    const int64_t tile_bytes = RoundUp(p.kernel_.tile_rows * p.kernel_.tile_channels * 4, 64);
    std::byte* const own = scratch + static_cast<size_t>(part) * p.ScratchBytes(1);
    std::byte* const band = own + 2 * tile_bytes;
    if (p.kernel_.enter != nullptr) {
      p.kernel_.enter();
    }
    p.RunPart({x, y, residual, band, band + plan.band_bytes,
               band + plan.band_bytes + plan.pieces_bytes, reinterpret_cast<int32_t*>(own),
               reinterpret_cast<float*>(own + tile_bytes), by_tiles ? begin : 0,
               by_tiles ? end : plan.Tiles(), by_tiles ? 0 : begin,
               by_tiles ? plan.g.groups * p.panels_ : end});
    if (p.past_cache_) {
      p.end_.Drain();
    }
    if (p.kernel_.leave != nullptr) {
      p.kernel_.leave();
    }
  }
};

size_t DotPacked::ScratchBytes(int threads) const {
  const int64_t tile_bytes = RoundUp(kernel_.tile_rows * kernel_.tile_channels * 4, 64);
  return static_cast<size_t>(
      (2 * tile_bytes + plan_->band_bytes + plan_->pieces_bytes + plan_->tail_bytes) * threads);
}

size_t DotPacked::PackedBytes() const { return weights_.bytes() + start_.bytes() + end_.bytes(); }

void DotPacked::Run(const int8_t* x, void* y, std::span<std::byte> scratch, ThreadPool& pool,
                    const int8_t* residual) const {
  PLUMB_CHECK(scratch.size() >= ScratchBytes(pool.threads()))
      << "scratch of " << scratch.size() << " bytes";
  // Split what leaves the busiest thread the least to do. Splitting channels reads pixels once a
  // thread, so it must be worth a tenth.
  const int64_t threads = pool.threads();
  const int64_t tiles = plan_->Tiles();
  const int64_t panels = plan_->g.groups * panels_;
  const int64_t tiles_each = CeilDivide(tiles, threads);
  const int64_t panels_each = CeilDivide(panels, threads);
  const bool by_tiles = 10 * tiles_each * panels <= 11 * panels_each * tiles;
  const Call call{this, x, y, residual, scratch.data(), by_tiles};
  pool.ParallelFor(by_tiles ? tiles : panels, 1, std::cref(call));
}

void DotPacked::RunPart(const Part& part) const {
  const DotPlan& plan = *plan_;
  DotTile tile{};
  tile.a_row = plan.a_row;
  tile.run_count = static_cast<int64_t>(plan.runs.size());
  tile.run_steps = plan.run_steps;
  tile.acc = part.acc;
  const int64_t padded_k = plan.Steps() * kernel_.k_step;
  for (int64_t begin = part.tile_begin; begin < part.tile_end;) {
    const Place first = PlaceOf(begin);
    int64_t end = begin + 1, last_row = first.last_row;
    for (; end < part.tile_end; ++end) {
      const Place next = PlaceOf(end);
      if (next.picture != first.picture || next.last_row - first.row >= plan.block_rows) {
        break;
      }
      last_row = next.last_row;
    }
    if (plan.source != DotSource::kInput) {
      DotFillBand(kernel_, plan, padding_.values<int8_t>().data(),
                  part.x + first.picture * plan.g.in_height * plan.g.in_width * plan.x_pitch,
                  first.row, last_row + 1 - first.row, part.band, part.pieces);
    }
    for (int64_t held = part.panel_begin; held < part.panel_end; held += panels_held_) {
      const int64_t held_end = std::min(part.panel_end, held + panels_held_);
      for (int64_t t = begin; t < end; ++t) {
        const Place place = PlaceOf(t);
        tile.rows = place.count;
        int64_t rows_group = -1;
        for (int64_t index = held; index < held_end; ++index) {
          const int64_t group = index / panels_, panel = index % panels_;
          if (group != rows_group) {
            tile.a = RowsOf(part, place, first.row, group, tile);
            rows_group = group;
          }
          const int64_t channel = panel * kernel_.tile_channels;
          const int64_t at = group * group_padded_ + channel;
          tile.w = weights_.values<int8_t>().data() + at * padded_k;
          tile.start = start_.values<int32_t>().data() + at;
          tile.channels =
              static_cast<int>(std::min<int64_t>(group_padded_ - channel, kernel_.tile_channels));
          kernel_.tile(tile);
          End(part, place, group, panel);
        }
      }
    }
    begin = end;
  }
}

// Where the rows of a tile begin, for one group; sets how the tile finds them.
const std::byte* DotPacked::RowsOf(const Part& part, const Place& place, int64_t first_row,
                                   int64_t group, DotTile& tile) const {
  const DotPlan& plan = *plan_;
  const int64_t shift = group * (plan.g.in_channels / plan.g.groups) * plan.element;
  tile.a_row = plan.a_row;
  tile.runs = plan.runs.data();
  if (plan.source != DotSource::kInput) {
    const std::byte* from = plan.source == DotSource::kBand ? part.band : part.pieces;
    return from + (place.row - first_row) * plan.line + place.column * plan.a_row + shift;
  }
  const DotGeometry& g = plan.g;
  const int64_t pixels = g.batch * g.in_height * g.in_width;
  const auto* const x = reinterpret_cast<const std::byte*>(part.x);
  const std::byte* const end = x + (pixels - 1) * plan.x_pitch + g.in_channels;
  const std::byte* const a = x + place.picture * g.in_height * g.in_width * plan.x_pitch +
                             place.row * plan.line + place.column * plan.a_row + shift;
  const int64_t run = plan.run_steps * kernel_.k_step;
  const int64_t rows = RoundUp(place.count, kernel_.row_step);
  if (Address(a) + static_cast<uintptr_t>((rows - 1) * plan.a_row + plan.runs.back() + run) <=
      Address(end)) {
    return a;
  }
  // The kernel would read beyond the input: a copy of what exists.
  const int64_t row_bytes = run * static_cast<int64_t>(plan.runs.size());
  for (int64_t row = 0; row < place.count; ++row) {
    for (size_t i = 0; i < plan.runs.size(); ++i) {
      const std::byte* from = a + row * plan.a_row + plan.runs[i];
      std::memcpy(part.tail + row * row_bytes + plan.tail_runs[i], from,
                  static_cast<size_t>(std::min<int64_t>(run, end - from)));
    }
  }
  tile.a_row = row_bytes;
  tile.runs = plan.tail_runs.data();
  return part.tail;
}

// From the sums of a tile to outputs, without the places across rows that hold no pixel.
void DotPacked::End(const Part& part, const Place& place, int64_t group, int64_t panel) const {
  const DotPlan& plan = *plan_;
  const int64_t first = panel * kernel_.tile_channels;  // within the group
  const int64_t channels = std::min<int64_t>(group_channels_ - first, kernel_.tile_channels);
  const int64_t channel = group * group_channels_ + first;
  const int64_t element = end_.kind() == EndKind::kRealF32 ? 4 : 1;
  const bool gaps = plan.columns != plan.g.out_width;
  int64_t row = place.row, column = place.column;
  for (int64_t done = 0; done < place.count;) {
    if (gaps && column >= plan.g.out_width) {
      done += plan.columns - column;
      column = 0;
      ++row;
      continue;
    }
    const int64_t pixel = (place.picture * plan.g.out_height + row) * plan.g.out_width + column;
    int64_t count = place.count - done;
    if (gaps) {
      count = std::min(count, plan.g.out_width - column);
    }
    const EndBlock block{part.acc + done * kernel_.tile_channels, kernel_.tile_channels, count,
                         channels};
    if (y_order_ == DotOrder::kChannelMajor) {
      const int64_t in_picture = pixel % picture_;
      count = std::min(count, picture_ - in_picture);
      const int64_t at = (pixel / picture_ * y_pitch_ + channel) * picture_ + in_picture;
      end_.Apply({block.acc, block.acc_stride, count, channels}, channel, part.real,
                 {static_cast<float*>(part.y) + at, 1, picture_, nullptr, 0, past_cache_});
    } else {
      const int8_t* residual =
          end_.has_residual() ? part.residual + pixel * residual_pitch_ + channel : nullptr;
      end_.Apply(block, channel, part.real,
                 {static_cast<std::byte*>(part.y) + (pixel * y_pitch_ + channel) * element,
                  y_pitch_, 1, residual, residual_pitch_});
    }
    done += count;
    column += count;
  }
}

}  // namespace plumb::kernels
