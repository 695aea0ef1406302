#include "plumb/verify/diagnose/product_comparison.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "plumb/base/number_text.h"
#include "plumb/verify/diagnose/record_numbers.h"

namespace plumb::verify {
namespace {

using artifact::Program;
using artifact::Record;

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
  // In front of a residual's sum the product has a grid of its own, which calibration chooses. A function behind the product takes
  // real numbers, whatever it rounds to.
  const bool onto_grid = record.attributes.String("function", "none") == "none";
  const double own = onto_grid ? static_cast<double>(record.attributes.Float("own_scale", 1.0f)) /
                                     twin.attributes.Float("own_scale", 1.0f)
                               : 1.0;
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
    ratios.push_back(mine / other / steps * own);
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

}  // namespace

std::optional<LayerFault> CompareProducts(const Program& subject, const Record& record,
                                          const Program& twin, const Record& other) {
  if (auto fault = CompareWeights(subject, record, twin, other)) {
    return fault;
  }
  return CompareMultipliers(subject, record, twin, other);
}

}  // namespace plumb::verify
