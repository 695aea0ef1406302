// Outputs that another runtime dumped: in other units, another layout, activated twice or not at all.
#include <algorithm>
#include <cmath>

#include "plumb/verify/diagnose/foreign_explanation.h"
#include "plumb/verify/diagnose/foreign_results.h"

namespace plumb::verify {
namespace {

float Logit(float p) {
  const float q = std::clamp(p, 1e-6f, 1 - 1e-6f);
  return std::log(q / (1 - q));
}

SideResults MapOutputs(const SideResults& results, const std::function<void(Tensor&)>& change) {
  SideResults changed = results;
  for (auto& picture : changed.outputs) {
    for (runtime::NamedTensor& output : picture) {
      if (output.tensor.dtype() == DType::kF32) {
        change(output.tensor);
      }
    }
  }
  return changed;
}

std::string Demo(const CasePaths& paths) {
  return StrCat("plumb run ", paths.model, " --input PICTURE --as-picture --save FOLDER");
}

// The numbers in the order in which they lie when the first axis behind the batch comes last, or the last one first; the shape
// stays.
void MoveChannels(Tensor& tensor, bool to_last) {
  const Shape& shape = tensor.shape();
  if (shape.size() < 3 || tensor.size() == 0) {
    return;
  }
  const auto batch = static_cast<size_t>(shape[0]);
  const auto each = static_cast<size_t>(tensor.size()) / batch;
  const size_t rows =
      to_last ? static_cast<size_t>(shape[1]) : each / static_cast<size_t>(shape.back());
  const size_t columns = each / rows;
  const Tensor from = tensor;
  for (size_t i = 0; i < static_cast<size_t>(tensor.size()); ++i) {
    const size_t start = i / each * each, at = i % each;
    tensor.values<float>()[start + at % columns * rows + at / columns] = from.values<float>()[i];
  }
}

// Transposes of the shape that has the given one.
std::optional<Tensor> AsShape(const Tensor& tensor, const Shape& wanted) {
  if (tensor.shape() == wanted || tensor.shape().size() != wanted.size() ||
      tensor.size() != NumElements(wanted)) {
    return std::nullopt;
  }
  const Shape& from = tensor.shape();
  std::vector<size_t> perm(from.size());
  for (size_t i = 0; i < perm.size(); ++i) {
    perm[i] = i;
  }
  do {
    bool fits = true;
    for (size_t i = 0; i < perm.size(); ++i) {
      fits = fits && from[perm[i]] == wanted[i];
    }
    if (!fits) {
      continue;
    }
    Tensor made(DType::kF32, wanted);
    std::vector<int64_t> stride(from.size(), 1);
    for (size_t i = from.size() - 1; i > 0; --i) {
      stride[i - 1] = stride[i] * from[i];
    }
    std::vector<int64_t> at(wanted.size(), 0);
    for (float& value : made.values<float>()) {
      int64_t offset = 0;
      for (size_t i = 0; i < perm.size(); ++i) {
        offset += at[i] * stride[perm[i]];
      }
      value = tensor.values<float>()[static_cast<size_t>(offset)];
      for (size_t i = wanted.size(); i-- > 0;) {
        if (++at[i] < wanted[i]) {
          break;
        }
        at[i] = 0;
      }
    }
    return made;
  } while (std::next_permutation(perm.begin(), perm.end()));
  return std::nullopt;
}

}  // namespace

Status TestDumpedOutputs(Case& c, const CasePaths& paths, HypothesisResult& result) {
  const SideResults& reference = c.reference();
  const auto given = [&](size_t s, const std::string& name) -> const Tensor* {
    for (const runtime::NamedTensor& t : c.subject().outputs[s]) {
      if (t.name == name) {
        return &t.tensor;
      }
    }
    return nullptr;
  };
  PLUMB_RETURN_IF_ERROR(TryOutputs(
      c,
      MapOutputs(reference,
                 [](Tensor& t) {
                   for (float& v : t.values<float>()) {
                     v = 1 / (1 + std::exp(-v));
                   }
                 }),
      {"sigmoid-twice", "The outputs have been put through a sigmoid that is not the network's.",
       "", Demo(paths), 0, false},
      result));
  PLUMB_RETURN_IF_ERROR(
      TryOutputs(c,
                 MapOutputs(reference,
                            [](Tensor& t) {
                              for (float& v : t.values<float>()) {
                                v = v >= 0 && v <= 1 ? Logit(v) : v;
                              }
                            }),
                 {"sigmoid-missing", "The outputs lack the sigmoid that the network ends with.", "",
                  Demo(paths), 0, false},
                 result));
  // The same numbers in another layout: under their own shape, or transposed and called by the old one.
  SideResults turned = reference;
  bool any = false;
  for (size_t s = 0; s < turned.outputs.size(); ++s) {
    for (runtime::NamedTensor& output : turned.outputs[s]) {
      const Tensor* theirs = given(s, output.name);
      if (theirs == nullptr) {
        continue;
      }
      if (auto transposed = AsShape(output.tensor, theirs->shape())) {
        output.tensor = std::move(*transposed);
        any = true;
      }
    }
  }
  if (any) {
    PLUMB_RETURN_IF_ERROR(
        TryOutputs(c, turned,
                   {"output-layout",
                    "The outputs are laid out in another order (NHWC for NCHW, or transposed).", "",
                    Demo(paths), 0, false},
                   result));
  }
  for (const bool to_last : {true, false}) {
    PLUMB_RETURN_IF_ERROR(TryOutputs(
        c, MapOutputs(reference, [to_last](Tensor& t) { MoveChannels(t, to_last); }),
        {"output-layout",
         "The outputs are laid out in another order (NHWC for NCHW, or transposed) and called by "
         "the old shape.",
         "", Demo(paths), 0, false},
        result));
  }
  // Integers that were not brought back to real numbers, or by another scale or zero point.
  SideResults scaled = reference;
  std::string text;
  for (size_t o = 0; o < reference.outputs[0].size(); ++o) {
    const std::string& name = reference.outputs[0][o].name;
    double n = 0, sx = 0, sy = 0, sxx = 0, sxy = 0;
    for (size_t s = 0; s < reference.outputs.size(); ++s) {
      const Tensor* theirs = given(s, name);
      const Tensor& ours = reference.outputs[s][o].tensor;
      if (theirs == nullptr || theirs->shape() != ours.shape() || theirs->dtype() != DType::kF32 ||
          ours.dtype() != DType::kF32) {
        continue;
      }
      const auto x = ours.values<float>(), y = theirs->values<float>();
      for (size_t i = 0; i < x.size(); ++i) {
        n += 1;
        sx += x[i];
        sy += y[i];
        sxx += static_cast<double>(x[i]) * x[i];
        sxy += static_cast<double>(x[i]) * y[i];
      }
    }
    const double variance = n > 0 ? sxx / n - (sx / n) * (sx / n) : 0;
    if (variance <= 0) {
      continue;
    }
    const double slope = (sxy / n - sx / n * (sy / n)) / variance;
    const double offset = sy / n - slope * sx / n;
    // Where the given numbers are integers, they were rounded, and cut off at the ends.
    bool integers = true;
    float low = 0, high = 0;
    for (size_t s = 0; s < reference.outputs.size(); ++s) {
      const Tensor* theirs = given(s, name);
      for (const float v : theirs == nullptr ? std::span<const float>() : theirs->values<float>()) {
        integers = integers && v == std::nearbyint(v);
        low = std::min(low, v);
        high = std::max(high, v);
      }
    }
    for (auto& picture : scaled.outputs) {
      for (float& v : picture[o].tensor.values<float>()) {
        v = static_cast<float>(slope * v + offset);
        v = integers ? std::clamp(std::nearbyint(v), low, high) : v;
      }
    }
    text += StrCat(text.empty() ? "" : ", ", "'", name, "' is ", FixedText(slope, 3),
                   " times the network's plus ", FixedText(offset, 3));
  }
  PLUMB_RETURN_IF_ERROR(TryOutputs(c, scaled,
                                   {"output-scale",
                                    "The outputs are the network's in other units: a scale or zero "
                                    "point of the outputs is wrong, "
                                    "or was not applied.",
                                    "", Demo(paths), 0, false},
                                   result));
  result.explanations.back().evidence = text + "; " + result.explanations.back().evidence;
  return {};
}

}  // namespace plumb::verify
