#include "plumb/api/shape_sets.h"

#include <algorithm>
#include <cstring>
#include <sstream>

#include "plumb/artifact/container.h"
#include "plumb/base/hash.h"

namespace plumb {
namespace {

double ElementsOf(const ShapeSet& set) {
  double sum = 0;
  for (const auto& [name, shape] : set) {
    double elements = 1;
    for (const int64_t extent : shape) {
      elements *= static_cast<double>(extent);
    }
    sum += elements;
  }
  return sum;
}

Status CheckSets(const ModelOptions& common, const std::vector<ShapeSet>& sets) {
  constexpr size_t kMost = 1 + artifact::kMaxVariants;
  if (sets.size() > kMost) {
    return UsageError("--shape-set: ", sets.size(), " sets of shapes; expected at most ", kMost);
  }
  for (size_t i = 0; i < sets.size(); ++i) {
    const bool same_names = std::ranges::equal(
        sets[0], sets[i], [](const auto& a, const auto& b) { return a.first == b.first; });
    if (!same_names) {
      return UsageError("--shape-set ", ShapeSetText(sets[i]), ": names other inputs than ",
                        ShapeSetText(sets[0]));
    }
    if (std::find(sets.begin(), sets.begin() + static_cast<ptrdiff_t>(i), sets[i]) !=
        sets.begin() + static_cast<ptrdiff_t>(i)) {
      return UsageError("--shape-set ", ShapeSetText(sets[i]), ": is given twice");
    }
  }
  for (const auto& [name, shape] : sets[0]) {
    if (common.input_shapes.contains(name)) {
      return UsageError("--input-shape ", name, "=", ShapeToString(shape),
                        ": --shape-set gives this input's shapes");
    }
  }
  return {};
}

}  // namespace

Result<ShapeSet> ParseShapeSet(const std::string& text) {
  ShapeSet set;
  std::istringstream parts(text);
  for (std::string part; std::getline(parts, part, ',');) {
    auto shape = ParseInputShape(part);
    if (!shape.ok()) {
      return UsageError("--shape-set ", text, ": expected name=1x3x640x640, or several with ",
                        "commas between");
    }
    if (!set.insert(std::move(shape).value()).second) {
      return UsageError("--shape-set ", text, ": names an input twice");
    }
  }
  return set.empty() ? UsageError("--shape-set: is empty; expected name=1x3x640x640")
                     : Result<ShapeSet>(std::move(set));
}

Result<std::vector<ShapeSet>> ParseShapeSets(const std::string& text) {
  std::vector<ShapeSet> sets;
  std::istringstream parts(text);
  for (std::string part; std::getline(parts, part, ';');) {
    PLUMB_ASSIGN_OR_RETURN(sets.emplace_back(), ParseShapeSet(part));
  }
  return sets;
}

std::string ShapeSetText(const ShapeSet& set) {
  std::string text;
  for (const auto& [name, shape] : set) {
    text += StrCat(text.empty() ? "" : ",", name, "=", ShapeToString(shape));
  }
  return text;
}

Result<std::vector<ModelOptions>> ModelOptionsOfSets(const ModelOptions& common,
                                                     const std::vector<ShapeSet>& sets) {
  if (sets.empty()) {
    return std::vector{common};
  }
  PLUMB_RETURN_IF_ERROR(CheckSets(common, sets));
  std::vector<ShapeSet> ordered = sets;
  const auto largest = std::ranges::max_element(ordered, {}, ElementsOf);
  std::rotate(ordered.begin(), largest, largest + 1);
  std::vector<ModelOptions> all;
  for (const ShapeSet& set : ordered) {
    ModelOptions& one = all.emplace_back(common);
    one.input_shapes.insert(set.begin(), set.end());
    one.other_shapes = true;
  }
  return all;
}

void ReadForShapesOf(const Model& artifact, ModelOptions& options) {
  if (artifact.artifact == nullptr ||
      std::ranges::none_of(artifact.artifact->provenance.options,
                           [](const auto& option) { return option.first == "shape-set"; })) {
    return;
  }
  options.other_shapes = true;
  options.input_shapes.clear();
  for (const artifact::Port& port : artifact.program->inputs) {
    options.input_shapes[port.name] =
        artifact.program->tensors[static_cast<size_t>(port.tensor)].shape;
  }
}

Tensor Repeated(const Tensor& sample, const Shape& shape) {
  Tensor made(sample.dtype(), shape);
  const size_t element = DTypeSize(sample.dtype());
  const Shape& from = sample.shape();
  std::vector<int64_t> at(shape.size(), 0);
  for (int64_t i = 0; i < made.size() && sample.size() > 0; ++i) {
    int64_t source = 0;
    for (size_t d = 0; d < shape.size(); ++d) {
      source = source * from[d] + at[d] % from[d];
    }
    std::memcpy(static_cast<std::byte*>(made.raw()) + static_cast<size_t>(i) * element,
                static_cast<const std::byte*>(sample.raw()) + static_cast<size_t>(source) * element,
                element);
    for (size_t d = shape.size(); d-- > 0 && ++at[d] == shape[d];) {
      at[d] = 0;
    }
  }
  return made;
}

void ShareConstants(artifact::Program& program, const artifact::Program& first) {
  std::multimap<uint64_t, const artifact::Constant*> known;
  const auto hash = [](const artifact::Constant& c) {
    return Hash64({static_cast<const std::byte*>(c.data), c.bytes});
  };
  for (const artifact::Constant& constant : first.constants) {
    known.emplace(hash(constant), &constant);
  }
  for (artifact::Constant& constant : program.constants) {
    const auto [begin, end] = known.equal_range(hash(constant));
    for (auto it = begin; constant.bytes > 0 && it != end; ++it) {
      const artifact::Constant& other = *it->second;
      if (other.bytes == constant.bytes &&
          std::memcmp(other.data, constant.data, constant.bytes) == 0) {
        constant = other;
        break;
      }
    }
  }
}

GoldenInputs GoldenInputsOfVariant(const artifact::Golden& first,
                                   const artifact::Artifact& variant) {
  if (first.empty()) {
    return {};
  }
  std::vector<artifact::GoldenInput> inputs = first.vectors[0].inputs;
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (inputs[i].source != artifact::GoldenSource::kPicture) {
      continue;
    }
    artifact::GoldenInput noise;
    noise.seed = i + 1;
    for (const artifact::PictureInput& picture : variant.io.pictures) {
      for (size_t c = 0; picture.input == static_cast<int32_t>(i) && c < picture.mean.size(); ++c) {
        const double low = -picture.mean[c] / picture.std[c];
        const double high = (255.0 - picture.mean[c]) / picture.std[c];
        noise.low = c == 0 ? low : std::max(noise.low, low);
        noise.high = c == 0 ? high : std::min(noise.high, high);
      }
    }
    noise.high = std::max(noise.low, noise.high);
    inputs[i] = noise;
  }
  return {inputs};
}

artifact::Artifact VariantOf(const Model& model, const artifact::Program& program, int64_t batch) {
  artifact::Artifact made;
  made.program = program;
  made.program.batch = batch;
  made.program.symbolic_batch = model.program->symbolic_batch && batch == 1;
  made.io = model.io;
  made.decode = model.decode;
  return made;
}

Status AddVariant(artifact::Artifact& artifact, artifact::Artifact variant, int threads) {
  ShareConstants(variant.program, artifact.program);
  for (const auto& other : artifact.variants) {
    ShareConstants(variant.program, other->program);
  }
  PLUMB_ASSIGN_OR_RETURN(
      variant.golden,
      MakeGolden(variant, GoldenInputsOfVariant(artifact.golden, variant), threads, std::nullopt));
  artifact.variants.push_back(std::make_shared<artifact::Artifact>(std::move(variant)));
  return {};
}

}  // namespace plumb
