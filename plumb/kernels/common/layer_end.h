// How an 8-bit layer ends: from exact 32-bit sums to outputs. Shared by the dense and the depthwise
// convolution, so that both have the same ends and the same bits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "plumb/base/cpu.h"
#include "plumb/base/tensor.h"

namespace plumb::kernels {

enum class EndKind {
  kRequantize,  // s8: Requantize(acc, m[c], clamp_lo, clamp_hi, y_zero_point[c])
  kTable,       // s8: table[Requantize(acc, m[c], -128, 127, mid_zero_point) + 128]
  kRealS8,      // s8: Quantize(f(float(acc) * m[c]), y_scale[c], y_zero_point[c], -128, 127)
  kRealF32,     // f32: f(float(acc) * m[c])
};

// Functions that an end may compute in a way of its own, with the same 8-bit outputs.
enum class KnownFunction { kOther, kSilu };

// A function of one binary32 number over an array; null: none. in == out is allowed.
struct LayerFunction {
  void (*apply)(const float* in, float* out, int64_t n, const float* parameters) = nullptr;
  const float* parameters = nullptr;
  KnownFunction known = KnownFunction::kOther;  // kSilu: apply is numerics::Silu
};

// A second 8-bit tensor r, added to the 8-bit output y1 of a layer as kernels/elementwise adds two
// tensors:
//
//   y = ClampRound((y1 - own_zero_point) * own_multiplier + (r - zero_point) * multiplier, lo, hi,
//                  y_zero_point)
//
// in binary32, each operation rounded, in that order; then y = table[y + 128] where there is a
// table.
struct EndResidual {
  float own_multiplier = 1.0f, multiplier = 1.0f;
  int32_t own_zero_point = 0, zero_point = 0, y_zero_point = 0;
  int32_t lo = -128, hi = 127;    // -128 <= lo <= hi <= 127
  const int8_t* table = nullptr;  // [256], or null
};

// Pointers stay the caller's; `function.parameters` must live as long as the LayerEnd.
struct LayerEndSpec {
  EndKind kind = EndKind::kRequantize;
  const float* multiplier = nullptr;        // [channels]
  const int32_t* y_zero_point = nullptr;    // [channels], -128..127: kRequantize, kRealS8
  const float* y_scale = nullptr;           // [channels]: kRealS8
  int32_t clamp_lo = -128, clamp_hi = 127;  // kRequantize, -128 <= lo <= hi <= 127
  int32_t mid_zero_point = 0;               // kTable, -128..127
  const int8_t* table = nullptr;            // [256]: kTable
  // The caller knows that no |sum * multiplier| exceeds 2^30: allows a shorter way to the same bits.
  bool fits = false;
  // y = table[x + 128] over n bytes, in place; null: a plain loop.
  void (*look_up)(const int8_t* table, const int8_t* x, int8_t* y, int64_t n) = nullptr;
  LayerFunction function;               // kRealS8, kRealF32
  std::optional<EndResidual> residual;  // not with kRealF32
};

// The definition of every end, for one sum of channel c: writes element `i` of y. `residual`: the
// number to add, where the end has one.
void LayerEndReference(const LayerEndSpec& spec, int32_t acc, int64_t c, void* y, int64_t i,
                       int8_t residual = 0);

// Largest |bias[c]| + 255 * sum over k of |w[c][k]|; bias may be null. More than 2^31 - 1: the
// layer's sums may not fit 32 bits and it must be refused.
[[nodiscard]] int64_t AccumulatorBound(const int8_t* w, const int32_t* bias, int64_t channels,
                                       int64_t k);

// Rows of sums, acc_stride apart, and what they become.
struct EndBlock {
  const int32_t* acc;
  int64_t acc_stride;
  int64_t rows;
  int64_t channels;  // of each row
};
// Per channel, padded by 64 entries.
struct EndParams {
  const float* multiplier;
  const float* low;     // lo - zero point
  const float* high;    // hi - zero point
  const int32_t* zero;  // zero point
  const float* scale;   // of the output (kRealS8)
  int8_t lo, hi;        // of the output, the same for every channel
  bool fits;            // no |acc * multiplier| exceeds 2^30
  const int8_t* table;  // kTable; else null
};

// Rows of 8-bit numbers of `channels`: y += r by EndResidual's rule.
struct EndAddition {
  const int8_t* r;
  int64_t r_stride;
  int8_t* y;
  int64_t y_stride;
  int64_t rows;
  int64_t channels;
};

// y[c * y_stride + row] = real[row * real_stride + c].
struct EndTranspose {
  const float* real;
  int64_t real_stride;
  int64_t rows;
  int64_t channels;
  float* y;
  int64_t y_stride;
  bool past_cache;  // y is part of more than the caches keep: need not be written through them
};

// Where the outputs of a block go: channel c of row r to element r * row_stride + c *
// channel_stride of y (s8 or f32 by the kind). A channel stride other than 1 is for kRealF32 only,
// and then the row stride is 1.
struct EndTarget {
  void* y;
  int64_t row_stride;
  int64_t channel_stride = 1;
  const int8_t* residual = nullptr;  // of the first row and channel, where the end has one
  int64_t residual_stride = 0;       // from row to row
  bool past_cache = false;           // see EndTranspose
};

struct EndKernel {
  const char* name;
  Isa isa;
  bool (*cpu_has)();  // what it needs beyond isa; null: nothing
  bool looks_up;      // requantize looks up the table; else that is left to do
  void (*requantize)(const EndBlock& block, const EndParams& params, int8_t* y, int64_t y_stride);
  void (*scale)(const EndBlock& block, const EndParams& params, float* real, int64_t real_stride);
  // acc of the block is not read: the numbers are real[row * real_stride + channel].
  void (*quantize)(const EndBlock& block, const EndParams& params, const float* real,
                   int64_t real_stride, int8_t* y, int64_t y_stride);
  void (*add)(const EndResidual& sum, const EndAddition& addition);
  void (*transpose)(const EndTranspose& job);
  // After the last job past the caches, before another thread reads y; null: nothing to do.
  void (*drain)();
  // kRealS8 with SiLU in one go; null: scale, function, quantize.
  void (*silu)(const EndBlock& block, const EndParams& params, int8_t* y, int64_t y_stride);
};

#define PLUMB_LAYER_END(kernel) extern const EndKernel kernel;
#include "plumb/kernels/common/layer_end_kernels.inc"
#undef PLUMB_LAYER_END

// Every kernel this machine can run, fastest first; the fastest that needs no more than `isa`.
[[nodiscard]] std::vector<const EndKernel*> EndKernels();
[[nodiscard]] const EndKernel& SelectEnd(Isa isa);

class LayerEnd {
 public:
  LayerEnd(const LayerEndSpec& spec, int64_t channels, const EndKernel& kernel);
  LayerEnd(const LayerEndSpec& spec, int64_t channels, Isa isa)
      : LayerEnd(spec, channels, SelectEnd(isa)) {}

  // Outputs of channels [first_channel, first_channel + block.channels): row r to the elements from
  // offset + r * y_stride on, of s8 or f32 by the kind. `real` is scratch for [rows][acc_stride] numbers.
  // Writes nothing else.
  void Apply(const EndBlock& block, int64_t first_channel, float* real, void* y, int64_t offset,
             int64_t y_stride) const;
  // The same for any target, whose `y` is element 0 of the first row and channel.
  void Apply(const EndBlock& block, int64_t first_channel, float* real,
             const EndTarget& target) const;
  // On each thread after its last block with target.past_cache.
  void Drain() const;
  [[nodiscard]] size_t bytes() const;
  [[nodiscard]] EndKind kind() const { return kind_; }
  [[nodiscard]] bool has_residual() const { return residual_.has_value(); }

 private:
  void LookUp(const std::vector<int8_t>& table, int8_t* bytes, int64_t n) const;
  void ApplyReal(const EndBlock& block, const EndParams& params, float* real,
                 const EndTarget& target) const;

  EndKind kind_;
  LayerFunction function_;
  void (*look_up_)(const int8_t* table, const int8_t* x, int8_t* y, int64_t n);
  const EndKernel& kernel_;
  int8_t lo_ = -128, hi_ = 127;
  bool fits_;
  std::vector<float> multiplier_, low_, high_, scale_;
  std::vector<int32_t> zero_;
  std::vector<int8_t> table_;
  std::optional<EndResidual> residual_;
  std::vector<int8_t> residual_table_;
};

}  // namespace plumb::kernels
