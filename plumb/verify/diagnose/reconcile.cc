#include "plumb/verify/diagnose/reconcile.h"

#include <algorithm>

#include "plumb/verify/diagnose/foreign_results.h"
#include "plumb/vision/classify.h"
#include "plumb/vision/decode.h"
#include "plumb/vision/nms.h"

namespace plumb::verify {
namespace {

using artifact::Family;
using artifact::PictureInput;
using artifact::Source;

// A stated value replaces a family's published default only where the network is surer of it by this much, and a mere
// assumption about an unknown network only where the network is not surer of the assumption by as much.
constexpr double kSurer = 1.1;

bool IsStated(Source source) { return source == Source::kGiven || source == Source::kRecognized; }

// How sure the network is of what it sees: the sum of the scores of the boxes, or of the probabilities of the first classes;
// and whether it is sure of the same in the mirrored pictures, 0..1. Inputs that are far too large make a network sure of
// anything, but not of the same thing twice.
struct Sureness {
  double total = 0;
  double confirmed = 0;
};

Picture Mirrored(const Picture& picture) {
  Picture mirrored = picture;
  for (int y = 0; y < picture.height; ++y) {
    for (int x = 0; x < picture.width; ++x) {
      std::copy_n(picture.At(x, y), picture.channels, mirrored.At(picture.width - 1 - x, y));
    }
  }
  return mirrored;
}

Result<Sureness> SurenessOf(const Case& c, const Case& mirrored, const Side& side) {
  PLUMB_ASSIGN_OR_RETURN(const SideResults results, c.Run(side));
  PLUMB_ASSIGN_OR_RETURN(SideResults others, mirrored.Run(side));
  Sureness sure;
  for (size_t s = 0; s < results.boxes.size(); ++s) {
    const auto width = static_cast<float>(c.input().pictures[s].width);
    for (vision::Detection& d : others.boxes[s]) {
      std::swap(d.x1, d.x2);
      d.x1 = width - d.x1;
      d.x2 = width - d.x2;
    }
    for (const vision::Detection& d : results.boxes[s]) {
      sure.total += d.score;
    }
  }
  sure.confirmed = 1 - BoxDifference(results.boxes, others.boxes);
  if (side.decode.family == Family::kClassifier) {
    double same = 0;
    for (size_t s = 0; s < results.outputs.size(); ++s) {
      PLUMB_ASSIGN_OR_RETURN(
          const auto top, vision::TopClasses(side.decode, results.outputs[s][0].tensor.view(), 1));
      PLUMB_ASSIGN_OR_RETURN(
          const auto other, vision::TopClasses(side.decode, others.outputs[s][0].tensor.view(), 1));
      sure.total += top.empty() ? 0 : top[0].score;
      same += !top.empty() && !other.empty() && top[0].label == other[0].label;
    }
    sure.confirmed = same / static_cast<double>(std::max<size_t>(1, results.outputs.size()));
  }
  return sure;
}

// Clearly surer, and of something that the mirrored pictures confirm at least as well.
bool Surer(const Sureness& a, const Sureness& b) {
  return a.total > kSurer * b.total && a.confirmed >= b.confirmed;
}

// How well boxes that were suppressed agree with those kept: with wrong anchors boxes of one object are of different sizes.
Result<double> Coherence(const Case& c, const Side& side) {
  PLUMB_ASSIGN_OR_RETURN(const SideResults results, c.Run(side));
  double total = 0, count = 0;
  for (size_t s = 0; s < results.outputs.size(); ++s) {
    std::vector<ConstTensorView> views;
    for (const runtime::NamedTensor& t : results.outputs[s]) {
      views.push_back(t.tensor.view());
    }
    vision::DecodeOptions options;
    options.score_threshold = side.decode.score_threshold;
    const PictureInput& input = side.io.pictures[0];
    PLUMB_ASSIGN_OR_RETURN(const auto candidates,
                           vision::Decode(side.decode, views, input.width, input.height, options));
    const auto kept = vision::Nms(candidates, {});
    for (const vision::Detection& d : candidates) {
      float best = 0;
      bool is_kept = false;
      for (const vision::Detection& k : kept) {
        is_kept = is_kept || k == d;
        best = k.label == d.label ? std::max(best, vision::Iou(k, d)) : best;
      }
      if (!is_kept) {
        total += best;
        count += 1;
      }
    }
  }
  return count == 0 ? 0 : total / count;
}

bool HasAnchors(const artifact::DecodeContract& d) {
  return std::any_of(d.outputs.begin(), d.outputs.end(),
                     [](const auto& o) { return !o.anchors.empty(); });
}

}  // namespace

Result<std::vector<std::string>> ReconcileContracts(CaseInput& input) {
  std::vector<std::string> notes;
  const Side& subject = *input.subject;
  if (input.pictures.empty() || input.reference.io.pictures.empty() ||
      subject.io.pictures.empty()) {
    return notes;
  }
  CaseInput alone;  // the reference by itself
  alone.reference = input.reference;
  alone.pictures.assign(
      input.pictures.begin(),
      input.pictures.begin() + static_cast<long>(std::min<size_t>(4, input.pictures.size())));
  alone.threads = input.threads;
  const PictureInput& stated = subject.io.pictures[0];
  PictureInput& assumed = input.reference.io.pictures[0];
  const std::vector<PictureFacet> facets = PictureFacetsOf(assumed, stated);
  const auto& a = input.reference.decode;
  const auto& b = subject.decode;
  bool anchors_differ = false;
  if (HasAnchors(a) && a.family == b.family && a.outputs.size() == b.outputs.size() &&
      !IsStated(a.anchors_source) && b.anchors_source == Source::kGiven) {
    for (size_t i = 0; i < a.outputs.size(); ++i) {
      anchors_differ = anchors_differ || a.outputs[i].anchors != b.outputs[i].anchors;
    }
  }
  if (facets.empty() && !anchors_differ) {
    return notes;
  }
  PLUMB_ASSIGN_OR_RETURN(const std::unique_ptr<Case> c, Case::Create(alone));
  CaseInput turned = alone;
  std::transform(alone.pictures.begin(), alone.pictures.end(), turned.pictures.begin(), Mirrored);
  PLUMB_ASSIGN_OR_RETURN(const std::unique_ptr<Case> mirrored, Case::Create(turned));
  const bool published = vision::IsDetector(a.family);
  for (const PictureFacet& facet : facets) {
    const auto sources = [&](const PictureInput& p) {
      return facet.cause == "color-order"   ? std::pair(p.color_source, p.color_source)
             : facet.cause == "resize-rule" ? std::pair(p.resize_source, p.resize_source)
             : facet.cause == "pad-value"   ? std::pair(p.pad_source, p.pad_source)
                                            : std::pair(p.mean_source, p.std_source);
    };
    const auto [ours, ours_too] = sources(assumed);
    const auto [theirs, theirs_too] = sources(stated);
    if (IsStated(ours) || IsStated(ours_too) || (!IsStated(theirs) && !IsStated(theirs_too))) {
      continue;
    }
    Side with = input.reference;
    facet.copy(stated, with.io.pictures[0]);
    PLUMB_ASSIGN_OR_RETURN(const Sureness as_assumed, SurenessOf(*c, *mirrored, input.reference));
    PLUMB_ASSIGN_OR_RETURN(const Sureness as_stated, SurenessOf(*c, *mirrored, with));
    const bool take = published ? Surer(as_stated, as_assumed) : !Surer(as_assumed, as_stated);
    if (take) {
      facet.copy(stated, assumed);
      notes.push_back(StrCat("taken from the artifact, where its maker stated it: ", facet.cause,
                             " (the network is ", FixedText(as_stated.total, 2), " sure of it, ",
                             FixedText(as_assumed.total, 2), " of what would be assumed)"));
    }
  }
  if (anchors_differ) {
    Side with = input.reference;
    for (size_t i = 0; i < a.outputs.size(); ++i) {
      with.decode.outputs[i].anchors = b.outputs[i].anchors;
    }
    PLUMB_ASSIGN_OR_RETURN(const double as_assumed, Coherence(*c, input.reference));
    PLUMB_ASSIGN_OR_RETURN(const double as_stated, Coherence(*c, with));
    if (as_stated > as_assumed) {
      for (size_t i = 0; i < a.outputs.size(); ++i) {
        input.reference.decode.outputs[i].anchors = b.outputs[i].anchors;
      }
      notes.push_back(StrCat(
          "anchors taken from the artifact: with them overlapping boxes agree to ",
          FixedText(as_stated, 3), ", with the published ones to ", FixedText(as_assumed, 3)));
    }
  }
  return notes;
}

}  // namespace plumb::verify
