#include "plumb/verify/diagnose/table_check.h"

#include <algorithm>
#include <cmath>

#include "plumb/base/number_text.h"
#include "plumb/quant/function_table.h"
#include "plumb/verify/diagnose/record_numbers.h"

namespace plumb::verify {

using artifact::Program;
using artifact::Record;

std::optional<LayerFault> CheckTable(const Program& a, const Record& record,
                                     const ir::Graph& graph) {
  const bool fused = record.attributes.String("function", "none") == "table";
  const size_t at = fused ? 4 : 1;
  if ((!fused && record.op != "table") || record.inputs.size() <= at ||
      !IsConstant(a, record.inputs[at]) || record.outputs.empty()) {
    return std::nullopt;
  }
  if (fused && record.inputs.size() > 5 && record.inputs[5] >= 0) {
    return std::nullopt;  // the table gives the product's own grid, not the output's
  }
  const ConstTensorView table = ConstantOf(a, record.inputs[at]);
  const artifact::TensorInfo& out = InfoOf(a, record.outputs[0]);
  const auto value = graph.FindValue(ValueNameOf(out.name));
  if (table.size() != 256 || table.dtype != DType::kS8 || !value ||
      out.quantization.per_channel() || out.name.ends_with(".rescaled") ||
      graph.value(*value).producer == ir::kNone) {
    return std::nullopt;
  }
  Quantization from;
  if (fused) {
    const Quantization& x = InfoOf(a, record.inputs[0]).quantization;
    const Quantization& w = InfoOf(a, record.inputs[1]).quantization;
    const ConstTensorView m = ConstantOf(a, record.inputs[3]);
    const bool folded = x.per_channel() && record.attributes.Int("groups", 1) == 1;
    std::vector<float> scales;
    for (size_t o = 0; o < static_cast<size_t>(m.size()) && !w.empty(); ++o) {
      const float sx =
          folded ? 1.0f : x.scale[x.scale.size() == 1 ? 0 : std::min(o, x.scale.size() - 1)];
      const float multiplier = m.data<float>()[o];
      if (multiplier > 0x1p-59f) {
        scales.push_back(sx * w.scale[std::min(o, w.scale.size() - 1)] / multiplier);
      }
    }
    if (scales.empty()) {
      return std::nullopt;
    }
    std::nth_element(scales.begin(), scales.begin() + static_cast<long>(scales.size() / 2),
                     scales.end());
    from.scale = {scales[scales.size() / 2]};
    from.zero_point = {static_cast<int32_t>(record.attributes.Int("mid_zero_point", 0))};
  } else {
    from = InfoOf(a, record.inputs[0]).quantization;
    if (from.scale.size() != 1) {
      return std::nullopt;
    }
  }
  const ir::Node& node = graph.node(graph.value(*value).producer);
  const auto apart = [&](const Quantization& grid, const ir::Node* function) -> std::optional<int> {
    const auto expected = quant::MakeTable(graph, function, grid, out.quantization);
    if (!expected.ok()) {
      return std::nullopt;
    }
    int most = 0;
    for (size_t q = 0; q < 256; ++q) {
      most = std::max(most, std::abs(table.data<int8_t>()[q] - expected->values<int8_t>()[q]));
    }
    return most;
  };
  const std::optional<int> found = apart(from, &node);
  if (!found || *found <= 2) {
    return std::nullopt;
  }
  for (const double octave : {-1.0, 1.0}) {
    for (int step = 1; step <= 32; ++step) {
      Quantization scaled = from;
      scaled.scale[0] *= static_cast<float>(std::exp2(octave * step / 8));
      if (const auto near = apart(scaled, &node); near && *near <= 1 + *found / 8 && *near <= 6) {
        return LayerFault{"wrong-scale",
                          StrCat("its multipliers are ", FixedText(std::exp2(octave * step / 8), 2),
                                 " times what its table is made for"),
                          true};
      }
    }
  }
  if (const auto near = apart(from, nullptr); near && *near <= 2) {
    return LayerFault{"activation-dropped", StrCat("its function (", node.op, ") is left out"),
                      false};
  }
  return LayerFault{
      "other-function",
      StrCat("its table is not that of ", node.op, ": entries are off by up to ", *found, " steps"),
      false};
}

}  // namespace plumb::verify
