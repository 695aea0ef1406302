// Dense products of 8-bit integers: convolution (any kernel, stride, dilation, padding, groups) and
// fully connected layers.
//
// Definition (dot_reference.h): for every output pixel and channel
//
//   acc = bias[c] + sum over (kernel row, kernel column, channel) of (x - x_zero_point[i]) * w, i
//   the
//         input channel
//
// exactly, in 32 bits; taps outside the picture contribute 0. Then one of four ends
// (kernels/common/layer_end.h).
//
// How it is computed (dot_plan.h): a kernel multiplies a tile of pixels, a constant number of bytes
// apart in memory, by a panel of channels; what it multiplies are runs of k at constant offsets from
// the pixel. Where the input itself has that form and the kernel takes its bytes as they are, tiles
// are read from it. Else each input row is copied once into a band of padded rows, converted, and
// tiles are read from there; no row of taps is ever written out. Weights are packed once into
// panels, in the order in which the runs meet them, with zeros where a run reads more than its taps.
// The zero point, and the offset that makes activations unsigned for one instruction set, are folded
// into the packed bias: bias - sum((x_zero_point + offset) * w). Sums that leave 32 bits on the way
// wrap and come back. Threads split pixels or channels, never sums.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "plumb/base/cpu.h"
#include "plumb/base/tensor.h"
#include "plumb/base/thread_pool.h"
#include "plumb/kernels/common/layer_end.h"

namespace plumb::kernels {

// A convolution over NHWC. A fully connected layer of R rows is a 1x1 convolution over R columns.
struct DotGeometry {
  int64_t batch = 1, in_height = 1, in_width = 1, in_channels = 1;
  int64_t out_height = 1, out_width = 1, out_channels = 1;
  int64_t kernel_height = 1, kernel_width = 1;
  int64_t stride_height = 1, stride_width = 1;
  int64_t dilation_height = 1, dilation_width = 1;
  int64_t pad_top = 0, pad_left = 0;  // below and right: whatever the output size reaches
  int64_t groups = 1;                 // divides in_channels and out_channels
};
[[nodiscard]] int64_t DotPixels(const DotGeometry& g);  // batch * out_height * out_width
[[nodiscard]] int64_t DotDepth(const DotGeometry& g);   // products of one output

struct DotPlan;  // dot_plan.h

// How y is stored: [batch][out_height][out_width][out_channels], or, of kRealF32 only and without a
// pitch, [batch][out_channels][out_height][out_width].
enum class DotOrder { kPixelMajor, kChannelMajor };

// A layer. Pointers stay the caller's and are read by DotPacked's constructor only, except
// `end.function.parameters`, which must live as long as the DotPacked.
struct DotLayer {
  DotGeometry geometry;
  const int32_t* x_zero_point = nullptr;  // [in_channels], each -128..127
  const int8_t* weights =
      nullptr;  // [out_channels][kernel_height][kernel_width][in_channels / groups]
  const int32_t* bias = nullptr;  // [out_channels], or null
  LayerEndSpec end;
  // Elements from pixel to pixel, where the layer reads or writes some channels of a wider tensor;
  // 0: its own channels.
  int64_t x_pitch = 0, y_pitch = 0, residual_pitch = 0;
  DotOrder y_order = DotOrder::kPixelMajor;
};

// One call of a kernel: acc[row][channel] = start[channel] + sum of a[row][k] * w[k][channel]. Row r,
// run i begins at a + r * a_row + runs[i]; a run has run_steps * k_step elements.
struct DotTile {
  const std::byte* a;
  int64_t a_row;        // bytes
  const int64_t* runs;  // [run_count] bytes
  int64_t run_count;    // may be 0
  int64_t run_steps;    // at least 1
  const int8_t* w;  // [run_count * run_steps][channels / lanes][k_step / w_group][lanes][w_group]
  const int32_t* start;  // [channels]
  int32_t* acc;          // [tile_rows][tile_channels], 64-byte aligned
  int rows;              // 1..tile_rows; rows up to a multiple of row_step can be read
  int channels;          // a multiple of `lanes`, at most tile_channels
};

// Copies `rows` runs of n activations, converted.
struct DotCopy {
  const int8_t* from;
  int64_t from_stride;  // from run to run; 0: the same again
  std::byte* to;
  int64_t to_stride;  // in bytes
  int64_t n;
  int64_t rows;
};

struct DotKernel {
  const char* name;
  Isa isa;
  int tile_rows;      // a multiple of row_step
  int row_step;       // rows that exist are counted in it
  int tile_channels;  // of a panel, a multiple of lanes
  int lanes;          // the last panel is as wide as needed, in lanes
  int k_step;         // k is padded to a multiple of it
  int w_group;        // elements of k side by side in w; divides k_step
  int element_bytes;  // of a
  int x_offset;       // a = x + x_offset; 0 with one byte an element: a can be x itself
  int group_steps;    // tiles of more steps end alone, overlapped with the products of the next one
  float step_cycles;  // about, of a row, a step and `lanes` channels: for choosing among plans
  void (*enter)();    // on each thread before its tiles and after them; null: nothing to do
  void (*leave)();
  void (*copy)(const DotCopy& job);
  void (*tile)(const DotTile& tile);
};

#define PLUMB_DOT(kernel) extern const DotKernel kernel;
#include "plumb/kernels/dot/dot_kernels.inc"
#undef PLUMB_DOT

// Every kernel this machine can run, fastest first; the fastest that needs no more than `isa`.
[[nodiscard]] std::vector<const DotKernel*> DotKernels();
[[nodiscard]] const DotKernel& SelectDot(Isa isa);

// A layer in the form its kernel uses. Immutable: any number of threads may run it.
class DotPacked {
 public:
  DotPacked(const DotLayer& layer, const DotKernel& kernel);
  ~DotPacked();

  [[nodiscard]] size_t ScratchBytes(int threads) const;
  [[nodiscard]] size_t PackedBytes() const;
  // x: [batch][in_height][in_width][in_channels]; y: in the layer's order, s8 or f32 by its end;
  // residual: as y, where the end has one. scratch: ScratchBytes(pool.threads()) bytes, 64-byte
  // aligned. x and residual may not overlap y, except that residual may be y with the same pitch.
  void Run(const int8_t* x, void* y, std::span<std::byte> scratch, ThreadPool& pool,
           const int8_t* residual = nullptr) const;

 private:
  struct Call;
  struct Part;
  struct Place;
  struct Group;
  void RunPart(const Part& part) const;
  void RunGroup(const Part& part, Group& group, int64_t first_row, int64_t begin,
                int64_t end) const;
  [[nodiscard]] Place PlaceOf(int64_t tile) const;
  void GroupAt(const Place& place, int64_t most, Group& group) const;
  [[nodiscard]] Place After(const Group& group) const;
  void FindRows(const Part& part, int64_t first_row, int64_t channels, Group& group,
                DotTile& tile) const;
  void End(const Part& part, const Group& group, int64_t channels, int64_t panel) const;
  [[nodiscard]] int64_t SumsBytes() const;

  DotOrder y_order_;
  int64_t y_pitch_, residual_pitch_;
  int64_t picture_;  // output pixels of a picture
  bool past_cache_;  // see EndTranspose
  const DotKernel& kernel_;
  std::unique_ptr<const DotPlan> plan_;
  int group_tiles_;
  int64_t group_channels_;  // outputs of a group
  int64_t group_padded_;    // the same in whole lanes
  int64_t panels_;          // of a group
  int64_t panels_held_;     // multiplied by all tiles of a block before the next ones
  Tensor weights_;          // s8 [groups][panels][steps][...]
  Tensor start_;            // s32 [groups][group_padded_]
  Tensor padding_;          // s8 [in_channels]: zero points, for pixels outside
  LayerEnd end_;
};

}  // namespace plumb::kernels
