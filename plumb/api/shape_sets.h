// Several sets of input shapes for one network: a program for each, with the same weights and grids.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "plumb/api/golden_vectors.h"
#include "plumb/api/model.h"
#include "plumb/artifact/artifact.h"
#include "plumb/base/status.h"
#include "plumb/base/tensor.h"

namespace plumb {

using ShapeSet = std::map<std::string, Shape>;  // by input

// "images=1x3x640x640,mask=1x4"; "#0" names the first input.
[[nodiscard]] Result<ShapeSet> ParseShapeSet(const std::string& text);
// Several of them with ";" between.
[[nodiscard]] Result<std::vector<ShapeSet>> ParseShapeSets(const std::string& text);
[[nodiscard]] std::string ShapeSetText(const ShapeSet& set);

// How the network is read for each set, `common` beside it: the one with the most elements first (the first of those), on
// which ranges are calibrated, then the others as given. Without sets: `common` alone. Usage error where sets name different
// inputs or one is there twice.
[[nodiscard]] Result<std::vector<ModelOptions>> ModelOptionsOfSets(
    const ModelOptions& common, const std::vector<ShapeSet>& sets);

// A float model to be compared with `artifact` is read for its shapes, where it was converted for several sets; else `options`
// stay as they are.
void ReadForShapesOf(const Model& artifact, ModelOptions& options);

// `sample` repeated or cut along each dimension to have this shape: the values stay what they are. The same rank.
[[nodiscard]] Tensor Repeated(const Tensor& sample, const Shape& shape);

// Constants of `program` with the contents of one of `first` take its memory, and are stored once.
void ShareConstants(artifact::Program& program, const artifact::Program& first);

// The input of the golden vector of a variant, which has contracts: noise, from the first's alone, since the bytes must come out
// again without samples. None where the first has none.
[[nodiscard]] GoldenInputs GoldenInputsOfVariant(const artifact::Golden& first,
                                                 const artifact::Artifact& variant);

// What every variant has: a program for `model`, and the model's contracts.
[[nodiscard]] artifact::Artifact VariantOf(const Model& model, const artifact::Program& program,
                                           int64_t batch);

// One more variant of `artifact`: `compiled` for other shapes. Adds its golden vector.
Status AddVariant(artifact::Artifact& artifact, artifact::Artifact variant, int threads);

}  // namespace plumb
