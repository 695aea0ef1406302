#include "plumb/verify/contract_check.h"

#include <algorithm>
#include <cmath>

#include "plumb/contract/published_anchors.h"
#include "plumb/verify/rules.h"
#include "plumb/vision/decode.h"
#include "plumb/vision/decode_level.h"

namespace plumb::verify {
namespace {

using artifact::DecodeContract;
using artifact::Family;
using artifact::OutputRole;
using artifact::Program;
using artifact::Record;

bool IsClassifier(const DecodeContract& c) { return c.family == Family::kClassifier; }

// --- An activation before an output

bool IsProduct(std::string_view op) {
  return op.starts_with("conv") || op == "matmul" || op == "fully_connected";
}

bool IsActivation(std::string_view name) { return name == "sigmoid" || name == "softmax"; }

// --- Anchors

// A strong box of one anchor: where it is, and its sides in anchors.
struct AnchorBox {
  float x, y, w, h;
  float score;
  int label;
  size_t anchor;  // counted through all levels
  float reach;    // how far two centres of one object may lie apart
};

constexpr size_t kMostBoxes = 400;  // the strongest, of a picture

std::vector<AnchorBox> StrongBoxes(const DecodeContract& c, std::span<const RoleValues> values) {
  std::vector<AnchorBox> boxes;
  size_t first_anchor = 0;
  const auto activated = [&](float v) { return c.scores_activated ? v : vision::Sigmoid(v); };
  for (size_t i = 0; i + 2 < values.size(); i += 3) {
    const RoleValues &box = values[i], &objectness = values[i + 1], &classes = values[i + 2];
    const auto stride = static_cast<float>(box.stride);
    for (size_t a = 0; a < box.anchors; ++a) {
      for (size_t cell = 0; cell < box.cells; ++cell) {
        const float object = activated(objectness(a, cell, 0));
        if (!(object >= c.score_threshold)) {
          continue;
        }
        const size_t set = classes.anchors == 1 ? 0 : a;
        int label = 0;
        for (size_t k = 1; k < classes.channels; ++k) {
          label = classes(set, cell, k) > classes(set, cell, static_cast<size_t>(label))
                      ? static_cast<int>(k)
                      : label;
        }
        const auto side = [&](size_t k) {
          const float t = 2 * activated(box(a, cell, k));
          return t * t;
        };
        const auto column = static_cast<float>(cell % static_cast<size_t>(box.grid_width)),
                   row = static_cast<float>(cell / static_cast<size_t>(box.grid_width));
        boxes.push_back({(2 * activated(box(a, cell, 0)) - 0.5f + column) * stride,
                         (2 * activated(box(a, cell, 1)) - 0.5f + row) * stride, side(2), side(3),
                         object, label, first_anchor + a, stride});
      }
    }
    first_anchor += box.anchors;
  }
  std::stable_sort(boxes.begin(), boxes.end(),
                   [](const AnchorBox& a, const AnchorBox& b) { return a.score > b.score; });
  boxes.resize(std::min(boxes.size(), kMostBoxes));
  return boxes;
}

// Anchors of the contract, through all levels, as StrongBoxes counts them.
std::vector<float> SizesOf(std::span<const RoleValues> values) {
  std::vector<float> sizes;
  for (const RoleValues& v : values) {
    if (v.role == OutputRole::kBox) {
      sizes.insert(sizes.end(), v.anchor_sizes.begin(), v.anchor_sizes.end());
    }
  }
  return sizes;
}

// By how much two boxes of one object differ in size under these anchors.
float Factor(const AnchorBox& a, const AnchorBox& b, std::span<const float> sizes) {
  const auto apart = [](float x, float y) {
    return x > 0 && y > 0 ? std::abs(std::log(x / y)) : 0;
  };
  return std::exp(std::max(apart(a.w * sizes[2 * a.anchor], b.w * sizes[2 * b.anchor]),
                           apart(a.h * sizes[2 * a.anchor + 1], b.h * sizes[2 * b.anchor + 1])));
}

void AddAnchorPairs(const DecodeContract& c, std::span<const RoleValues> values,
                    ContractEvidence& evidence) {
  const std::vector<float> own = SizesOf(values);
  const bool has_anchors = (c.family == Family::kYolov5 || c.family == Family::kYoloFastestV2) &&
                           !c.boxes_decoded && !own.empty() && values.size() % 3 == 0;
  if (!has_anchors) {
    return;
  }
  const auto published = contract::AllPublishedAnchors();
  evidence.published_factors.resize(published.size());
  const std::vector<AnchorBox> boxes = StrongBoxes(c, values);
  for (size_t i = 0; i < boxes.size(); ++i) {
    for (size_t j = 0; j < i; ++j) {
      const AnchorBox &a = boxes[i], &b = boxes[j];
      const float reach = std::min(a.reach, b.reach) / 2;
      if (a.anchor == b.anchor || a.label != b.label || std::abs(a.x - b.x) > reach ||
          std::abs(a.y - b.y) > reach) {
        continue;
      }
      evidence.factors.push_back(Factor(a, b, own));
      for (size_t p = 0; p < published.size(); ++p) {
        if (published[p].sizes.size() == own.size()) {
          evidence.published_factors[p].push_back(Factor(a, b, published[p].sizes));
        }
      }
    }
  }
}

double Median(std::vector<float> values) {
  if (values.empty()) {
    return 0;
  }
  std::nth_element(values.begin(), values.begin() + static_cast<long>(values.size() / 2),
                   values.end());
  return values[values.size() / 2];
}

// --- The contradictions

std::string Decode(const DecodeContract& c, std::string_view what) {
  return StrCat("--decode ", vision::FamilyName(c.family), ",", what);
}

std::string ActivationName(const DecodeContract& c) {
  return IsClassifier(c) || c.family == Family::kSsd ? "softmax" : "sigmoid";
}

std::string RangeText(const RoleRanges& roles) {
  std::string text;
  const auto add = [&](std::string_view name, const ValueRange& range) {
    if (range.count > 0) {
      text += StrCat(text.empty() ? "" : ", ", name, " ", range.least, " to ", range.greatest);
    }
  };
  add("box values", roles.box);
  add("objectness", roles.objectness);
  add("class scores", roles.classes);
  return text;
}

// Whether the outputs that hold scores end in an activation.
bool ScoresEndInActivation(const DecodeContract& c, const Program* program) {
  if (program == nullptr) {
    return false;
  }
  return std::any_of(c.outputs.begin(), c.outputs.end(), [&](const artifact::DecodeOutput& o) {
    const bool scores = o.role == OutputRole::kAll || o.role == OutputRole::kClasses ||
                        o.role == OutputRole::kObjectness;
    return scores && o.output >= 0 && EndsInActivation(*program, static_cast<size_t>(o.output));
  });
}

std::optional<Contradiction> ActivationTwice(const DecodeContract& c, const Program* program,
                                             const ContractEvidence& e, const Gate& gate) {
  const ValueRange &object = e.roles.objectness, &classes = e.roles.classes;
  if (c.scores_activated || object.outside_unit > 0 || classes.outside_unit > 0) {
    return std::nullopt;
  }
  // A dead output (one value) says nothing; nor does a handful of scores.
  const bool enough =
      IsClassifier(c) ? e.rows * c.classes >= gate.fewest_boxes && std::abs(e.worst_sum - 1) < 0.02
                      : object.count + classes.count >= gate.b1_values;
  if (!enough || !(classes.greatest > classes.least)) {
    return std::nullopt;
  }
  const std::string name = ActivationName(c);
  const bool structure = ScoresEndInActivation(c, program);
  Contradiction found;
  found.code = "B1";
  found.text = StrCat("the ", name, " is applied twice: the contract says raw scores, but all ",
                      CountText(object.count + classes.count), " scores lie in 0 to 1",
                      IsClassifier(c) ? " and add up to 1" : "", " already",
                      structure ? StrCat(", and the graph ends in a ", name) : "");
  found.evidence =
      StrCat(RangeText(e.roles), "; ", e.pictures, e.pictures == 1 ? " picture" : " pictures");
  found.fix = Decode(c, "sigmoid=in_graph");
  found.source = c.scores_source;
  found.certain = structure;
  found.instead = c;
  found.instead.scores_activated = true;
  return found;
}

std::optional<Contradiction> ActivationMissing(const DecodeContract& c, const Program* program,
                                               const ContractEvidence& e, const Gate& gate) {
  const ValueRange &object = e.roles.objectness, &classes = e.roles.classes;
  const double count = object.count + classes.count,
               outside = object.outside_unit + classes.outside_unit;
  const float least = std::min(object.least, classes.least),
              greatest = std::max(object.greatest, classes.greatest);
  // Logits lie outside nearly all. A few values beyond 1, or any behind an activation, are a matter
  // of scales, which S2 and S5 tell of.
  if (!c.scores_activated || !(outside > gate.b2_outside * count) ||
      ScoresEndInActivation(c, program)) {
    return std::nullopt;
  }
  const std::string name = ActivationName(c);
  Contradiction found;
  found.code = "B2";
  found.text =
      StrCat("the ", name, " is missing: the contract says that the graph applies it, but ",
             PercentText(count > 0 ? outside / count : 0), " of the scores lie outside 0 to 1 (",
             least, " to ", greatest, ")");
  found.evidence =
      StrCat(RangeText(e.roles), "; ", e.pictures, e.pictures == 1 ? " picture" : " pictures");
  found.fix = Decode(c, "sigmoid=raw");
  found.source = c.scores_source;
  found.certain = count >= (IsClassifier(c) ? gate.fewest_boxes : gate.b1_values);
  found.instead = c;
  found.instead.scores_activated = false;
  return found;
}

std::optional<Contradiction> BoxUnits(const DecodeContract& c, const ContractEvidence& e,
                                      const Gate& gate) {
  if (IsClassifier(c) || !c.boxes_decoded || e.roles.box.count < gate.b1_values) {
    return std::nullopt;
  }
  const float reach = e.roles.box.MaxMagnitude();
  const auto width = static_cast<float>(e.width), height = static_cast<float>(e.height);
  Contradiction found;
  found.code = "B3";
  found.source = c.family_source;
  found.evidence = StrCat("box values ", e.roles.box.least, " to ", e.roles.box.greatest,
                          ", input ", e.width, "x", e.height);
  found.instead = c;
  found.certain = true;
  if (c.family == Family::kSsd) {
    // Corners of priors at the border may lie a little outside, never by the picture's size.
    if (reach <= 4 * gate.b3_unit || reach > 4 * std::max(width, height)) {
      return std::nullopt;
    }
    found.text =
        StrCat("boxes are in pixels: the contract takes corners in 0 to 1, but they reach ", reach);
    found.fix =
        "a graph whose boxes are corners in 0..1; until then boxes are divided by the "
        "input's sides";
    found.scale_x = 1 / width;
    found.scale_y = 1 / height;
    return found;
  }
  if (reach > gate.b3_unit || reach <= 0 || std::min(width, height) < 16 * gate.b3_unit) {
    return std::nullopt;
  }
  found.text = StrCat("boxes are in units of the input's sides: the contract takes pixels of ",
                      e.width, "x", e.height, ", but all ", CountText(e.roles.box.count),
                      " box values lie below ", gate.b3_unit);
  found.fix =
      "a graph whose boxes are in pixels; until then boxes are multiplied by the input's "
      "sides";
  found.scale_x = width;
  found.scale_y = height;
  return found;
}

std::optional<Contradiction> OtherAnchors(const DecodeContract& c, const ContractEvidence& e,
                                          const Gate& gate) {
  if (static_cast<int>(e.factors.size()) < gate.fewest_boxes) {
    return std::nullopt;
  }
  const double factor = Median(e.factors);
  if (factor < gate.b4_factor) {
    return std::nullopt;
  }
  const auto published = contract::AllPublishedAnchors();
  size_t best = published.size();
  double best_factor = gate.b4_fits;
  for (size_t p = 0; p < std::min(published.size(), e.published_factors.size()); ++p) {
    if (e.published_factors[p].size() == e.factors.size() &&
        Median(e.published_factors[p]) < best_factor) {
      best = p;
      best_factor = Median(e.published_factors[p]);
    }
  }
  Contradiction found;
  found.code = "B4";
  found.source = c.anchors_source;
  found.evidence = StrCat(e.factors.size(),
                          " pairs of boxes of one object from different anchors; "
                          "median factor ",
                          FixedText(factor, 2));
  found.text = StrCat(
      "the anchors are those of another model: boxes that different anchors give "
      "for one object differ in size by a factor of ",
      FixedText(factor, 2), " in the median, expected below ", FixedText(gate.b4_factor, 2));
  found.fix = Decode(c, "anchors=W:H:W:H:..., as the model was trained with");
  found.instead = c;
  if (best == published.size()) {
    return found;
  }
  found.text +=
      StrCat("; those of ", published[best].name, " fit (", FixedText(best_factor, 2), ")");
  std::string list;
  for (const float side : published[best].sizes) {
    list += StrCat(list.empty() ? "" : ":", side);
  }
  found.fix = Decode(c, "anchors=" + list);
  found.certain = true;
  // As many for each output, in the order of the strides.
  std::vector<artifact::DecodeOutput*> outputs;
  for (artifact::DecodeOutput& output : found.instead.outputs) {
    if (!output.anchors.empty()) {
      outputs.push_back(&output);
    }
  }
  std::sort(outputs.begin(), outputs.end(),
            [](const auto* a, const auto* b) { return a->stride < b->stride; });
  size_t at = 0;
  for (artifact::DecodeOutput* output : outputs) {
    for (float& side : output->anchors) {
      side = published[best].sizes[at++];
    }
  }
  return found;
}

}  // namespace

bool EndsInActivation(const Program& program, size_t output) {
  if (output >= program.outputs.size()) {
    return false;
  }
  // Back to the last product; what lies between works on elements or moves them.
  std::vector<int32_t> wanted = {program.outputs[output].tensor};
  std::vector<bool> seen(program.tensors.size(), false);
  for (size_t r = program.records.size(); r > 0; --r) {
    const Record& record = program.records[r - 1];
    const bool makes_one = std::any_of(
        record.outputs.begin(), record.outputs.end(),
        [&](int32_t t) { return std::find(wanted.begin(), wanted.end(), t) != wanted.end(); });
    if (!makes_one) {
      continue;
    }
    if (IsActivation(record.op) || IsActivation(record.attributes.String("function", ""))) {
      return true;
    }
    if (IsProduct(record.op)) {
      continue;
    }
    for (const int32_t t : record.inputs) {
      if (t >= 0 && !seen[static_cast<size_t>(t)] &&
          program.tensors[static_cast<size_t>(t)].constant < 0) {
        seen[static_cast<size_t>(t)] = true;
        wanted.push_back(t);
      }
    }
  }
  return false;
}

Status AddEvidence(const DecodeContract& contract, std::span<const ConstTensorView> outputs,
                   int width, int height, ContractEvidence& evidence) {
  evidence.width = width;
  evidence.height = height;
  ++evidence.pictures;
  if (IsClassifier(contract)) {
    if (outputs.empty() || outputs[0].dtype != DType::kF32) {
      return {};
    }
    double sum = 0;
    const float* x = outputs[0].data<float>();
    for (int64_t i = 0; i < outputs[0].size(); ++i) {
      evidence.roles.classes.Add(x[i]);
      sum += x[i];
    }
    ++evidence.rows;
    if (std::abs(sum - 1) > std::abs(evidence.worst_sum - 1)) {
      evidence.worst_sum = sum;
    }
    return {};
  }
  if (!vision::IsDetector(contract.family)) {
    return {};
  }
  PLUMB_ASSIGN_OR_RETURN(const std::vector<RoleValues> values,
                         ValuesByRole(contract, outputs, width, height));
  evidence.roles.Add(values);
  for (const RoleValues& v : values) {
    evidence.cells += v.role == OutputRole::kBox ? static_cast<double>(v.anchors * v.cells) : 0;
  }
  AddAnchorPairs(contract, values, evidence);
  return {};
}

std::vector<Contradiction> CheckContract(const DecodeContract& contract, const Program* program,
                                         const ContractEvidence& evidence, const Gate& gate) {
  std::vector<Contradiction> found;
  for (std::optional<Contradiction> one :
       {ActivationTwice(contract, program, evidence, gate),
        ActivationMissing(contract, program, evidence, gate), BoxUnits(contract, evidence, gate)}) {
    if (one.has_value()) {
      found.push_back(std::move(*one));
    }
  }
  // What anchors give is read through the activation: first things first.
  if (found.empty()) {
    if (auto one = OtherAnchors(contract, evidence, gate)) {
      found.push_back(std::move(*one));
    }
  }
  return found;
}

std::vector<RuleResult> ContractRules(const DecodeContract& contract, const Program* program,
                                      const ContractEvidence& evidence, const Gate& gate) {
  const std::vector<Contradiction> found = CheckContract(contract, program, evidence, gate);
  std::vector<RuleResult> results;
  const auto add = [&](std::string code, bool applies, std::string fine) {
    const auto one = std::find_if(found.begin(), found.end(),
                                  [&](const Contradiction& c) { return c.code == code; });
    if (one == found.end()) {
      results.push_back({std::move(code), false, false, std::move(fine), applies});
    } else {
      results.push_back({std::move(code), true, one->certain || one->code != "B4", one->text, true,
                         one->fix, one->evidence});
    }
  };
  const bool detector = vision::IsDetector(contract.family);
  if (!detector && !IsClassifier(contract)) {
    return results;
  }
  const std::string ranges = RangeText(evidence.roles);
  add("B1", !contract.scores_activated, ranges);
  add("B2", contract.scores_activated, ranges);
  if (detector) {
    add("B3", contract.boxes_decoded,
        contract.boxes_decoded ? ranges : "boxes are decoded by Plumb");
    const bool enough = static_cast<int>(evidence.factors.size()) >= gate.fewest_boxes;
    add("B4", enough,
        enough
            ? StrCat("boxes of one object from different anchors agree within a factor of ",
                     FixedText(Median(evidence.factors), 2), " (", evidence.factors.size(),
                     " pairs)")
            : StrCat(evidence.factors.size(), " pairs of boxes from different anchors: too few"));
  }
  return results;
}

}  // namespace plumb::verify
