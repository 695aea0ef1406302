#include "plumb/artifact/variants.h"

#include <algorithm>

#include "plumb/base/status.h"

namespace plumb::artifact {

std::vector<Shape> InputShapes(const Program& program) {
  std::vector<Shape> shapes;
  for (const Port& port : program.inputs) {
    Shape& shape = shapes.emplace_back(program.tensors[static_cast<size_t>(port.tensor)].shape);
    if (program.batch > 1) {
      shape[0] *= program.batch;
    }
  }
  return shapes;
}

std::string InputShapesText(const Program& program) {
  std::string text;
  const std::vector<Shape> shapes = InputShapes(program);
  for (size_t i = 0; i < shapes.size(); ++i) {
    text += StrCat(i > 0 ? ", " : "", program.inputs[i].name, "=", ShapeToString(shapes[i]));
  }
  return text;
}

std::string VariantsText(const Artifact& artifact) {
  std::string text = InputShapesText(artifact.program);
  for (const std::shared_ptr<const Artifact>& variant : artifact.variants) {
    text += "; " + InputShapesText(variant->program);
  }
  return text;
}

std::shared_ptr<const Artifact> Variant(const std::shared_ptr<const Artifact>& artifact,
                                        size_t index) {
  return index == 0 ? artifact : artifact->variants[index - 1];
}

std::shared_ptr<const Artifact> FindVariant(const std::shared_ptr<const Artifact>& artifact,
                                            std::span<const Shape> shapes) {
  for (size_t i = 0; i < VariantCount(*artifact); ++i) {
    std::shared_ptr<const Artifact> variant = Variant(artifact, i);
    if (std::ranges::equal(InputShapes(variant->program), shapes)) {
      return variant;
    }
  }
  return nullptr;
}

}  // namespace plumb::artifact
