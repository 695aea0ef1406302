#include "plumb/verify/nms_check.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <set>

#include "plumb/base/status.h"

namespace plumb::verify {
namespace {

using vision::Detection;

float Overlap(const Detection& a, const Detection& b, bool plus_one) {
  const float extra = plus_one ? 1.0f : 0.0f;
  const float w = std::min(a.x2, b.x2) - std::max(a.x1, b.x1) + extra;
  const float h = std::min(a.y2, b.y2) - std::max(a.y1, b.y1) + extra;
  if (w <= 0 || h <= 0) {
    return 0;
  }
  const auto area = [&](const Detection& d) {
    return (d.x2 - d.x1 + extra) * (d.y2 - d.y1 + extra);
  };
  const float both = w * h, either = area(a) + area(b) - both;
  return either > 0 ? both / either : 0;
}

// Places into the list of candidates that pass the score, by falling score.
struct Ordered {
  std::vector<size_t> passing;  // indices of candidates, in the decoder's order
  std::vector<size_t> order;    // places in `passing`, by falling score
};

Ordered Order(std::span<const Detection> candidates, float score) {
  Ordered ordered;
  for (size_t i = 0; i < candidates.size(); ++i) {
    if (candidates[i].score >= score) {
      ordered.order.push_back(ordered.passing.size());
      ordered.passing.push_back(i);
    }
  }
  std::stable_sort(ordered.order.begin(), ordered.order.end(), [&](size_t a, size_t b) {
    return candidates[ordered.passing[a]].score > candidates[ordered.passing[b]].score;
  });
  return ordered;
}

// Which places of `order` survive.
std::vector<bool> Survivors(std::span<const Detection> candidates, const Ordered& o,
                            const NmsVariant& variant) {
  std::vector<bool> alive(o.order.size(), true);
  const auto box = [&](size_t place) -> const Detection& {
    return candidates[o.passing[o.order[place]]];
  };
  const auto suppress_behind = [&](size_t place, bool own_class_only) {
    for (size_t later = place + 1; later < alive.size(); ++later) {
      if (alive[later] && (!own_class_only || box(later).label == box(place).label) &&
          Overlap(box(place), box(later), variant.plus_one) > variant.iou) {
        alive[later] = false;
      }
    }
  };
  if (variant.suppression != Suppression::kUnsortedClasses) {
    for (size_t place = 0; place < alive.size(); ++place) {
      if (alive[place]) {
        suppress_behind(place, variant.suppression == Suppression::kClassAware);
      }
    }
    return alive;
  }
  std::set<int32_t> classes;
  for (const size_t i : o.passing) {
    classes.insert(candidates[i].label);
  }
  for (const int32_t label : classes) {
    for (size_t place = 0; place < alive.size(); ++place) {
      if (alive[place] && candidates[o.passing[place]].label == label) {
        suppress_behind(place, false);
      }
    }
  }
  return alive;
}

// Both as they are, and ours cut off where the picture ends.
bool SameBox(const Detection& ours, const Detection& theirs, const PictureBoxes& picture,
             const NmsTolerance& tolerance) {
  if (ours.label != theirs.label || std::abs(ours.score - theirs.score) > tolerance.score) {
    return false;
  }
  Detection cut = ours;
  if (picture.right > picture.left && picture.bottom > picture.top) {
    cut.x1 = std::clamp(cut.x1, picture.left, picture.right);
    cut.x2 = std::clamp(cut.x2, picture.left, picture.right);
    cut.y1 = std::clamp(cut.y1, picture.top, picture.bottom);
    cut.y2 = std::clamp(cut.y2, picture.top, picture.bottom);
  }
  for (const Detection& d : {ours, cut}) {
    const float farthest = std::max({std::abs(d.x1 - theirs.x1), std::abs(d.y1 - theirs.y1),
                                     std::abs(d.x2 - theirs.x2), std::abs(d.y2 - theirs.y2)});
    if (farthest <= tolerance.pixels || Overlap(d, theirs, false) >= tolerance.iou) {
      return true;
    }
  }
  return false;
}

// How many of `theirs` are among the candidates at `indices`, each used once.
int CountSame(std::span<const size_t> indices, const PictureBoxes& picture,
              const NmsTolerance& tolerance) {
  std::vector<bool> used(indices.size(), false);
  int same = 0;
  for (const Detection& theirs : picture.theirs) {
    size_t best = indices.size();
    float best_overlap = -1;
    for (size_t i = 0; i < indices.size(); ++i) {
      const Detection& ours = picture.candidates[indices[i]];
      if (!used[i] && SameBox(ours, theirs, picture, tolerance)) {
        const float overlap = Overlap(ours, theirs, false);
        if (overlap > best_overlap) {
          best = i;
          best_overlap = overlap;
        }
      }
    }
    if (best < indices.size()) {
      used[best] = true;
      ++same;
    }
  }
  return same;
}

struct Outcome {
  NmsVariant variant;
  int kept = 0, differ = 0;
};

Outcome Try(std::span<const PictureBoxes> pictures, const NmsVariant& variant,
            const NmsTolerance& tolerance) {
  Outcome outcome{variant};
  for (const PictureBoxes& picture : pictures) {
    const std::vector<size_t> kept = Suppress(picture.candidates, variant);
    const int same = CountSame(kept, picture, tolerance);
    outcome.kept += static_cast<int>(kept.size());
    outcome.differ += static_cast<int>(kept.size() + picture.theirs.size()) - 2 * same;
  }
  return outcome;
}

constexpr std::array<float, 9> kOverlaps = {0.3f,  0.35f, 0.4f,  0.45f, 0.5f,
                                            0.55f, 0.6f,  0.65f, 0.7f};
constexpr std::array<float, 13> kScores = {0.001f, 0.01f, 0.05f, 0.1f, 0.15f, 0.2f, 0.25f,
                                           0.3f,   0.35f, 0.4f,  0.5f, 0.6f,  0.7f};

// The rule that leaves the fewest differences, one question after another; equal ones stay with
// what our own rule says.
Outcome Best(std::span<const PictureBoxes> pictures, const NmsVariant& own,
             const NmsTolerance& tolerance) {
  float lowest = 1;
  size_t most = 0;
  for (const PictureBoxes& picture : pictures) {
    most = std::max(most, picture.theirs.size());
    for (const Detection& d : picture.theirs) {
      lowest = std::min(lowest, d.score);
    }
  }
  Outcome best = Try(pictures, own, tolerance);
  const auto consider = [&](const NmsVariant& variant) {
    const Outcome outcome = Try(pictures, variant, tolerance);
    if (outcome.differ < best.differ) {
      best = outcome;
    }
  };
  // The greatest usual threshold that their weakest box passes, unless it passes ours.
  NmsVariant base = own;
  if (most > 0 && (lowest < own.score - tolerance.score || lowest > own.score + 0.05f)) {
    for (const float score : kScores) {
      base.score = score <= lowest + tolerance.score ? score : base.score;
    }
    consider(base);
  }
  std::vector<NmsVariant> starts = {own};
  if (base.score != own.score) {
    starts.push_back(base);
  }
  // A cap of theirs hides everything else; it shows where they have fewer boxes than we.
  for (size_t i = 0, count = starts.size();
       i < count && (own.cap == 0 || most < static_cast<size_t>(own.cap)); ++i) {
    starts.push_back(starts[i]);
    starts.back().cap = static_cast<int>(most);
  }
  for (const NmsVariant& start : starts) {
    for (const Suppression suppression :
         {Suppression::kClassAware, Suppression::kClassAgnostic, Suppression::kUnsortedClasses}) {
      NmsVariant variant = start;
      variant.suppression = suppression;
      consider(variant);
      for (const float iou : kOverlaps) {
        variant.iou = iou;
        consider(variant);
      }
    }
  }
  NmsVariant uncapped = best.variant;
  uncapped.cap = 0;
  consider(uncapped);
  NmsVariant whole_pixels = best.variant;
  whole_pixels.plus_one = true;
  consider(whole_pixels);
  return best;
}

std::string ThresholdText(const NmsVariant& variant) {
  return StrCat(", score ", variant.score, ", IoU ", variant.iou,
                variant.plus_one ? " of whole pixels (+1)" : "",
                variant.cap > 0 ? StrCat(", at most ", variant.cap, " boxes") : "");
}

bool NearlyNone(int differ, int kept, int theirs) { return 20 * differ <= kept + theirs; }

std::string Sentence(const NmsExplanation& e) {
  if (e.theirs == 0) {
    return "the other program has no boxes: nothing to compare";
  }
  if (!e.tensors_agree) {
    return StrCat(
        "the other program's boxes do not come from these tensors, or are decoded in "
        "another way: ",
        e.located, " of its ", e.theirs,
        " boxes are candidates of Plumb's, with class, score and place");
  }
  const std::string agree = StrCat("the tensors agree (", e.located, " of the other program's ",
                                   e.theirs, " boxes are candidates of Plumb's)");
  if (e.same) {
    return StrCat(agree, " and so does the suppression: ", VariantText(e.own));
  }
  if (e.explained) {
    std::string rule(SuppressionText(e.best.suppression));
    for (const Suppression other : e.as_good) {
      rule += StrCat(" or ", SuppressionText(other));
    }
    return StrCat(agree, " and the suppression differs: the other program's is ", rule,
                  ThresholdText(e.best), "; Plumb's is ", VariantText(e.own), ". Its rule leaves ",
                  e.best_differ, " of ", e.best_kept + e.theirs, " boxes unexplained, Plumb's ",
                  e.own_differ,
                  e.as_good.empty() ? "" : "; these pictures do not tell the two rules apart");
  }
  return StrCat(agree, " and the suppression differs, by no rule known here: nearest comes ",
                VariantText(e.best), ", which leaves ", e.best_differ, " boxes unexplained (",
                VariantText(e.own), ": ", e.own_differ, ")");
}

}  // namespace

std::string_view SuppressionText(Suppression suppression) {
  switch (suppression) {
    case Suppression::kClassAware:
      return "class-aware";
    case Suppression::kClassAgnostic:
      return "class-agnostic (a box suppresses weaker ones of every class)";
    case Suppression::kUnsortedClasses:
      return "class-agnostic in class order (as in the old C demos, which read classes at unsorted "
             "places)";
  }
  return "?";
}

std::string VariantText(const NmsVariant& variant) {
  return StrCat(SuppressionText(variant.suppression), ThresholdText(variant));
}

NmsVariant VariantOf(const artifact::DecodeContract& contract) {
  return {contract.class_agnostic_nms ? Suppression::kClassAgnostic : Suppression::kClassAware,
          contract.score_threshold, contract.iou_threshold, false, contract.max_detections};
}

std::vector<size_t> Suppress(std::span<const Detection> candidates, const NmsVariant& variant) {
  const Ordered ordered = Order(candidates, variant.score);
  const std::vector<bool> alive = Survivors(candidates, ordered, variant);
  std::vector<size_t> kept;
  for (size_t place = 0; place < alive.size(); ++place) {
    if (alive[place] && (variant.cap == 0 || kept.size() < static_cast<size_t>(variant.cap))) {
      kept.push_back(ordered.passing[ordered.order[place]]);
    }
  }
  return kept;
}

NmsExplanation ExplainSuppression(std::span<const PictureBoxes> pictures,
                                  const artifact::DecodeContract& contract,
                                  const NmsTolerance& tolerance) {
  NmsExplanation e;
  e.own = VariantOf(contract);
  for (const PictureBoxes& picture : pictures) {
    std::vector<size_t> all(picture.candidates.size());
    std::iota(all.begin(), all.end(), size_t{0});
    e.theirs += static_cast<int>(picture.theirs.size());
    e.located += CountSame(all, picture, tolerance);
  }
  e.tensors_agree = e.theirs > 0 && 20 * e.located >= 19 * e.theirs;
  const Outcome own = Try(pictures, e.own, tolerance);
  const Outcome best = Best(pictures, e.own, tolerance);
  e.own_kept = own.kept;
  e.own_differ = own.differ;
  // One box on the edge of a threshold is no reason to name another rule.
  const int gain = own.differ - best.differ;
  const bool another = gain >= 2 && 2 * gain >= own.differ;
  e.best = another ? best.variant : e.own;
  e.best_kept = another ? best.kept : own.kept;
  e.best_differ = another ? best.differ : own.differ;
  for (const Suppression suppression :
       {Suppression::kClassAware, Suppression::kClassAgnostic, Suppression::kUnsortedClasses}) {
    NmsVariant variant = e.best;
    variant.suppression = suppression;
    if (another && suppression != e.best.suppression &&
        Try(pictures, variant, tolerance).differ == e.best_differ) {
      e.as_good.push_back(suppression);
    }
  }
  e.explained = e.tensors_agree && NearlyNone(e.best_differ, e.best_kept, e.theirs);
  e.same = !another && e.explained;
  e.sentence = Sentence(e);
  return e;
}

}  // namespace plumb::verify
