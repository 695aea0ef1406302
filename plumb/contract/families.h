// Inside contract: one matcher a family, with what its publishers do with pictures.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "plumb/contract/options.h"
#include "plumb/contract/outputs.h"

namespace plumb::contract {

// What a matcher sees. `given` is set when the user named the family: then only shapes must fit,
// not the structure.
struct Evidence {
  std::vector<OutputFacts> outputs;
  int width = 0, height = 0;  // of the picture input
  const DecodeOptions* given = nullptr;

  [[nodiscard]] bool forced() const { return given != nullptr; }
  [[nodiscard]] const std::vector<int32_t>& strides() const {
    return forced() && !given->strides.empty() ? given->strides : UsualStrides();
  }
  [[nodiscard]] bool Has(std::string_view op) const;  // above any output
};

struct Match {
  artifact::DecodeContract contract;
  std::string why;  // what was seen, in one line
};

// What a family's publishers do with a picture.
struct PictureDefaults {
  artifact::Color color;
  float mean, std;
  artifact::ResizeRule resize;
  int pad;
};

struct FamilyRow {
  artifact::Family family;
  std::optional<Match> (*match)(const Evidence&);
  PictureDefaults picture;
};

// In the order tried: the more particular first.
[[nodiscard]] const std::vector<FamilyRow>& Families();

std::optional<Match> MatchYolov5(const Evidence& e);
std::optional<Match> MatchYoloFastestV2(const Evidence& e);
std::optional<Match> MatchYolov8(const Evidence& e);
std::optional<Match> MatchYolox(const Evidence& e);
std::optional<Match> MatchSsd(const Evidence& e);
std::optional<Match> MatchYunet(const Evidence& e);
std::optional<Match> MatchClassifier(const Evidence& e);

// The given strides, or a usual set of them, whose levels add up to `cells` with `anchors` boxes a
// cell; else empty.
[[nodiscard]] std::vector<int32_t> StridesFor(const Evidence& e, int64_t cells, int64_t anchors);
[[nodiscard]] std::string StridesText(const std::vector<int32_t>& strides);  // "8, 16, 32"
// Anchors of `level` among `levels` (finest first): given, or the family's published ones; empty
// when neither fits.
[[nodiscard]] std::vector<float> AnchorsFor(const Evidence& e, artifact::Family family,
                                            size_t level, size_t levels);
// How many anchors a cell has: from the given ones, else 3.
[[nodiscard]] int64_t AnchorCount(const Evidence& e, size_t levels);

}  // namespace plumb::contract
