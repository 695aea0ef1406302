#include "plumb/verify/diagnose/layer_comparison.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "plumb/quant/function_table.h"
#include "plumb/verify/diagnose/hypothesis.h"

namespace plumb::verify {
namespace {

using artifact::Program;
using artifact::Record;

const artifact::TensorInfo& InfoOf(const Program& program, int32_t t) {
  return program.tensors[static_cast<size_t>(t)];
}

bool IsConstant(const Program& program, int32_t t) {
  return t >= 0 && InfoOf(program, t).constant >= 0;
}

ConstTensorView ConstantOf(const Program& program, int32_t t) {
  const artifact::TensorInfo& info = InfoOf(program, t);
  return {info.dtype, info.shape, program.constants[static_cast<size_t>(info.constant)].data};
}

float NumberAt(ConstTensorView v, size_t i) {
  switch (v.dtype) {
    case DType::kS8:
      return v.data<int8_t>()[i];
    case DType::kS16:
      return v.data<int16_t>()[i];
    case DType::kF32:
      return v.data<float>()[i];
    case DType::kS32:
      return static_cast<float>(v.data<int32_t>()[i]);
    default:
      return 0;
  }
}

bool IsProduct(const Record& record) {
  return (record.op == "conv" || record.op == "fully_connected") && record.inputs.size() > 1;
}

// Attributes that follow from grids, and are compared through them.
bool FollowsFromGrids(const std::string& name) {
  static const std::set<std::string> names = {"clamp_lo",       "clamp_hi",     "sum_clamp_lo",
                                              "sum_clamp_hi",   "own_scale",    "own_zero_point",
                                              "mid_zero_point", "output_dtype", "dtype"};
  return names.contains(name);
}

std::string AttributeText(const Attribute& attribute) {
  if (const auto* i = std::get_if<int64_t>(&attribute)) {
    return StrCat(*i);
  }
  if (const auto* f = std::get_if<float>(&attribute)) {
    return StrCat(*f);
  }
  if (const auto* s = std::get_if<std::string>(&attribute)) {
    return *s;
  }
  if (const auto* ints = std::get_if<std::vector<int64_t>>(&attribute)) {
    std::string text;
    for (const int64_t v : *ints) {
      text += StrCat(text.empty() ? "" : ",", v);
    }
    return text;
  }
  return "other numbers";
}

std::vector<std::string> OpsOf(const Program& program, const Block& block) {
  std::vector<std::string> ops;
  for (const size_t r : block.records) {
    const std::string& op = program.records[r].op;
    if (op != "quantize" && op != "dequantize") {
      ops.push_back(op);
    }
  }
  return ops;
}

std::string Joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) {
    text += (text.empty() ? "" : ", ") + name;
  }
  return text.empty() ? "nothing" : text;
}

// What `all` has and `taken` has not, each as often as it is there.
std::vector<std::string> Without(std::vector<std::string> all,
                                 const std::vector<std::string>& taken) {
  for (const std::string& name : taken) {
    if (const auto found = std::find(all.begin(), all.end(), name); found != all.end()) {
      all.erase(found);
    }
  }
  return all;
}

bool IsFunction(const std::string& op) {
  static const std::set<std::string> names = {
      "table", "relu", "clip", "sigmoid", "silu",         "hard_swish", "leaky_relu",
      "gelu",  "tanh", "elu",  "mish",    "hard_sigmoid", "prelu",      "softplus"};
  return names.contains(op);
}

std::optional<LayerFault> CompareAttributes(const Record& record, const Record& twin) {
  if (record.op != twin.op) {
    return std::nullopt;
  }
  for (const auto* list : {&twin.attributes, &record.attributes}) {
    for (const auto& [name, value] : *list) {
      const Attribute* x = record.attributes.Find(name);
      const Attribute* y = twin.attributes.Find(name);
      if (FollowsFromGrids(name) || (x != nullptr && y != nullptr && *x == *y)) {
        continue;
      }
      const std::string has = x == nullptr ? "nothing" : AttributeText(*x);
      const std::string wants = y == nullptr ? "nothing" : AttributeText(*y);
      if (name == "function" && (x == nullptr || has == "none")) {
        return LayerFault{"activation-dropped", StrCat("its function (", wants, ") is left out"),
                          false};
      }
      // A table and a function in float are two forms of one thing.
      if (name == "function" && (has == "table" || wants == "table") && has != "none" &&
          wants != "none" && x != nullptr && y != nullptr) {
        continue;
      }
      const std::string cause = name == "pads"          ? "padding"
                                : record.op == "resize" ? "resize-kernel"
                                                        : "operator-attribute";
      return LayerFault{cause, StrCat("its '", name, "' is ", has, ", expected ", wants), false};
    }
  }
  return std::nullopt;
}

// Differences of kind: other operators, another operator, other attributes.
std::optional<LayerFault> CompareKind(const Program& a, const Block& block, const Program& b,
                                      const Block& twin_block) {
  const std::vector<std::string> ops = OpsOf(a, block), expected = OpsOf(b, twin_block);
  const std::vector<std::string> missing = Without(expected, ops), extra = Without(ops, expected);
  const Record& record = a.records[block.records.back()];
  const Record& twin = b.records[twin_block.records.back()];
  if (auto fault = CompareAttributes(record, twin)) {
    return fault;
  }
  std::set<std::string> reads, wanted;
  for (const int32_t t : block.inputs) {
    reads.insert(ValueNameOf(InfoOf(a, t).name));
  }
  for (const int32_t t : twin_block.inputs) {
    wanted.insert(ValueNameOf(InfoOf(b, t).name));
  }
  if (reads == wanted) {
    std::vector<int32_t> order_a, order_b;
    std::vector<std::string> names_a, names_b;
    for (const int32_t t : record.inputs) {
      if (t >= 0 && !IsConstant(a, t)) {
        names_a.push_back(ValueNameOf(InfoOf(a, t).name));
      }
    }
    for (const int32_t t : twin.inputs) {
      if (t >= 0 && !IsConstant(b, t)) {
        names_b.push_back(ValueNameOf(InfoOf(b, t).name));
      }
    }
    const bool commutes = record.op == "add" || record.op == "mul" || IsProduct(record);
    if (record.op == twin.op && names_a != names_b && !commutes &&
        std::is_permutation(names_a.begin(), names_a.end(), names_b.begin(), names_b.end())) {
      return LayerFault{"swapped-inputs", "its inputs are exchanged", false};
    }
  }
  if (ops == expected && reads == wanted) {
    return std::nullopt;
  }
  if (!missing.empty() && extra.empty() &&
      std::all_of(missing.begin(), missing.end(), [](const auto& op) { return IsFunction(op); })) {
    return LayerFault{"activation-dropped",
                      StrCat("a function is left out in front of it (it computes ", Joined(ops),
                             ", expected ", Joined(expected), ")"),
                      false};
  }
  const bool pads = std::find(extra.begin(), extra.end(), "pad") != extra.end();
  if (!missing.empty() || !extra.empty()) {
    return LayerFault{pads ? "padding" : "other-operators",
                      StrCat("it computes ", Joined(ops), ", expected ", Joined(expected)), false};
  }
  return LayerFault{"other-operators",
                    StrCat("it reads ", Joined({reads.begin(), reads.end()}), ", expected ",
                           Joined({wanted.begin(), wanted.end()})),
                    false};
}

struct Weights {
  Shape shape;
  std::vector<float> real;
  std::vector<float> step;  // by output channel
  size_t channels = 0, length = 0;
};

Weights ReadWeights(const Program& program, int32_t t) {
  Weights w;
  const artifact::TensorInfo& info = InfoOf(program, t);
  const ConstTensorView view = ConstantOf(program, t);
  w.shape = info.shape;
  w.channels = info.shape.empty() ? 1 : static_cast<size_t>(info.shape[0]);
  const auto size = static_cast<size_t>(view.size());
  w.length = size / std::max<size_t>(1, w.channels);
  w.real.resize(size);
  for (size_t o = 0; o < w.channels; ++o) {
    const Quantization& q = info.quantization;
    const float scale =
        q.empty() ? 1.0f : q.scale[q.scale.size() == 1 ? 0 : std::min(o, q.scale.size() - 1)];
    w.step.push_back(scale);
    for (size_t i = 0; i < w.length; ++i) {
      w.real[o * w.length + i] = NumberAt(view, o * w.length + i) * scale;
    }
  }
  return w;
}

std::optional<LayerFault> CompareWeights(const Program& a, const Record& record, const Program& b,
                                         const Record& twin) {
  const Weights x = ReadWeights(a, record.inputs[1]), y = ReadWeights(b, twin.inputs[1]);
  if (x.shape != y.shape) {
    return LayerFault{"weights-shape", "its weights have another shape than the model's", false};
  }
  const bool real = InfoOf(b, twin.inputs[1]).dtype == DType::kF32;
  size_t differing = 0, dead = 0, coarse = 0;
  std::string dead_names;
  std::set<size_t> channels;
  double largest = 0;
  for (size_t o = 0; o < x.channels; ++o) {
    float most_x = 0, most_y = 0;
    for (size_t i = 0; i < x.length; ++i) {
      most_x = std::max(most_x, std::fabs(x.real[o * x.length + i]));
      most_y = std::max(most_y, std::fabs(y.real[o * x.length + i]));
    }
    // Both are rounded, each by half a step of its own: nearer than that they are equal.
    const float slack =
        real ? 1e-4f * most_y + 1e-20f : 0.51f * (x.step[o] + y.step[o]) + 1e-6f * most_y;
    dead += most_x == 0 && most_y > 2 * y.step[o];
    coarse += !real && x.step[o] > 1.9f * y.step[o] && most_y > 4 * y.step[o];
    for (size_t i = 0; i < x.length; ++i) {
      const float d = std::fabs(x.real[o * x.length + i] - y.real[o * x.length + i]);
      if (d > slack) {
        ++differing;
        channels.insert(o);
        largest =
            std::max<double>(largest, d / (real ? std::max(most_y, 1e-20f) / 127 : y.step[o]));
      }
    }
  }
  if (dead > 0) {
    return LayerFault{"dead-channels",
                      StrCat(dead, " of ", x.channels, " output channels have no weights left"),
                      true};
  }
  if (differing == 0) {
    return coarse * 2 > x.channels
               ? std::optional(LayerFault{"coarse-weights",
                                          StrCat("the weights of ", coarse, " of ", x.channels,
                                                 " channels use half of their integers or less"),
                                          true})
               : std::nullopt;
  }
  // The same factor everywhere: a scale.
  double xy = 0, yy = 0, xx = 0;
  for (size_t i = 0; i < x.real.size(); ++i) {
    xy += static_cast<double>(x.real[i]) * y.real[i];
    yy += static_cast<double>(y.real[i]) * y.real[i];
    xx += static_cast<double>(x.real[i]) * x.real[i];
  }
  const double cosine = xx > 0 && yy > 0 ? xy / std::sqrt(xx * yy) : 0;
  const double factor = yy > 0 ? xy / yy : 1;
  const auto total = static_cast<double>(x.real.size());
  if (cosine > 0.99 && std::fabs(factor - 1) > 0.02 &&
      static_cast<double>(differing) > 0.3 * total) {
    return LayerFault{"wrong-scale",
                      StrCat("its weights are ", FixedText(factor, 2), " times the model's"), true};
  }
  std::vector<float> sorted_x = x.real, sorted_y = y.real;
  std::sort(sorted_x.begin(), sorted_x.end());
  std::sort(sorted_y.begin(), sorted_y.end());
  double apart = 0, spread = 0;
  for (size_t i = 0; i < sorted_x.size(); ++i) {
    apart += (sorted_x[i] - sorted_y[i]) * (sorted_x[i] - sorted_y[i]);
    spread += sorted_y[i] * sorted_y[i];
  }
  if (static_cast<double>(differing) > 0.2 * total && cosine < 0.95 && apart < 0.01 * spread) {
    return LayerFault{"transposed-weights",
                      StrCat("its weights are the model's in another order (", differing, " of ",
                             x.real.size(), " are in the wrong place)"),
                      false};
  }
  if (static_cast<double>(differing) < 0.02 * total || channels.size() * 50 < x.channels) {
    return LayerFault{
        "flipped-bits",
        StrCat(differing, " of ", x.real.size(), " weights are not the model's, by up to ",
               FixedText(largest, 0), " steps"),
        false};
  }
  return LayerFault{"other-weights",
                    StrCat(differing, " of ", x.real.size(),
                           " weights are not the model's (cosine ", FixedText(cosine, 3), ")"),
                    false};
}

// Multipliers against what the scales beside them say.
std::optional<LayerFault> CompareMultipliers(const Program& a, const Record& record,
                                             const Program& b, const Record& twin) {
  if (record.inputs.size() < 4 || twin.inputs.size() < 4 || !IsConstant(a, record.inputs[3]) ||
      !IsConstant(b, twin.inputs[3])) {
    return std::nullopt;
  }
  const ConstTensorView m = ConstantOf(a, record.inputs[3]), n = ConstantOf(b, twin.inputs[3]);
  if (m.size() != n.size()) {
    return std::nullopt;
  }
  const bool table_a = record.attributes.String("function", "none") == "table";
  const bool table_b = twin.attributes.String("function", "none") == "table";
  const auto same_grid = [&](int32_t x, int32_t y) {
    return InfoOf(a, x).quantization == InfoOf(b, y).quantization;
  };
  if (table_a != table_b || !same_grid(record.inputs[0], twin.inputs[0]) ||
      !same_grid(record.outputs[0], twin.outputs[0])) {
    return std::nullopt;  // two forms, or two grids: their multipliers mean different things
  }
  const Quantization& x_scale = InfoOf(a, record.inputs[1]).quantization;
  const Quantization& y_scale = InfoOf(b, twin.inputs[1]).quantization;
  std::vector<double> ratios;
  size_t silent = 0;
  for (size_t o = 0; o < static_cast<size_t>(m.size()); ++o) {
    const double mine = m.data<float>()[o], other = n.data<float>()[o];
    if (other <= 0x1p-59) {
      continue;
    }
    // Weights may be held on steps of another size; the multiplier makes up for it.
    const double steps =
        x_scale.scale.size() == y_scale.scale.size() && !x_scale.empty()
            ? static_cast<double>(x_scale.scale[std::min(o, x_scale.scale.size() - 1)]) /
                  y_scale.scale[std::min(o, y_scale.scale.size() - 1)]
            : 1.0;
    ratios.push_back(mine / other / steps);
    silent += mine <= 1e-6 * other;
  }
  if (ratios.empty()) {
    return std::nullopt;
  }
  if (silent > 0) {
    return LayerFault{
        "dead-channels",
        StrCat(silent, " of ", m.size(), " output channels are multiplied by nothing"), true};
  }
  std::vector<double> sorted = ratios;
  std::sort(sorted.begin(), sorted.end());
  // In front of a table the grid is free, but it is one grid.
  const double middle = table_a ? sorted[sorted.size() / 2] : 1.0;
  size_t off = 0;
  double worst = 1;
  for (const double r : ratios) {
    if (std::fabs(r / middle - 1) > 1e-3) {
      ++off;
      worst = std::fabs(std::log(r / middle)) > std::fabs(std::log(worst)) ? r / middle : worst;
    }
  }
  if (off == 0) {
    return std::nullopt;
  }
  return LayerFault{
      "wrong-scale",
      StrCat("the multipliers of ", off, " of ", ratios.size(), " channels are up to ",
             FixedText(worst, 3), " times what the scales of its tensors say"),
      true};
}

// A table against the function it stands for, which the graph has.
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

// Constants of other records (shifts, indices, sizes).
std::optional<LayerFault> CompareConstants(const Program& a, const Record& record, const Program& b,
                                           const Record& twin) {
  if (record.inputs.size() != twin.inputs.size()) {
    return std::nullopt;
  }
  for (size_t i = 0; i < record.inputs.size(); ++i) {
    if (!IsConstant(a, record.inputs[i]) || !IsConstant(b, twin.inputs[i])) {
      continue;
    }
    const ConstTensorView x = ConstantOf(a, record.inputs[i]), y = ConstantOf(b, twin.inputs[i]);
    const bool same =
        x.dtype == y.dtype && x.size() == y.size() && std::memcmp(x.raw, y.raw, x.bytes()) == 0;
    if (!same) {
      return LayerFault{"other-constant", StrCat("its constant input ", i, " is not the model's"),
                        false};
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<LayerFault> CompareLayers(const Program& subject, const Block& block,
                                        const Program& twin, const Block& twin_block,
                                        const ir::Graph* graph) {
  if (auto fault = CompareKind(subject, block, twin, twin_block)) {
    return fault;
  }
  const Record& record = subject.records[block.records.back()];
  const Record& other = twin.records[twin_block.records.back()];
  if (record.op != other.op) {
    return std::nullopt;
  }
  if (IsProduct(record) && IsConstant(subject, record.inputs[1]) &&
      IsConstant(twin, other.inputs[1])) {
    if (auto fault = CompareWeights(subject, record, twin, other)) {
      return fault;
    }
    if (auto fault = CompareMultipliers(subject, record, twin, other)) {
      return fault;
    }
  } else if (record.op != "table") {
    if (auto fault = CompareConstants(subject, record, twin, other)) {
      return fault;
    }
  }
  return graph == nullptr ? std::nullopt : CheckTable(subject, record, *graph);
}

std::optional<LayerFault> CompareOperators(const artifact::Record& subject,
                                           const artifact::Record& twin) {
  return IsProduct(subject) ? std::nullopt : CompareAttributes(subject, twin);
}

}  // namespace plumb::verify
