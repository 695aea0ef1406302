#include "plumb/verify/diagnose/foreign_results.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "plumb/ir/extract.h"
#include "plumb/lower/lower.h"
#include "plumb/numerics/scalar_functions.h"
#include "plumb/verify/diagnose/box_variants.h"
#include "plumb/vision/decode.h"

namespace plumb::verify {
namespace {

constexpr double kWorthNaming = 0.3;

// Results of the reference with one suspected cause put in, against the given ones.
Result<double> ExplainedBy(Case& c, const SideResults& with_cause) {
  return c.Explained(Compare(with_cause, c.subject()).value());
}

// What makes the given results again, nearly to the last box, is no chance.
constexpr double kReproduces = 0.9;

// The better ones, best first, of what explains anything at all.
void Sort(HypothesisResult& result) {
  std::erase_if(result.explanations,
                [](const Explanation& e) { return e.explained < kWorthNaming; });
  for (Explanation& e : result.explanations) {
    e.certain = e.certain || e.explained >= kReproduces;
  }
  std::stable_sort(result.explanations.begin(), result.explanations.end(),
                   [](const auto& a, const auto& b) { return a.explained > b.explained; });
}

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

// The reference's outputs, changed, beside the given ones; what the reference's decoder makes of them too.
Status TryOutputs(Case& c, const SideResults& changed, Explanation explanation,
                  HypothesisResult& result) {
  SideResults tried = changed;
  if (c.detector() && !c.subject().boxes.empty()) {
    auto boxes = c.Boxes(c.input().reference.io, c.input().reference.decode, changed);
    tried.boxes = boxes.ok() ? std::move(*boxes) : c.reference().boxes;
  }
  PLUMB_ASSIGN_OR_RETURN(explanation.explained, ExplainedBy(c, tried));
  explanation.evidence = StrCat("the float outputs, changed in this way, are the given ones: ",
                                PercentText(explanation.explained), " of the difference is gone");
  result.explanations.push_back(std::move(explanation));
  return {};
}

std::string Demo(const CasePaths& paths) {
  return StrCat("plumb run ", paths.model, " --input PICTURE --as-picture --save FOLDER");
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

}  // namespace

Result<HypothesisResult> TestForeignDecoding(Case& c, const CasePaths& paths) {
  HypothesisResult result;
  if (!c.subject().outputs.empty()) {
    PLUMB_RETURN_IF_ERROR(TestDumpedOutputs(c, paths, result));
    result.evidence = "no change of units, layout or activation of the outputs explains it";
  } else if (c.detector()) {
    for (const BoxVariant& variant : BoxVariants(c)) {
      const auto boxes = variant.make(c);
      if (!boxes.ok()) {
        continue;
      }
      SideResults with_cause;
      with_cause.boxes = *boxes;
      PLUMB_ASSIGN_OR_RETURN(const double explained, ExplainedBy(c, with_cause));
      size_t found = 0, made = 0;
      for (size_t s = 0; s < c.count(); ++s) {
        found += c.subject().boxes[s].size();
        made += (*boxes)[s].size();
      }
      result.explanations.push_back(
          {variant.cause, variant.sentence,
           StrCat("the float network's outputs, read so, give ", made, " boxes, given are ", found,
                  ": ", PercentText(explained), " of the difference is gone"),
           StrCat("plumb detect ", paths.model,
                  " PICTURE --json   # decodes by the model's contract"),
           explained, false});
    }
    result.evidence = "no other way to read the outputs gives these boxes";
  }
  Sort(result);
  return result;
}

Result<HypothesisResult> TestForeignThresholds(Case& c, const CasePaths& paths) {
  HypothesisResult result;
  if (!c.subject().outputs.empty()) {
    result.evidence = "tensors were given, not boxes";
    return result;
  }
  float least = 2;
  for (const auto& picture : c.subject().boxes) {
    for (const vision::Detection& d : picture) {
      least = std::min(least, d.score);
    }
  }
  const float ours = c.input().reference.decode.score_threshold;
  if (least > 1) {
    result.evidence = "no boxes were given";
    return result;
  }
  artifact::DecodeContract decode = c.input().reference.decode;
  decode.score_threshold = least;
  SideResults with_cause;
  PLUMB_ASSIGN_OR_RETURN(with_cause.boxes, c.Boxes(c.input().reference.io, decode, c.reference()));
  PLUMB_ASSIGN_OR_RETURN(const double explained, ExplainedBy(c, with_cause));
  result.explanations.push_back(
      {"score-threshold", "The boxes are cut off at another score than the model's.",
       StrCat("the least score given is ", FixedText(least, 3), ", the model's threshold ",
              FixedText(ours, 3), "; with that threshold ", PercentText(explained),
              " of the difference is gone"),
       StrCat("plumb detect ", paths.model, " PICTURE --score ", FixedText(least, 2)), explained,
       false});
  result.evidence = "another threshold does not explain it";
  Sort(result);
  return result;
}

Result<HypothesisResult> TestForeignPreprocessing(Case& c, const CasePaths& paths) {
  HypothesisResult result;
  if (c.input().pictures.empty() || c.input().reference.io.pictures.empty()) {
    result.evidence = "tensors were given, not pictures";
    return result;
  }
  const artifact::PictureInput& right = c.input().reference.io.pictures[0];
  std::vector<artifact::PictureInput> tried;
  const auto add = [&](const std::function<void(artifact::PictureInput&)>& change) {
    artifact::PictureInput wrong = right;
    change(wrong);
    if (!(wrong == right)) {
      tried.push_back(std::move(wrong));
    }
  };
  const auto channels = static_cast<size_t>(right.channels());
  if (channels == 3) {
    add([&](auto& p) {
      p.color =
          right.color == artifact::Color::kRgb ? artifact::Color::kBgr : artifact::Color::kRgb;
      std::reverse(p.mean.begin(), p.mean.end());
      std::reverse(p.std.begin(), p.std.end());
      if (p.mean == right.mean) {
        return;
      }
      p.mean = right.mean;
      p.std = right.std;
    });
  }
  const auto normalize = [&](std::vector<float> mean, std::vector<float> std) {
    mean.resize(channels, mean[0]);
    std.resize(channels, std[0]);
    add([&](auto& p) {
      p.mean = mean;
      p.std = std;
    });
  };
  normalize({0}, {1});
  normalize({0}, {255});
  normalize({127.5f}, {127.5f});
  normalize({127}, {128});
  normalize({0}, {255 * 255});
  normalize({123.675f, 116.28f, 103.53f}, {58.395f, 57.12f, 57.375f});
  normalize({123.675f, 116.28f, 103.53f}, {1});
  {
    std::vector<float> mean, std;  // normalised twice by the network's own numbers
    for (size_t i = 0; i < channels; ++i) {
      mean.push_back(right.mean[i] + right.mean[i] * right.std[i]);
      std.push_back(right.std[i] * right.std[i]);
    }
    add([&](auto& p) {
      p.mean = mean;
      p.std = std;
    });
  }
  for (const auto rule : {artifact::ResizeRule::kLetterbox, artifact::ResizeRule::kLetterboxCorner,
                          artifact::ResizeRule::kStretch, artifact::ResizeRule::kCrop}) {
    add([&](auto& p) { p.resize = rule; });
  }
  for (const int pad : {0, 114, 127, 128, 255}) {
    add([&](auto& p) { p.pad = pad; });
  }
  const auto try_one = [&](const artifact::PictureInput& wrong) -> Status {
    Side broken = c.input().reference;
    broken.io.pictures[0] = wrong;
    PLUMB_ASSIGN_OR_RETURN(SideResults results, c.Run(broken));
    if (c.subject().outputs.empty()) {
      results.outputs.clear();
    }
    PLUMB_ASSIGN_OR_RETURN(const double explained, ExplainedBy(c, results));
    const std::vector<PictureFacet> facets = PictureFacetsOf(right, wrong);
    if (facets.empty()) {
      return {};
    }
    std::string what;
    for (const PictureFacet& facet : facets) {
      what += (what.empty() ? "" : "; and ") + facet.what;
    }
    result.explanations.push_back(
        {facets[0].cause, StrCat("Pictures go in wrongly: ", what, "."),
         StrCat("the float network, given pictures so, makes what was given: ",
                PercentText(explained), " of the difference is gone"),
         StrCat("plumb detect ", paths.model, " PICTURE   # prepares pictures by the contract"),
         explained, false});
    return {};
  };
  for (const artifact::PictureInput& wrong : tried) {
    PLUMB_RETURN_IF_ERROR(try_one(wrong));
  }
  // Bytes of one layout read as the other.
  {
    Case::InputChange scramble = [](Tensor& t) {
      const Shape shape = t.shape();
      if (shape.size() != 4 || t.dtype() != DType::kF32) {
        return;
      }
      const Tensor from = t;
      const bool first = shape[1] <= 4;  // NCHW
      const size_t plane =
          static_cast<size_t>(t.size()) / static_cast<size_t>(first ? shape[1] : shape[3]);
      const size_t depth = static_cast<size_t>(t.size()) / plane;
      for (size_t i = 0; i < plane; ++i) {
        for (size_t d = 0; d < depth; ++d) {
          const size_t planar = d * plane + i, packed = i * depth + d;
          t.values<float>()[first ? packed : planar] =
              from.values<float>()[first ? planar : packed];
        }
      }
    };
    PLUMB_ASSIGN_OR_RETURN(SideResults results, c.Run(c.input().reference, scramble));
    if (c.subject().outputs.empty()) {
      results.outputs.clear();
    }
    PLUMB_ASSIGN_OR_RETURN(const double explained, ExplainedBy(c, results));
    result.explanations.push_back(
        {"input-layout",
         "Pictures go in wrongly: interleaved pixels (NHWC) are taken for planes (NCHW), or the "
         "other "
         "way round.",
         StrCat("the float network, given pictures so, makes what was given: ",
                PercentText(explained), " of the difference is gone"),
         StrCat("plumb run ", paths.model, " --input PICTURE --as-picture --save FOLDER"),
         explained, false});
  }
  result.evidence = StrCat(tried.size() + 1, " other ways to prepare pictures make nothing alike");
  Sort(result);
  return result;
}

// What holding each output as integers of 8 bits, as the given numbers show them, does to the float outputs.
Result<HypothesisResult> TestForeignRanges(Case& c, const CasePaths& paths) {
  HypothesisResult result;
  if (c.subject().outputs.empty()) {
    result.evidence = "boxes alone do not show ranges";
    return result;
  }
  SideResults rounded = c.reference();
  bool integers = false, clipped = false;
  double ratio = 0;
  size_t levels = 0;
  for (size_t o = 0; o < rounded.outputs[0].size(); ++o) {
    const std::string& name = rounded.outputs[0][o].name;
    std::set<float> values;
    for (size_t s = 0; s < c.count() && values.size() <= 256; ++s) {
      for (const runtime::NamedTensor& t : c.subject().outputs[s]) {
        if (t.name == name && t.tensor.dtype() == DType::kF32) {
          for (const float v : t.tensor.values<float>()) {
            values.insert(v);
            if (values.size() > 256) {
              break;
            }
          }
        }
      }
    }
    if (values.size() > 256 || values.size() < 2) {
      continue;
    }
    float step = *values.rbegin() - *values.begin();
    for (auto it = std::next(values.begin()); it != values.end(); ++it) {
      step = std::min(step, *it - *std::prev(it));
    }
    integers = true;
    levels = std::max(levels, values.size());
    const float low = *values.begin(), high = *values.rbegin();
    float least = 0, most = 0;
    for (auto& picture : rounded.outputs) {
      for (float& v : picture[o].tensor.values<float>()) {
        least = std::min(least, v);
        most = std::max(most, v);
        v = std::clamp(std::nearbyint(v / step) * step, low, high);
      }
    }
    clipped = clipped || most - high > 0.2f * (high - low) || low - least > 0.2f * (high - low);
    ratio = std::max(ratio, static_cast<double>(step));
  }
  if (!integers) {
    result.evidence = "the given outputs take more than 256 levels each";
    return result;
  }
  Explanation e;
  e.cause = clipped ? "saturated-layer" : "shared-head-scale";
  e.sentence =
      clipped
          ? "The outputs saturate: their integers do not reach as far as the values."
          : "Boxes and scores share one scale: a step that suits pixels is too coarse for scores.";
  e.remedy = ConvertCommand(paths, "");
  HypothesisResult tried;
  PLUMB_RETURN_IF_ERROR(TryOutputs(c, rounded, e, tried));
  tried.explanations[0].evidence =
      StrCat("an output takes ", levels, " levels, ", FixedText(ratio, 4), " apart; ",
             tried.explanations[0].evidence);
  result = std::move(tried);
  Sort(result);
  return result;
}

// With intermediate tensors in the dump: the first operator whose output is not what its own inputs ask for.
Result<HypothesisResult> TestForeignOperators(Case& c, const CasePaths& paths) {
  HypothesisResult result;
  if (c.subject().outputs.empty() || c.input().graph == nullptr) {
    result.evidence = "needs tensors, and the model";
    return result;
  }
  const ir::Graph& graph = c.graph();
  const auto& dumped = c.subject().outputs[0];
  std::map<ir::ValueId, Tensor> known;
  PLUMB_ASSIGN_OR_RETURN(std::vector<Tensor> inputs, c.Inputs(c.input().reference, 0));
  for (size_t i = 0; i < inputs.size(); ++i) {
    known[graph.inputs[i].value] = std::move(inputs[i]);
  }
  const auto fit = [&](const std::string& name, ir::ValueId value) {
    for (const runtime::NamedTensor& t : dumped) {
      const Shape wanted = graph.value(value).type.shape();
      if (t.name != name || t.tensor.dtype() != DType::kF32) {
        continue;
      }
      if (t.tensor.shape() == wanted) {
        known[value] = t.tensor;
      } else if (t.tensor.shape().size() == 4 && wanted.size() == 4) {
        Tensor turned(DType::kF32, wanted);  // the canonical graph is NHWC
        const Shape& s = t.tensor.shape();
        if (s[0] == wanted[0] && s[1] == wanted[3] && s[2] == wanted[1] && s[3] == wanted[2]) {
          const auto plane = static_cast<size_t>(s[2] * s[3]), depth = static_cast<size_t>(s[1]);
          for (size_t i = 0; i < plane * depth; ++i) {
            turned.values<float>()[i % plane * depth + i / plane] = t.tensor.values<float>()[i];
          }
          known[value] = std::move(turned);
        }
      }
    }
  };
  for (size_t v = 0; v < graph.value_count(); ++v) {
    const auto id = static_cast<ir::ValueId>(v);
    if (graph.value(id).type.known() && graph.value(id).type.dtype == DType::kF32 &&
        graph.value(id).producer != ir::kNone) {
      fit(graph.value(id).name, id);
    }
  }
  for (const ir::Output& output : graph.outputs) {
    fit(output.name, output.value);
  }
  struct Found {
    std::string name, op;
    double error;
  };
  std::vector<Found> found;
  for (const ir::NodeId id : graph.Order()) {
    for (const ir::ValueId out : graph.node(id).outputs) {
      if (!known.contains(out)) {
        continue;
      }
      // From the nearest known values; values without any numbers given are computed.
      std::vector<ir::ValueId> from;
      std::set<ir::ValueId> seen;
      std::vector<ir::ValueId> open(graph.node(id).inputs.begin(), graph.node(id).inputs.end());
      std::string ops = graph.node(id).op;
      while (!open.empty()) {
        const ir::ValueId v = open.back();
        open.pop_back();
        if (v == ir::kNone || graph.IsConstant(v) || !seen.insert(v).second) {
          continue;
        }
        if (known.contains(v)) {
          from.push_back(v);
          continue;
        }
        const ir::Node& node = graph.node(graph.value(v).producer);
        ops = node.op + ", " + ops;
        open.insert(open.end(), node.inputs.begin(), node.inputs.end());
      }
      PLUMB_ASSIGN_OR_RETURN(const ir::Graph part,
                             ir::Extract(graph, from, std::vector<ir::ValueId>{out}));
      std::vector<Tensor> tensors;
      for (const ir::ValueId v : from) {
        tensors.push_back(known.at(v));
      }
      PLUMB_ASSIGN_OR_RETURN(const std::vector<Tensor> made,
                             lower::RunGraph(part, tensors, c.input().threads));
      const Tensor* a[] = {&made[0]};
      const Tensor* b[] = {&known.at(out)};
      found.push_back({graph.value(out).name, ops, TensorDifference(a, b)});
    }
  }
  if (found.size() <= graph.outputs.size()) {
    result.evidence =
        "the dump holds outputs only: add intermediate tensors to it to see where it begins";
    return result;
  }
  std::vector<double> errors;
  for (const Found& f : found) {
    errors.push_back(f.error);
  }
  std::sort(errors.begin(), errors.end());
  const double usual = errors[errors.size() / 2];
  for (const Found& f : found) {
    if (f.error > 0.05 && f.error > 10 * usual) {
      result.explanations.push_back(
          {"other-operator",
           StrCat("The other runtime computes '", f.name, "' (", f.op, ") in another way."),
           StrCat("on its own inputs it is off by ", PercentText(f.error), " of its variance; the ",
                  found.size(), " parts of the dump are usually off by ", PercentText(usual)),
           StrCat("plumb run ", paths.model,
                  " --input PICTURE --as-picture --save FOLDER --keep-tensors"),
           0.9, true});
      return result;
    }
  }
  result.evidence = StrCat("each of ", found.size(), " parts of the dump follows from its inputs");
  return result;
}

}  // namespace plumb::verify
