// H2 of given results: pictures prepared in all the ways that programs prepare them wrongly.
#include <algorithm>

#include "plumb/verify/diagnose/foreign_explanation.h"
#include "plumb/verify/diagnose/foreign_results.h"

namespace plumb::verify {

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
  KeepBest(result);
  return result;
}

}  // namespace plumb::verify
