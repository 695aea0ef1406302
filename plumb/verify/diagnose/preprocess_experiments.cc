// H2: the way a picture becomes the input. What differs is put into the float reference, alone and together: if the float
// network then makes what the subject makes, that was it.
#include <algorithm>
#include <functional>

#include "plumb/verify/diagnose/foreign_results.h"
#include "plumb/verify/diagnose/hypothesis.h"

namespace plumb::verify {
namespace {

using artifact::PictureInput;

std::string Numbers(const std::vector<float>& values) {
  std::string text;
  for (const float v : values) {
    text += StrCat(text.empty() ? "" : ",", v);
  }
  return text;
}

std::string ColorText(artifact::Color color) {
  return color == artifact::Color::kRgb ? "rgb" : color == artifact::Color::kBgr ? "bgr" : "gray";
}

std::string ResizeText(artifact::ResizeRule rule) {
  switch (rule) {
    case artifact::ResizeRule::kLetterbox:
      return "letterbox";
    case artifact::ResizeRule::kLetterboxCorner:
      return "letterbox-corner";
    case artifact::ResizeRule::kStretch:
      return "stretch";
    case artifact::ResizeRule::kCrop:
      return "crop";
  }
  return "";
}

bool Pads(artifact::ResizeRule rule) {
  return rule == artifact::ResizeRule::kLetterbox || rule == artifact::ResizeRule::kLetterboxCorner;
}

}  // namespace

std::vector<PictureFacet> PictureFacetsOf(const PictureInput& right, const PictureInput& wrong) {
  std::vector<PictureFacet> facets;
  if (right.color != wrong.color) {
    facets.push_back(
        {"color-order",
         StrCat("red and blue are exchanged: pictures go in as ", ColorText(wrong.color),
                ", the network was trained on ", ColorText(right.color)),
         "--color " + ColorText(right.color),
         [](const PictureInput& from, PictureInput& to) { to.color = from.color; }});
  }
  if (right.mean != wrong.mean || right.std != wrong.std) {
    facets.push_back({"normalization",
                      StrCat("pixel values are scaled wrongly: mean ", Numbers(wrong.mean),
                             " and std ", Numbers(wrong.std), ", expected mean ",
                             Numbers(right.mean), " and std ", Numbers(right.std)),
                      StrCat("--mean ", Numbers(right.mean), " --std ", Numbers(right.std)),
                      [](const PictureInput& from, PictureInput& to) {
                        to.mean = from.mean;
                        to.std = from.std;
                      }});
  }
  if (right.resize != wrong.resize ||
      (right.resize == artifact::ResizeRule::kCrop && right.crop_short != wrong.crop_short)) {
    facets.push_back({"resize-rule",
                      StrCat("pictures are fitted by '", ResizeText(wrong.resize),
                             "', the network expects '", ResizeText(right.resize), "'"),
                      "--resize " + ResizeText(right.resize),
                      [](const PictureInput& from, PictureInput& to) {
                        to.resize = from.resize;
                        to.crop_short = from.crop_short;
                      }});
  }
  if (right.pad != wrong.pad && Pads(right.resize) && Pads(wrong.resize)) {
    facets.push_back({"pad-value",
                      StrCat("the border of letterboxed pictures has grey ", wrong.pad,
                             ", expected ", right.pad),
                      StrCat("--pad ", right.pad),
                      [](const PictureInput& from, PictureInput& to) { to.pad = from.pad; }});
  }
  return facets;
}

Result<HypothesisResult> TestPreprocessing(Case& c, const CasePaths& paths) {
  HypothesisResult result;
  if (!c.input().subject) {
    return TestForeignPreprocessing(c, paths);
  }
  const Side& reference = c.input().reference;
  if (c.input().pictures.empty() || reference.io.pictures.empty() ||
      c.input().subject->io.pictures.empty()) {
    result.evidence = "tensors were given, not pictures";
    return result;
  }
  const PictureInput& right = reference.io.pictures[0];
  const PictureInput& wrong = c.input().subject->io.pictures[0];
  const std::vector<PictureFacet> facets = PictureFacetsOf(right, wrong);
  if (facets.empty()) {
    result.evidence = "both sides prepare pictures in the same way";
    return result;
  }
  for (const PictureFacet& facet : facets) {
    Side broken = reference;
    facet.copy(wrong, broken.io.pictures[0]);
    PLUMB_ASSIGN_OR_RETURN(const SideResults results, c.Run(broken));
    PLUMB_ASSIGN_OR_RETURN(const double explained,
                           c.Explained(Compare(results, c.subject()).value()));
    result.explanations.push_back(
        {facet.cause, StrCat("Pictures go in wrongly: ", facet.what, "."),
         StrCat("the float network, given this alone, makes what the artifact makes: ",
                PercentText(explained), " of the difference"),
         ConvertCommand(paths, facet.option), explained, true});
  }
  std::stable_sort(result.explanations.begin(), result.explanations.end(),
                   [](const auto& a, const auto& b) { return a.explained > b.explained; });
  if (facets.size() > 1 && result.explanations[0].explained < 0.8) {
    Side broken = reference;
    std::string options, whats;
    for (const PictureFacet& facet : facets) {
      facet.copy(wrong, broken.io.pictures[0]);
      options += (options.empty() ? "" : " ") + facet.option;
      whats += (whats.empty() ? "" : "; and ") + facet.what;
    }
    PLUMB_ASSIGN_OR_RETURN(const SideResults results, c.Run(broken));
    PLUMB_ASSIGN_OR_RETURN(const double explained,
                           c.Explained(Compare(results, c.subject()).value()));
    if (explained > result.explanations[0].explained) {
      result.explanations.insert(
          result.explanations.begin(),
          {result.explanations[0].cause, StrCat("Pictures go in wrongly: ", whats, "."),
           StrCat("the float network, given all of this, makes what the artifact makes: ",
                  PercentText(explained), " of the difference"),
           ConvertCommand(paths, options), explained, true});
    }
  }
  return result;
}

}  // namespace plumb::verify
