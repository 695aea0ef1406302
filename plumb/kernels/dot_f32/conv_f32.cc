#include "plumb/kernels/dot_f32/conv_f32.h"

#include <algorithm>
#include <functional>

#include "plumb/base/check.h"

namespace plumb::kernels {
namespace {

constexpr int64_t kPointLine = 96;               // a multiple of the kernels' rows
constexpr int64_t kBandBytes = 192 * 1024;       // a band stays in the second-level cache
constexpr int64_t kNearPanelBytes = 512 * 1024;  // panels that do, too

// A 1x1 layer with stride 1 sees its pixels in one long line; several shorter ones can be shared
// out among threads.
ConvF32Shape AsLines(ConvF32Shape s) {
  const bool point = s.kernel_h == 1 && s.kernel_w == 1 && s.stride_h == 1 && s.stride_w == 1 &&
                     s.pad_top == 0 && s.pad_left == 0 && s.out_h == s.in_h && s.out_w == s.in_w;
  if (point) {
    s.out_h = s.in_h = (s.rows() + kPointLine - 1) / kPointLine;
    s.out_w = s.in_w = kPointLine;
    s.batch = 1;
  }
  return s;
}

bool StaysInside(const ConvF32Shape& s) {
  return s.pad_top == 0 && s.pad_left == 0 &&
         (s.out_h - 1) * s.stride_h + (s.kernel_h - 1) * s.dilation_h < s.in_h &&
         (s.out_w - 1) * s.stride_w + (s.kernel_w - 1) * s.dilation_w < s.in_w;
}

}  // namespace

ConvF32::ConvF32(const ConvF32Shape& shape, const DotF32Kernel& kernel, const float* weights)
    : shape_(AsLines(shape)),
      kernel_(kernel),
      panels_(kernel, shape.k(), shape.out_channels / shape.groups),
      packed_(DType::kF32, {shape.groups * panels_.elements()}),
      pixels_(shape.rows()),
      direct_(StaysInside(shape_)) {
  const ConvF32Shape& s = shape_;
  for (int64_t g = 0; g < s.groups; ++g) {
    panels_.PackColumns(weights + g * panels_.columns() * s.k(),
                        packed_.values<float>().data() + g * panels_.elements());
  }
  band_width_ = (s.out_w - 1) * s.stride_w + (s.kernel_w - 1) * s.dilation_w + 1;
  line_floats_ = (direct_ ? s.in_w : band_width_) * s.in_channels;
  const int64_t reach = (s.kernel_h - 1) * s.dilation_h + 1;
  const int64_t fitting = (kBandBytes / std::max<int64_t>(line_floats_ * 4, 1) - reach) / s.stride_h + 1;
  const int64_t enough = (kDotF32BlockRows + s.out_w - 1) / std::max<int64_t>(s.out_w, 1);
  block_lines_ = std::clamp<int64_t>(fitting, enough, std::max<int64_t>(s.out_h, enough));

  const int64_t depth = s.in_channels / s.groups;
  const bool whole_rows = s.groups == 1 && s.dilation_w == 1;
  const int64_t runs = whole_rows ? 1 : s.kernel_w;
  const int64_t run = (whole_rows ? s.kernel_w : 1) * depth;
  const int64_t chunks = std::max<int64_t>(1, (s.k() + kDotF32Chunk - 1) / kDotF32Chunk);
  const int64_t chunk = (s.k() + chunks - 1) / chunks;  // of about equal length
  int64_t left = chunk;
  for (int64_t ky = 0; ky < s.kernel_h; ++ky) {
    for (int64_t r = 0; r < runs; ++r) {
      int64_t offset = ky * s.dilation_h * line_floats_ + r * s.dilation_w * s.in_channels;
      for (int64_t rest = run; rest > 0;) {
        const int64_t n = std::min(rest, left);
        segments_.push_back({offset, n});
        offset += n, rest -= n, left -= n;
        if (left == 0) {
          chunk_ends_.push_back(segments_.size());
          left = chunk;
        }
      }
    }
  }
  if (chunk_ends_.empty() || chunk_ends_.back() != segments_.size()) {
    chunk_ends_.push_back(segments_.size());
  }
}

size_t ConvF32::ScratchBytes(int threads) const {
  if (direct_ || pixels_ == 0) {
    return 0;
  }
  const int64_t lines = (std::min(block_lines_, shape_.out_h) - 1) * shape_.stride_h +
                        (shape_.kernel_h - 1) * shape_.dilation_h + 1;
  return static_cast<size_t>((lines * line_floats_ + 15) / 16 * 16) * sizeof(float) *
         static_cast<size_t>(threads);
}

struct ConvF32::Part {
  const float* x;
  const float* bias;
  const DotF32Function* function;
  float* y;
};

// Output lines whose windows start at `base`, one stride_h apart.
struct ConvF32::Lines {
  const float* base;
  float* y;
};

void ConvF32::Run(const float* x, const float* bias, const DotF32Function& function, float* y,
                  ThreadPool& pool, std::span<std::byte> scratch) const {
  PLUMB_CHECK(scratch.size() >= ScratchBytes(pool.threads()))
      << "scratch of " << scratch.size() << " bytes";
  if (pixels_ == 0) {
    return;
  }
  const Part part{x, bias, &function, y};
  const size_t own = ScratchBytes(1) / sizeof(float);
  float* const bands = reinterpret_cast<float*>(scratch.data());
  const int64_t lines = shape_.batch * shape_.out_h;
  const int64_t panels = panels_.count();
  // Lines unless their number leaves a thread much more to do than the others.
  const int64_t threads = pool.threads();
  const int64_t lines_each = (lines + threads - 1) / threads;
  const int64_t panels_each = (panels + threads - 1) / threads;
  if (4 * lines_each * panels <= 5 * panels_each * lines) {
    const auto work = [&](int64_t begin, int64_t end, int thread) {
      RunPart(part, begin, end, 0, panels, bands + static_cast<size_t>(thread) * own);
    };
    pool.ParallelFor(lines, 1, std::cref(work));
  } else {
    const auto work = [&](int64_t begin, int64_t end, int thread) {
      RunPart(part, 0, lines, begin, end, bands + static_cast<size_t>(thread) * own);
    };
    pool.ParallelFor(panels, 1, std::cref(work));
  }
}

void ConvF32::RunPart(const Part& part, int64_t line_begin, int64_t line_end, int64_t panel_begin,
                      int64_t panel_end, float* band) const {
  const ConvF32Shape& s = shape_;
  // Panels that stay in the second-level cache may be passed over often, for blocks that stay
  // nearer; others are read from farther away and want large blocks.
  const int64_t panel_bytes = (panel_end - panel_begin) * kernel_.panel * panels_.k() * 4;
  const int64_t most = panel_bytes <= kNearPanelBytes ? kDotF32BlockRows / 4 : kDotF32BlockRows;
  const int64_t block = most / kernel_.max_rows * kernel_.max_rows;
  for (int64_t line = line_begin; line < line_end;) {
    const int64_t image = line / s.out_h, oy = line % s.out_h;
    const int64_t lines = std::min({block_lines_, line_end - line, s.out_h - oy});
    Lines here{band, part.y + line * s.out_w * s.out_channels};
    if (direct_) {
      here.base = part.x + (image * s.in_h + oy * s.stride_h) * line_floats_;
    } else {
      FillBand(part.x, image, oy, lines, band);
    }
    const int64_t count = std::min(lines * s.out_w, pixels_ - line * s.out_w);
    for (int64_t first = 0; first < count; first += block) {
      RunPixels(part, here, first, std::min(block, count - first), panel_begin, panel_end);
    }
    line += lines;
  }
}

void ConvF32::FillBand(const float* x, int64_t image, int64_t oy, int64_t lines,
                       float* band) const {
  const ConvF32Shape& s = shape_;
  const int64_t rows = (lines - 1) * s.stride_h + (s.kernel_h - 1) * s.dilation_h + 1;
  const int64_t left = std::min(s.pad_left, band_width_);
  const int64_t inside = std::clamp<int64_t>(s.in_w, 0, band_width_ - left);
  for (int64_t row = 0; row < rows; ++row, band += line_floats_) {
    const int64_t iy = oy * s.stride_h - s.pad_top + row;
    if (iy < 0 || iy >= s.in_h) {
      std::fill_n(band, line_floats_, 0.0f);
      continue;
    }
    std::fill_n(band, left * s.in_channels, 0.0f);
    std::copy_n(x + (image * s.in_h + iy) * s.in_w * s.in_channels, inside * s.in_channels,
                band + left * s.in_channels);
    std::fill_n(band + (left + inside) * s.in_channels,
                (band_width_ - left - inside) * s.in_channels, 0.0f);
  }
}

// Pixels [first, first + count) of the lines, chunk after chunk, so that a chunk of a panel is used
// for all of them.
void ConvF32::RunPixels(const Part& part, const Lines& lines, int64_t first, int64_t count,
                        int64_t panel_begin, int64_t panel_end) const {
  const ConvF32Shape& s = shape_;
  const int64_t depth = s.in_channels / s.groups;
  const int64_t columns = panels_.columns();
  DotF32Tile tile;
  tile.a_stride = s.stride_w * s.in_channels;
  tile.c_stride = s.out_channels;
  for (int64_t g = 0; g < s.groups; ++g) {
    const float* const packed = packed_.values<float>().data() + g * panels_.elements();
    int64_t k = 0;
    size_t begin = 0;
    for (const size_t end : chunk_ends_) {
      tile.segments = {segments_.data() + begin, end - begin};
      tile.first = begin == 0;
      const bool last = end == segments_.size();
      for (int64_t panel = panel_begin; panel < panel_end; ++panel) {
        const int64_t column = panel * kernel_.panel;
        tile.b = packed + panels_.offset(panel) + k * panels_.width(panel);
        tile.columns = static_cast<int>(std::min<int64_t>(kernel_.panel, columns - column));
        tile.bias = last && part.bias != nullptr ? part.bias + g * columns + column : nullptr;
        for (int64_t pixel = first; pixel < first + count;) {
          const int64_t row = pixel / s.out_w, ox = pixel % s.out_w;
          const int64_t run = std::min(first + count - pixel, s.out_w - ox);
          const float* const a =
              lines.base + row * s.stride_h * line_floats_ + g * depth + ox * tile.a_stride;
          float* const c = lines.y + pixel * s.out_channels + g * columns + column;
          const int64_t tiles = (run + kernel_.max_rows - 1) / kernel_.max_rows;
          for (int64_t t = 0; t < tiles; ++t) {  // of about equal size
            const int64_t from = run * t / tiles;
            tile.rows = static_cast<int>(run * (t + 1) / tiles - from);
            tile.a = a + from * tile.a_stride;
            tile.c = c + from * s.out_channels;
            kernel_.run(tile);
          }
          pixel += run;
        }
      }
      for (size_t i = begin; i < end; ++i) {
        k += segments_[i].length;
      }
      begin = end;
    }
  }
  if (part.function->apply == nullptr) {
    return;
  }
  const int64_t from = panel_begin * kernel_.panel;
  const int64_t to = std::min(panel_end * kernel_.panel, columns);
  float* const y = lines.y + first * s.out_channels;
  if (to - from == s.out_channels) {
    part.function->apply(y, y, count * s.out_channels, part.function->parameters);
    return;
  }
  for (int64_t pixel = 0; pixel < count; ++pixel) {
    for (int64_t g = 0; g < s.groups; ++g) {
      float* const c = y + pixel * s.out_channels + g * columns + from;
      part.function->apply(c, c, to - from, part.function->parameters);
    }
  }
}

}  // namespace plumb::kernels
