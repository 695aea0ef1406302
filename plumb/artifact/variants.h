// The shapes that an artifact takes. Variant 0 is the artifact itself, further ones follow in order.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "plumb/artifact/artifact.h"

namespace plumb::artifact {

// Of a run: in port order, the batch counted.
[[nodiscard]] std::vector<Shape> InputShapes(const Program& program);
// "images=1x3x640x640, sizes=1x2"
[[nodiscard]] std::string InputShapesText(const Program& program);

// "images=1x3x640x640; images=1x3x320x320"
[[nodiscard]] std::string VariantsText(const Artifact& artifact);

[[nodiscard]] inline size_t VariantCount(const Artifact& artifact) {
  return 1 + artifact.variants.size();
}
// `index` below VariantCount.
[[nodiscard]] std::shared_ptr<const Artifact> Variant(
    const std::shared_ptr<const Artifact>& artifact, size_t index);
// The one whose inputs have these shapes; nullptr: there is none.
[[nodiscard]] std::shared_ptr<const Artifact> FindVariant(
    const std::shared_ptr<const Artifact>& artifact, std::span<const Shape> shapes);

}  // namespace plumb::artifact
