#include "plumb/kernels/dot/dot_plan.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <optional>

#include "plumb/base/rounding.h"

namespace plumb::kernels {
namespace {

// What a block of output rows reads: half of the smallest second-level cache (1 MiB), weights in
// the other half.
constexpr int64_t kBlockBytes = 256 * 1024;
constexpr int64_t kLine = 64;

// A 1x1 layer that reads every pixel once, in order, is a column of pixels: rows do not matter.
DotGeometry Flattened(DotGeometry g) {
  if (g.kernel_height == 1 && g.kernel_width == 1 && g.stride_height == 1 && g.stride_width == 1 &&
      g.in_height == g.out_height && g.in_width == g.out_width && g.pad_top == 0 &&
      g.pad_left == 0) {
    g.in_height = g.out_height = DotPixels(g);
    g.in_width = g.out_width = g.batch = 1;
  }
  return g;
}

// Cycles to load a tile register of 16 rows of 64 bytes, by their distance, measured: rows that
// cross cache lines cost more.
float TileLoadCycles(int64_t a_row) {
  return a_row % 64 == 0 ? 8.5f : (a_row % 32 == 0 ? 21.0f : 45.0f);
}

struct Candidate {
  DotSource source;
  bool across_rows;
  int64_t piece_unit;  // kColumns: pieces are padded to a multiple of it
};

class Planner {
 public:
  Planner(const DotLayer& layer, const DotKernel& kernel)
      : kernel_(kernel), g_(Flattened(layer.geometry)) {
    x_pitch_ = layer.x_pitch != 0 ? layer.x_pitch : g_.in_channels;
    depth_ = g_.in_channels / g_.groups;
  }

  [[nodiscard]] DotPlan Best() const {
    std::optional<DotPlan> best;
    float least = std::numeric_limits<float>::max();
    for (const Candidate& c :
         {Candidate{DotSource::kInput, true, 1}, Candidate{DotSource::kInput, false, 1},
          Candidate{DotSource::kBand, false, 1}, Candidate{DotSource::kBand, true, 1},
          Candidate{DotSource::kColumns, false, 1}, Candidate{DotSource::kColumns, true, 1},
          Candidate{DotSource::kColumns, false, kLine},
          Candidate{DotSource::kColumns, true, kLine}}) {
      std::optional<DotPlan> plan = Make(c);
      if (plan && Cycles(*plan) < least) {
        least = Cycles(*plan);
        best = std::move(plan);
      }
    }
    return *std::move(best);  // the band takes every layer
  }

 private:
  [[nodiscard]] std::optional<DotPlan> Make(const Candidate& c) const {
    DotPlan plan{};
    plan.g = g_;
    plan.x_pitch = x_pitch_;
    plan.source = c.source;
    plan.across_rows = c.across_rows;
    plan.element = kernel_.element_bytes;
    const bool possible = c.source == DotSource::kInput  ? PlanInput(plan)
                          : c.source == DotSource::kBand ? PlanBand(plan)
                                                         : PlanColumns(plan, c.piece_unit);
    if (!possible) {
      return std::nullopt;
    }
    if (c.across_rows) {
      if (plan.line % plan.a_row != 0) {
        return std::nullopt;
      }
      plan.columns = plan.line / plan.a_row;
      plan.row_tiles = CeilDivide(g_.out_height * plan.columns - (plan.columns - g_.out_width),
                                  kernel_.tile_rows);
    } else {
      plan.columns = g_.out_width;
      plan.row_tiles = CeilDivide(g_.out_width, kernel_.tile_rows);
      // Of about equal size: none is left nearly empty.
      for (int64_t i = 0; i <= plan.row_tiles; ++i) {
        plan.tile_columns.push_back(std::min(
            g_.out_width, RoundUp(CeilDivide(g_.out_width * i, plan.row_tiles), kernel_.row_step)));
      }
    }
    Size(plan);
    return plan;
  }

  // Runs of kernel columns that are contiguous in memory, at [phase][row] of `phase_bytes` and
  // plan.line; the same order for the weights.
  void MakeRuns(DotPlan& plan, bool whole, int64_t pixel, int64_t row, int64_t phase) const {
    const int64_t runs = whole ? 1 : g_.kernel_width;
    const int64_t taps = (whole ? g_.kernel_width : 1) * depth_;
    plan.run_steps = std::max<int64_t>(1, CeilDivide(taps, kernel_.k_step));
    if (taps == 0) {
      return;
    }
    for (int64_t ky = 0; ky < g_.kernel_height; ++ky) {
      const int64_t down = ky * g_.dilation_height;
      for (int64_t r = 0; r < runs; ++r) {
        plan.runs.push_back(phase == 0
                                ? down * row + r * g_.dilation_width * pixel
                                : down % g_.stride_height * phase + down / g_.stride_height * row +
                                      r * g_.dilation_width * pixel);
        for (int64_t i = 0; i < plan.run_steps * kernel_.k_step; ++i) {
          plan.order.push_back(i < taps ? (ky * g_.kernel_width + r) * depth_ + i : -1);
        }
      }
    }
  }

  [[nodiscard]] bool PlanInput(DotPlan& plan) const {
    const int64_t down =
        (g_.out_height - 1) * g_.stride_height + (g_.kernel_height - 1) * g_.dilation_height;
    const int64_t right =
        (g_.out_width - 1) * g_.stride_width + (g_.kernel_width - 1) * g_.dilation_width;
    if (kernel_.element_bytes != 1 || kernel_.x_offset != 0 || g_.pad_top != 0 ||
        g_.pad_left != 0 || down >= g_.in_height || right >= g_.in_width || depth_ == 0) {
      return false;
    }
    plan.a_row = g_.stride_width * x_pitch_;
    plan.line = g_.stride_height * g_.in_width * x_pitch_;
    MakeRuns(plan, g_.kernel_width == 1 || Contiguous(x_pitch_), x_pitch_, g_.in_width * x_pitch_,
             0);
    return true;
  }

  [[nodiscard]] bool Contiguous(int64_t pitch) const {
    return g_.dilation_width == 1 && g_.groups == 1 && pitch == g_.in_channels;
  }

  [[nodiscard]] bool PlanBand(DotPlan& plan) const {
    MakeBand(plan, 0);
    const int64_t pixel = std::max<int64_t>(1, g_.in_channels) * plan.element;
    plan.a_row = g_.stride_width * pixel;
    plan.line = plan.band_line;
    MakeRuns(plan, g_.kernel_width == 1 || Contiguous(g_.in_channels), pixel, plan.band_line,
             plan.phase_rows * plan.band_line);
    return true;
  }

  // The band of as many output rows as fit, with `more` bytes beside each.
  void MakeBand(DotPlan& plan, int64_t more) const {
    const int64_t pixel = std::max<int64_t>(1, g_.in_channels) * plan.element;
    plan.band_columns = RoundUp(
        (g_.out_width - 1) * g_.stride_width + (g_.kernel_width - 1) * g_.dilation_width + 1,
        g_.stride_width);
    plan.band_line = plan.band_columns * pixel;
    const int64_t lowest = (g_.kernel_height - 1) * g_.dilation_height;
    plan.phases = std::min(g_.stride_height, lowest + 1);
    // A group of tiles may span several rows, and must fit.
    const int64_t spanned =
        (kDotGroupRows - 1) / std::max<int64_t>(1, plan.band_columns / g_.stride_width) + 2;
    plan.block_rows = std::min(
        g_.out_height, std::max(spanned, kBlockBytes / (plan.band_line * plan.phases + more)));
    plan.phase_rows = plan.block_rows + lowest / g_.stride_height;
  }

  [[nodiscard]] bool PlanColumns(DotPlan& plan, int64_t unit) const {
    const int64_t pixel = g_.in_channels * plan.element;
    if (g_.groups != 1 || g_.dilation_width != 1 || g_.kernel_height == 1 || pixel == 0 ||
        pixel * g_.stride_width > kPieceRowBytes) {
      return false;
    }
    const int64_t of_pixel = CeilDivide(g_.kernel_width, g_.stride_width);  // pieces
    const int64_t part = g_.stride_width * g_.in_channels;  // elements of a kernel row
    const int64_t own = g_.kernel_height * part;
    plan.piece = RoundUp(own * plan.element, unit);
    plan.pieces = g_.out_width + of_pixel - 1;
    plan.a_row = plan.piece;
    plan.line = plan.pieces * plan.piece;
    MakeBand(plan, plan.line);
    for (int64_t ky = 0; ky < g_.kernel_height; ++ky) {
      const int64_t down = ky * g_.dilation_height;
      plan.kernel_rows.push_back(
          (down % g_.stride_height * plan.phase_rows + down / g_.stride_height) * plan.band_line);
    }
    // Pieces follow each other without a gap, so that all of them are one run, or each is a run.
    const bool one = plan.piece == own * plan.element;
    const int64_t elements = one ? own * of_pixel : own;
    plan.run_steps = CeilDivide(elements, kernel_.k_step);
    for (int64_t run = 0; run < (one ? 1 : of_pixel); ++run) {
      plan.runs.push_back(run * plan.piece);
      for (int64_t i = 0; i < plan.run_steps * kernel_.k_step; ++i) {
        const int64_t at = run * own + i;
        const int64_t ky = at % own / part;
        const int64_t kx = at / own * g_.stride_width + at % part / g_.in_channels;
        plan.order.push_back(i < elements && kx < g_.kernel_width
                                 ? (ky * g_.kernel_width + kx) * depth_ + at % g_.in_channels
                                 : -1);
      }
    }
    return true;
  }

  void Size(DotPlan& plan) const {
    const int64_t run_bytes = plan.run_steps * kernel_.k_step * plan.element;
    for (size_t i = 0; i < plan.runs.size(); ++i) {
      plan.tail_runs.push_back(static_cast<int64_t>(i) * run_bytes);
    }
    // A tile's last row, in places that hold no pixel, and the last run of it.
    const int64_t over = kernel_.tile_rows * plan.a_row + run_bytes + kLine;
    if (plan.source == DotSource::kInput) {
      const int64_t spanned = (kDotGroupRows - 1) / plan.columns + 2;
      plan.block_rows =
          std::min(g_.out_height, std::max(spanned, kBlockBytes / std::max<int64_t>(1, plan.line)));
      plan.tail_bytes =
          RoundUp(kernel_.tile_rows * static_cast<int64_t>(plan.runs.size()) * run_bytes, kLine);
      return;
    }
    plan.band_bytes = RoundUp(plan.phases * plan.phase_rows * plan.band_line + over, kLine);
    if (plan.source == DotSource::kColumns) {
      const int64_t last = plan.runs.empty() ? 0 : plan.runs.back();
      plan.pieces_bytes = RoundUp(plan.block_rows * plan.line + last + over, kLine);
    }
  }

  // About, of the layer.
  [[nodiscard]] float Cycles(const DotPlan& plan) const {
    const auto number = [](int64_t n) { return static_cast<float>(n); };
    const int64_t tiles = plan.Tiles() / g_.batch;
    // A tile costs at least half of a whole one, since it loads all weights.
    const int64_t places =
        std::max(plan.across_rows ? tiles * kernel_.tile_rows
                                  : g_.out_height * RoundUp(g_.out_width, kernel_.row_step),
                 tiles * kernel_.tile_rows / 2);
    const int64_t lanes = CeilDivide(g_.out_channels / g_.groups, kernel_.lanes) * g_.groups;
    float step = kernel_.step_cycles;
    if (kernel_.row_step == 16) {  // two registers of pixels, two of weights, four products
      step = std::max(step, (2 * TileLoadCycles(plan.a_row) + 17.0f) / 64.0f);
    }
    constexpr float kCallCycles = 20.0f;
    const float products =
        number(lanes) * (number(places * plan.Steps()) * step + number(tiles) * kCallCycles);
    float copies = 0;
    if (plan.source != DotSource::kInput) {
      copies = number((g_.out_height + plan.phase_rows - plan.block_rows) * plan.phases) *
               (20.0f + number(plan.band_line) / 24.0f);
    }
    if (plan.source == DotSource::kColumns) {
      copies += 1.5f * number(g_.out_height * g_.kernel_height * plan.pieces);
    }
    return number(g_.batch) * (products + copies);
  }

  const DotKernel& kernel_;
  DotGeometry g_;
  int64_t x_pitch_, depth_;
};

}  // namespace

DotPlan MakeDotPlan(const DotLayer& layer, const DotKernel& kernel) {
  return Planner(layer, kernel).Best();
}

namespace {

constexpr int64_t kWord = 4;  // bytes

// Whether the next kWord elements of k stand side by side in the weights.
bool IsRun(const int64_t* order) {
  return order[0] >= 0 && order[1] == order[0] + 1 && order[2] == order[0] + 2 &&
         order[3] == order[0] + 3;
}

}  // namespace

void DotPackWeights(const DotKernel& kernel, const DotPlan& plan, const int8_t* w, int64_t k,
                    int64_t channels, int8_t* packed) {
  const int64_t groups = kernel.k_step / kernel.w_group;
  for (int64_t first = 0; first < channels; first += kernel.tile_channels) {
    const int64_t left = channels - first;
    const int64_t width = std::min<int64_t>(RoundUp(left, kernel.lanes), kernel.tile_channels);
    for (int64_t step = 0; step < plan.Steps(); ++step) {
      for (int64_t lanes = 0; lanes < width; lanes += kernel.lanes) {
        for (int64_t g = 0; g < groups; ++g) {
          const int64_t* order = plan.order.data() + (step * groups + g) * kernel.w_group;
          const int64_t filled = std::clamp<int64_t>(left - lanes, 0, kernel.lanes);
          const int8_t* from = w + (first + lanes) * k;
          if (kernel.w_group == kWord && IsRun(order)) {
            for (int64_t c = 0; c < filled; ++c, packed += kWord) {
              std::memcpy(packed, from + c * k + order[0], kWord);
            }
          } else {
            for (int64_t c = 0; c < filled; ++c) {
              for (int64_t i = 0; i < kernel.w_group; ++i) {
                *packed++ = order[i] >= 0 ? from[c * k + order[i]] : int8_t{0};
              }
            }
          }
          const int64_t rest = (kernel.lanes - filled) * kernel.w_group;
          std::memset(packed, 0, static_cast<size_t>(rest));
          packed += rest;
        }
      }
    }
  }
}

}  // namespace plumb::kernels
