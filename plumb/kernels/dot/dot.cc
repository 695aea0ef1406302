#include "plumb/kernels/dot/dot.h"

#include <algorithm>
#include <cstring>

#include "plumb/base/check.h"
#include "plumb/base/rounding.h"
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

constexpr int kGroupTiles = 8;

// 32-bit outputs of more than this leave the second-level cache before anyone reads them.
constexpr int64_t kCachedBytes = 3 * 1024 * 1024;

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

// Tiles of a group: what they read stays in the first-level cache beside the weights that pass. All
// that fit where a channel's outputs follow each other, for whole cache lines.
int GroupTiles(const DotPlan& plan, const DotKernel& kernel, DotOrder order) {
  constexpr int64_t kHeldBytes = 16 * 1024;
  const int most = std::clamp(kDotGroupRows / kernel.tile_rows, 1, kGroupTiles);
  if (order == DotOrder::kChannelMajor && kernel.tile_rows % 16 != 0) {
    return most;
  }
  if (plan.Steps() > kernel.group_steps) {
    return 1;
  }
  const int64_t read = kernel.tile_rows * plan.a_row *
                       (plan.source == DotSource::kColumns ? 1 : plan.g.kernel_height);
  return static_cast<int>(std::clamp<int64_t>(kHeldBytes / std::max<int64_t>(1, read), 1, most));
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
      group_tiles_(GroupTiles(*plan_, kernel, layer.y_order)),
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
    const int8_t* w = layer.weights + c * k;
    for (int64_t tap = 0; tap < k; tap += depth) {
      for (int64_t i = 0; i < depth; ++i) {
        folded += (zero[i] + kernel.x_offset) * w[tap + i];
      }
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

// Where a tile stands: `in_row` tiles after the first one of its output row (across rows: of its
// picture), which begins in column `column` of row `row`.
struct DotPacked::Place {
  int64_t picture, row, column, in_row;
};

// Neighbouring tiles that end together: `count` places from the first tile's on. Sums of all of them
// stand one after the other.
struct DotPacked::Group {
  Place place;
  int64_t count, last_row;
  int tiles;
  int rows[kGroupTiles];            // of each tile
  const std::byte* a[kGroupTiles];  // where they begin
};

DotPacked::Place DotPacked::PlaceOf(int64_t tile) const {
  const DotPlan& p = *plan_;
  const int64_t in_row = tile % p.row_tiles, row = tile / p.row_tiles;
  if (p.across_rows) {
    const int64_t first = in_row * kernel_.tile_rows;
    return {row, first / p.columns, first % p.columns, in_row};
  }
  return {row / p.g.out_height, row % p.g.out_height, p.tile_columns[static_cast<size_t>(in_row)],
          in_row};
}

// The group of at most `most` tiles that begins at a place; where the next one begins. Without
// divisions where it can be: there are many small groups.
void DotPacked::GroupAt(const Place& place, int64_t most, Group& group) const {
  const DotPlan& p = *plan_;
  group.place = place;
  group.tiles =
      static_cast<int>(std::min(std::min<int64_t>(group_tiles_, most), p.row_tiles - place.in_row));
  if (p.across_rows) {
    const int64_t places = (p.g.out_height - 1) * p.columns + p.g.out_width;
    const int64_t first = place.in_row * kernel_.tile_rows;
    group.count = std::min<int64_t>(int64_t{group.tiles} * kernel_.tile_rows, places - first);
    group.last_row = place.row + p.Rows(place.column + group.count - 1);
    std::fill_n(group.rows, group.tiles, kernel_.tile_rows);
    group.rows[group.tiles - 1] =
        static_cast<int>(group.count - int64_t{group.tiles - 1} * kernel_.tile_rows);
    return;
  }
  const int64_t* const column = p.tile_columns.data() + place.in_row;
  group.count = column[group.tiles] - column[0];
  group.last_row = place.row;
  for (int i = 0; i < group.tiles; ++i) {
    group.rows[i] = static_cast<int>(column[i + 1] - column[i]);
  }
}

DotPacked::Place DotPacked::After(const Group& group) const {
  const DotPlan& p = *plan_;
  Place place = group.place;
  place.in_row += group.tiles;
  if (p.across_rows) {
    const int64_t column = place.column + group.count;
    const int64_t rows = p.Rows(column);
    place.row += rows;
    place.column = column - rows * p.columns;
  } else {
    place.column += group.count;
  }
  if (place.in_row == p.row_tiles) {
    place.in_row = place.column = 0;
    if (p.across_rows || ++place.row == p.g.out_height) {
      place.row = 0;
      ++place.picture;
    }
  }
  return place;
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
    const int64_t sums_bytes = p.SumsBytes();
    std::byte* const own = scratch + static_cast<size_t>(part) * p.ScratchBytes(1);
    std::byte* const band = own + 2 * sums_bytes;
    if (p.kernel_.enter != nullptr) {
      p.kernel_.enter();
    }
    p.RunPart({x, y, residual, band, band + plan.band_bytes,
               band + plan.band_bytes + plan.pieces_bytes, reinterpret_cast<int32_t*>(own),
               reinterpret_cast<float*>(own + sums_bytes), by_tiles ? begin : 0,
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

int64_t DotPacked::SumsBytes() const {
  return RoundUp(group_tiles_ * kernel_.tile_rows * kernel_.tile_channels * 4, 64);
}

size_t DotPacked::ScratchBytes(int threads) const {
  return static_cast<size_t>((2 * SumsBytes() + plan_->band_bytes + plan_->pieces_bytes +
                              group_tiles_ * plan_->tail_bytes) *
                             threads);
}

size_t DotPacked::PackedBytes() const { return weights_.bytes() + start_.bytes() + end_.bytes(); }

void DotPacked::Run(const int8_t* x, void* y, std::span<std::byte> scratch, ThreadPool& pool,
                    const int8_t* residual) const {
  PLUMB_CHECK(scratch.size() >= ScratchBytes(pool.threads()))
      << "scratch of " << scratch.size() << " bytes";
  // Split what leaves the busiest thread the least to do. Splitting channels copies pixels once a
  // thread where they are copied, so that it must be worth a tenth.
  const int64_t threads = pool.threads();
  const int64_t tiles = plan_->Tiles();
  const int64_t panels = plan_->g.groups * panels_;
  const int64_t tiles_each = CeilDivide(tiles, threads);
  const int64_t panels_each = CeilDivide(panels, threads);
  const int64_t worth = plan_->source == DotSource::kInput ? 10 : 11;
  const bool by_tiles = 10 * tiles_each * panels <= worth * panels_each * tiles;
  const Call call{this, x, y, residual, scratch.data(), by_tiles};
  pool.ParallelFor(by_tiles ? tiles : panels, 1, std::cref(call));
}

void DotPacked::RunPart(const Part& part) const {
  const DotPlan& plan = *plan_;
  for (int64_t begin = part.tile_begin; begin < part.tile_end;) {
    // A block: groups of one picture whose input rows fit in the band.
    const Place first = PlaceOf(begin);
    Group group;
    Place place = first;
    int64_t end = begin, last_row = first.row;
    while (end < part.tile_end && place.picture == first.picture) {
      GroupAt(place, part.tile_end - end, group);
      if (end != begin && group.last_row - first.row >= plan.block_rows) {
        break;
      }
      last_row = group.last_row;
      end += group.tiles;
      place = After(group);
    }
    if (plan.source != DotSource::kInput) {
      DotFillBand(kernel_, plan, padding_.values<int8_t>().data(),
                  part.x + first.picture * plan.g.in_height * plan.g.in_width * plan.x_pitch,
                  first.row, last_row + 1 - first.row, part.band, part.pieces);
    }
    for (int64_t held = part.panel_begin; held < part.panel_end; held += panels_held_) {
      const int64_t held_end = std::min(part.panel_end, held + panels_held_);
      place = first;
      for (int64_t tile = begin; tile < end; tile += group.tiles, place = After(group)) {
        GroupAt(place, end - tile, group);
        RunGroup(part, group, first.row, held, held_end);
      }
    }
    begin = end;
  }
}

// Panels [begin, end), counted through all groups of channels, of a group of tiles.
void DotPacked::RunGroup(const Part& part, Group& group, int64_t first_row, int64_t begin,
                         int64_t end) const {
  DotTile tile{};
  tile.run_count = static_cast<int64_t>(plan_->runs.size());
  tile.run_steps = plan_->run_steps;
  const int64_t padded_k = plan_->Steps() * kernel_.k_step;
  int64_t channels = begin / panels_, panel = begin % panels_;  // which group of channels
  FindRows(part, first_row, channels, group, tile);
  for (int64_t index = begin; index < end; ++index) {
    const int64_t channel = panel * kernel_.tile_channels;
    const int64_t at = channels * group_padded_ + channel;
    tile.w = weights_.values<int8_t>().data() + at * padded_k;
    tile.start = start_.values<int32_t>().data() + at;
    tile.channels =
        static_cast<int>(std::min<int64_t>(group_padded_ - channel, kernel_.tile_channels));
    tile.acc = part.acc;
    for (int i = 0; i < group.tiles; ++i) {
      tile.a = group.a[i];
      tile.rows = group.rows[i];
      kernel_.tile(tile);
      tile.acc += tile.rows * kernel_.tile_channels;
    }
    End(part, group, channels, panel);
    if (++panel == panels_ && index + 1 < end) {
      panel = 0;
      FindRows(part, first_row, ++channels, group, tile);
    }
  }
}

// Where the rows of the tiles begin, for one group of channels; sets how a tile finds them.
void DotPacked::FindRows(const Part& part, int64_t first_row, int64_t channels, Group& group,
                         DotTile& tile) const {
  const DotPlan& plan = *plan_;
  const DotGeometry& g = plan.g;
  const int64_t shift = channels * (g.in_channels / g.groups) * plan.element;
  const std::byte* a;
  if (plan.source == DotSource::kInput) {
    a = reinterpret_cast<const std::byte*>(part.x) +
        group.place.picture * g.in_height * g.in_width * plan.x_pitch + group.place.row * plan.line;
  } else {
    a = (plan.source == DotSource::kBand ? part.band : part.pieces) +
        (group.place.row - first_row) * plan.line;
  }
  a += group.place.column * plan.a_row + shift;
  tile.a_row = plan.a_row;
  tile.runs = plan.runs.data();
  for (int i = 0; i < group.tiles; ++i) {
    group.a[i] = a;
    a += group.rows[i] * plan.a_row;
  }
  if (plan.source != DotSource::kInput) {
    return;
  }
  const int64_t pixels = g.batch * g.in_height * g.in_width;
  const std::byte* const end =
      reinterpret_cast<const std::byte*>(part.x) + (pixels - 1) * plan.x_pitch + g.in_channels;
  const int64_t run = plan.run_steps * kernel_.k_step;
  const int64_t rows = RoundUp(group.count, kernel_.row_step);
  if (Address(group.a[0]) +
          static_cast<uintptr_t>((rows - 1) * plan.a_row + plan.runs.back() + run) <=
      Address(end)) {
    return;
  }
  // The kernel would read beyond the input: a copy of what exists.
  const int64_t row_bytes = run * static_cast<int64_t>(plan.runs.size());
  const std::byte* from = group.a[0];
  std::byte* to = part.tail;
  for (int tile_index = 0; tile_index < group.tiles; ++tile_index) {
    group.a[tile_index] = to;
    for (int row = 0; row < group.rows[tile_index]; ++row, from += plan.a_row, to += row_bytes) {
      for (size_t i = 0; i < plan.runs.size(); ++i) {
        std::memcpy(to + plan.tail_runs[i], from + plan.runs[i],
                    static_cast<size_t>(std::min<int64_t>(run, end - from - plan.runs[i])));
      }
    }
  }
  tile.a_row = row_bytes;
  tile.runs = plan.tail_runs.data();
}

// From the sums of a group to outputs, without the places across rows that hold no pixel.
void DotPacked::End(const Part& part, const Group& group, int64_t channels, int64_t panel) const {
  const DotPlan& plan = *plan_;
  const int64_t first = panel * kernel_.tile_channels;  // within the group of channels
  const int64_t channel = channels * group_channels_ + first;
  const int64_t width = std::min<int64_t>(group_channels_ - first, kernel_.tile_channels);
  const int64_t element = end_.kind() == EndKind::kRealF32 ? 4 : 1;
  const bool gaps = plan.columns != plan.g.out_width;
  int64_t row = group.place.row, column = group.place.column;
  for (int64_t done = 0; done < group.count;) {
    if (gaps && column >= plan.g.out_width) {
      done += plan.columns - column;
      column = 0;
      ++row;
      continue;
    }
    const int64_t pixel =
        (group.place.picture * plan.g.out_height + row) * plan.g.out_width + column;
    int64_t count = group.count - done;
    if (gaps) {
      count = std::min(count, plan.g.out_width - column);
    }
    EndBlock block{part.acc + done * kernel_.tile_channels, kernel_.tile_channels, count, width};
    if (y_order_ == DotOrder::kChannelMajor) {
      const int64_t in_picture = pixel % picture_;
      block.rows = count = std::min(count, picture_ - in_picture);
      const int64_t at = (pixel / picture_ * y_pitch_ + channel) * picture_ + in_picture;
      end_.Apply(block, channel, part.real,
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
