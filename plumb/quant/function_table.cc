#include "plumb/quant/function_table.h"

#include <algorithm>

#include "plumb/lower/lower.h"
#include "plumb/numerics/requantize.h"
#include "plumb/quant/range.h"

namespace plumb::quant {
namespace {

int8_t QuantizeTo(float real, const Quantization& grid) {
  return static_cast<int8_t>(
      numerics::Quantize(real, grid.scale[0], grid.zero_point[0], -128, 127));
}
float DequantizeFrom(int32_t q, const Quantization& grid) {
  return numerics::Dequantize(q, grid.scale[0], grid.zero_point[0]);
}

std::vector<float> GridPoints(const Quantization& grid) {
  std::vector<float> points;
  for (int32_t q = -128; q <= 127; ++q) {
    points.push_back(DequantizeFrom(q, grid));
  }
  return points;
}

}  // namespace

Result<std::vector<float>> EvaluateFunction(const ir::Graph& graph, const ir::Node& node,
                                            std::span<const float> x) {
  ir::Graph one;
  std::vector<ir::ValueId> inputs = {
      one.AddConstant("x", Tensor::Of<float>({static_cast<int64_t>(x.size())}, x))};
  for (size_t i = 1; i < node.inputs.size(); ++i) {
    inputs.push_back(node.inputs[i] == ir::kNone
                         ? ir::kNone
                         : one.AddConstant("parameter", *graph.ConstantOf(node.inputs[i])));
  }
  const ir::ValueId y =
      one.Emit(node.op, "y", inputs, node.attributes,
               ir::TensorType(DType::kF32, Shape{static_cast<int64_t>(x.size())}), node.origin);
  PLUMB_ASSIGN_OR_RETURN(std::vector<Tensor> results,
                         lower::EvaluateNode(one, one.value(y).producer));
  const std::span<const float> values = std::as_const(results[0]).values<float>();
  return std::vector<float>(values.begin(), values.end());
}

Result<Tensor> MakeTable(const ir::Graph& graph, const ir::Node* node, const Quantization& from,
                         const Quantization& to) {
  std::vector<float> points = GridPoints(from);
  if (node != nullptr) {
    PLUMB_ASSIGN_OR_RETURN(points, EvaluateFunction(graph, *node, points));
  }
  Tensor table(DType::kS8, {256});
  for (size_t i = 0; i < 256; ++i) {
    table.values<int8_t>()[i] = QuantizeTo(points[i], to);
  }
  return table;
}

Result<TableForm> FitTableForm(const ir::Graph& graph, const ir::Node& node,
                               const ValueStats& before, const Quantization& to) {
  std::vector<float> centres;
  for (int bin = 0; bin < kHistogramBins; ++bin) {
    centres.push_back(before.BinCentre(bin));
  }
  PLUMB_ASSIGN_OR_RETURN(const std::vector<float> exact, EvaluateFunction(graph, node, centres));
  const auto error = [&](const auto& approximate) {
    double sum = 0;
    for (size_t bin = 0; bin < kHistogramBins; ++bin) {
      if (before.histogram[bin] != 0) {
        const double e = static_cast<double>(exact[bin]) - approximate(bin);
        sum += e * e * static_cast<double>(before.histogram[bin]);
      }
    }
    return before.count == 0 ? 0.0 : sum / static_cast<double>(before.count);
  };
  TableForm best;
  best.direct_error =
      error([&](size_t bin) { return DequantizeFrom(QuantizeTo(exact[bin], to), to); });
  bool first = true;
  for (int low_step = 0; low_step <= 24; ++low_step) {
    for (int high_step = 0; high_step <= 4; ++high_step) {
      // The low end matters most: a function such as SiLU is nearly flat there, so steps spent on it are lost.
      const float lo = before.min * (1.0f - static_cast<float>(low_step) / 25.0f);
      const float hi = before.max * (1.0f - 0.05f * static_cast<float>(high_step));
      const Quantization mid = GridOf({lo, hi});
      PLUMB_ASSIGN_OR_RETURN(const Tensor table, MakeTable(graph, &node, mid, to));
      const double e = error([&](size_t bin) {
        return DequantizeFrom(
            table.values<int8_t>()[static_cast<size_t>(QuantizeTo(centres[bin], mid) + 128)], to);
      });
      if (first || e < best.table_error) {
        first = false;
        best.table_error = e;
        best.mid = mid;
      }
    }
  }
  return best;
}

}  // namespace plumb::quant
