#include <algorithm>

#include "plumb/artifact/container.h"
#include "plumb/artifact/validator.h"
#include "plumb/artifact/variants.h"

namespace plumb::artifact {
namespace {

bool SamePorts(const std::vector<Port>& a, const std::vector<Port>& b) {
  return std::ranges::equal(
      a, b, [](const Port& x, const Port& y) { return x.name == y.name && x.dtype == y.dtype; });
}

Status ValidateOne(const Artifact& artifact) {
  PLUMB_RETURN_IF_ERROR(ValidateProgram(artifact.program));
  PLUMB_RETURN_IF_ERROR(ValidateContracts(artifact));
  return ValidateGolden(artifact);
}

Status ValidateVariant(const Artifact& artifact, size_t index) {
  const Program& first = artifact.program;
  const Program& program = artifact.variants[index]->program;
  if (!SamePorts(first.inputs, program.inputs) || !SamePorts(first.outputs, program.outputs)) {
    return InvalidModel("its inputs and outputs are not those of the first");
  }
  if (first.symbolic_batch || program.symbolic_batch || first.batch != program.batch) {
    return InvalidModel("a free batch, or another one than the first has");
  }
  const std::vector<Shape> shapes = InputShapes(program);
  bool again = InputShapes(first) == shapes;
  for (size_t i = 0; i < index; ++i) {
    again = again || InputShapes(artifact.variants[i]->program) == shapes;
  }
  return again ? InvalidModel("its shapes are there already: ", InputShapesText(program))
               : Status();
}

}  // namespace

Status ValidateArtifact(const Artifact& artifact) {
  PLUMB_RETURN_IF_ERROR(ValidateOne(artifact));
  if (artifact.variants.size() > kMaxVariants) {
    return InvalidModel(1 + artifact.variants.size(), " sets of shapes; an artifact holds at most ",
                        1 + kMaxVariants);
  }
  for (size_t i = 0; i < artifact.variants.size(); ++i) {
    Status status = ValidateOne(*artifact.variants[i]);
    if (status.ok()) {
      status = ValidateVariant(artifact, i);
    }
    PLUMB_RETURN_IF_ERROR(status.WithContext(StrCat("variant ", i + 1)));
  }
  return {};
}

}  // namespace plumb::artifact
