// How a layer's products are laid out for a kernel: where the rows of a tile come from, in which
// order k is met, which pixels a tile has.
#pragma once

#include <vector>

#include "plumb/kernels/dot/dot.h"

namespace plumb::kernels {

enum class DotSource {
  kInput,    // tiles are read from x
  kBand,     // from a copy of input rows with their padding: [phase][row][column][channel], where
             // input row r * stride_height + phase is row r of its phase
  kColumns,  // few channels: from pieces of a band row that hold all kernel rows of stride_width
             // columns: [output row][piece][kernel row][stride_width][channel]; a pixel's k are the
             // pieces from its own on
};

// Rows of sums that end together, at most: they stay in the first-level cache, and end in whole
// cache lines of a channel where tiles are of 14 rows.
constexpr int kDotGroupRows = 112;

constexpr int64_t kPieceRowBytes = 48;  // of a kernel row in a piece, at most

struct DotPlan {
  DotGeometry g;    // the layer's; a 1x1 layer that reads every pixel is a column of them
  int64_t x_pitch;  // elements
  DotSource source;
  bool across_rows;   // tiles run over the ends of output rows, or are parts of a row
  int64_t columns;    // places of an output row from its begin to the next one's, in pixels
  int64_t row_tiles;  // tiles of an output row; across_rows: of a picture
  std::vector<int64_t> tile_columns;  // where the tiles of an output row begin, and the row's end;
                                      // not across rows
  int64_t a_row;                      // bytes from output pixel to output pixel
  int64_t line;                       // bytes from output row to output row
  int64_t run_steps;                  // steps of k in a run
  int64_t element;                    // bytes of an activation where the tiles are read
  std::vector<int64_t> runs;          // where they begin, bytes from the pixel
  std::vector<int64_t> tail_runs;  // the same in a copy of a tile's rows, one run after the other
  std::vector<int64_t> order;      // for each k in the order of the steps: which product of the
                                   // layer, or -1 for none
  int64_t block_rows;  // output rows at a time: what they read stays in the second-level cache
  // kBand and kColumns.
  int64_t band_columns, band_line;  // bytes
  int64_t phases, phase_rows;       // rows of each phase that block_rows output rows read
  // kColumns.
  int64_t pieces, piece;             // of an output row, bytes of one
  std::vector<int64_t> kernel_rows;  // bytes in the band from an output row to its kernel rows
  // Bytes of a thread's band, pieces and copy of a tile's rows, each a multiple of 64.
  int64_t band_bytes, pieces_bytes, tail_bytes;

  [[nodiscard]] int64_t Steps() const { return static_cast<int64_t>(runs.size()) * run_steps; }
  // Whole output rows in n places.
  [[nodiscard]] int64_t Rows(int64_t n) const {
    return columns == 1 ? n : (n < columns ? 0 : n / columns);
  }
  [[nodiscard]] int64_t Tiles() const {  // of the layer
    return g.batch * (across_rows ? 1 : g.out_height) * row_tiles;
  }
};

[[nodiscard]] DotPlan MakeDotPlan(const DotLayer& layer, const DotKernel& kernel);

// Weights of one group, w [channels][k], as panels of kernel.tile_channels; the last panel is as
// wide as needed in whole lanes. Panel: see DotTile::w.
void DotPackWeights(const DotKernel& kernel, const DotPlan& plan, const int8_t* w, int64_t k,
                    int64_t channels, int8_t* packed);

// What output rows [first, first + rows) of a picture read, x being the picture: into the band, and
// from there into the pieces. `padding`: [in_channels].
void DotFillBand(const DotKernel& kernel, const DotPlan& plan, const int8_t* padding,
                 const int8_t* x, int64_t first, int64_t rows, std::byte* band, std::byte* pieces);

}  // namespace plumb::kernels
