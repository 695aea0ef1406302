// An 8-bit conv or fully_connected record, read.
#pragma once

#include <string>
#include <vector>

#include "plumb/export/onnx/onnx_records.h"
#include "plumb/export/onnx/step_table.h"

namespace plumb::exporting {

struct DotLayer {
  RecordExport r;
  bool is_conv = false;
  Order order;                    // of x in the graph
  Order y_order;                  // of y: the same dimensions
  int64_t channel_dimension = 0;  // of y in that order
  Quantization
      grid;  // that the layer rounds to: y's, or the one that a residual is added on; empty: f32
  std::string name;  // of the value that it rounds to
  int64_t channels = 0, depth = 0, groups = 1;
  std::vector<float> m;             // [channels]
  std::vector<int32_t> bias;        // [channels] or empty
  std::vector<int64_t> weight_sum;  // [channels]: sum of |w|
  std::string function;             // "none": none
  bool table = false;
  int64_t clamp_lo = -128, clamp_hi = 127;
  int32_t mid_zero_point = 0;
  bool one_zero_point = true;  // of x
  Attributes window;           // of the ONNX node; empty for fully_connected

  // No sum of channel c is larger.
  [[nodiscard]] float LargestSum(size_t c) const;
};

[[nodiscard]] Result<DotLayer> ReadDotLayer(const RecordExport& r);
[[nodiscard]] bool OneZeroPoint(const Quantization& grid);
[[nodiscard]] Status WriteDotS8(const RecordExport& r);  // onnx_dot.cc: the exact form, or
[[nodiscard]] Status WriteDotQdq(const DotLayer& l);     // onnx_dot_qdq.cc

// True when (x_scale * w_scale[c]) / y_scale, each operation rounded, is the stored m[c] for every c.
[[nodiscard]] bool MultiplierIs(const DotLayer& l, float x_scale, const std::vector<float>& w_scale,
                                float y_scale);
// Says that `value`, on l.grid, is the layer's result: y, or what the residual is added to.
void OutRounded(const DotLayer& l, const std::string& value);
// The constant weights as ONNX has them.
[[nodiscard]] std::string WeightsOf(const DotLayer& l);
[[nodiscard]] std::string WriteClamp(const DotLayer& l, const std::string& y);
// y = table[x + 128], one table [256] or one for each index of the tensor's last axis [C,256].
[[nodiscard]] std::string WriteTable(Emitter& e, const std::string& x, const Tensor& table,
                                     const Order& order, std::string_view output);
// A number for each channel, in the shape that spreads over the value's other dimensions.
template <typename T>
std::string OfChannels(const DotLayer& l, std::string_view name, const std::vector<T>& values) {
  const auto n = static_cast<int64_t>(values.size());
  return l.r.e.graph.Constant(name, Tensor::Of<T>(l.is_conv ? Shape{n, 1, 1} : Shape{n}, values));
}

// A function behind a layer and the grid that it is rounded to.
struct Staircased {
  RecordExport r;  // holds the function's parameters
  std::string_view function;
  const Quantization& grid;
  std::string name;  // of the result
};
// y = Quantize(f(t)) by the steps of that staircase.
[[nodiscard]] Result<std::string> WriteSteps(const DotLayer& l, const Staircased& s,
                                             const std::string& t);

}  // namespace plumb::exporting
