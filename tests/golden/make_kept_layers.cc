// Writes artifacts of random layers with golden vectors: make_kept_layers FOLDER. Each holds some small layers of one kind.
//
// tests/golden/accept/numerics1 was made with it once, and stays: later releases must give these bits. Do not make it anew.
#include <iostream>
#include <map>

#include "plumb/api/golden_vectors.h"
#include "plumb/artifact/writer.h"
#include "tests/same_bits/random_layers.h"

namespace plumb {
namespace {

constexpr size_t kLayers = 4;            // of a kind
constexpr int64_t kMostElements = 5000;  // of a layer's tensors, constants among them

int64_t ElementsOf(const artifact::Program& program) {
  int64_t elements = 0;
  for (const artifact::TensorInfo& tensor : program.tensors) {
    elements += NumElements(tensor.shape);
  }
  return elements;
}

// Behind what is there already.
void Append(const artifact::Program& layer, uint64_t seed, artifact::Program& all) {
  const auto tensors = static_cast<int32_t>(all.tensors.size());
  const auto constants = static_cast<int32_t>(all.constants.size());
  const std::string prefix = StrCat("layer ", seed, " ");
  for (artifact::TensorInfo info : layer.tensors) {
    info.name = prefix + info.name;
    info.constant += info.constant >= 0 ? constants : 0;
    all.tensors.push_back(std::move(info));
  }
  all.constants.insert(all.constants.end(), layer.constants.begin(), layer.constants.end());
  for (artifact::Record record : layer.records) {
    record.name = StrCat("layer ", seed);
    for (std::vector<int32_t>* list : {&record.inputs, &record.outputs}) {
      for (int32_t& t : *list) {
        t += t >= 0 ? tensors : 0;
      }
    }
    all.records.push_back(std::move(record));
  }
  for (auto [from, to] : {std::pair{&layer.inputs, &all.inputs}, {&layer.outputs, &all.outputs}}) {
    for (artifact::Port port : *from) {
      port.name = prefix + port.name;
      port.tensor += tensors;
      to->push_back(std::move(port));
    }
  }
}

// Noise as FillInput makes it: integers of the whole range, reals within -1..1.
std::vector<artifact::GoldenInput> NoiseFor(const artifact::Program& program) {
  std::vector<artifact::GoldenInput> inputs;
  for (const artifact::Port& port : program.inputs) {
    artifact::GoldenInput& input = inputs.emplace_back();
    const bool integers = program.tensors[static_cast<size_t>(port.tensor)].dtype == DType::kS8;
    input.seed = inputs.size();
    input.low = integers ? -128 : -1;
    input.high = integers ? 127 : 1;
  }
  return inputs;
}

Status WriteAll(const std::string& folder) {
  struct Kind {
    artifact::Artifact artifact;
    size_t layers = 0;
  };
  std::map<std::string, Kind> kinds;
  for (uint64_t seed = 0; seed < 3000; ++seed) {
    const RandomLayer layer = MakeRandomLayer(seed, 1);
    std::string name = layer.name;
    std::replace(name.begin(), name.end(), ' ', '_');
    const bool depthwise = layer.program->records[0].attributes.Int("groups", 1) > 4;
    Kind& kind = kinds[name + (depthwise ? "_depthwise" : "")];
    if (kind.layers < kLayers && ElementsOf(*layer.program) <= kMostElements) {
      Append(*layer.program, seed, kind.artifact.program);
      ++kind.layers;
    }
  }
  for (auto& [name, kind] : kinds) {
    if (kind.layers == 0) {
      continue;
    }
    kind.artifact.program.name = name;
    PLUMB_ASSIGN_OR_RETURN(kind.artifact.golden,
                           MakeGolden(kind.artifact, {NoiseFor(kind.artifact.program)}, 1, {}));
    PLUMB_RETURN_IF_ERROR(
        artifact::WriteArtifact(kind.artifact, folder + "/layers_" + name + ".plumb"));
  }
  return {};
}

}  // namespace
}  // namespace plumb

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: make_kept_layers FOLDER\n";
    return 2;
  }
  const plumb::Status status = plumb::WriteAll(argv[1]);
  if (!status.ok()) {
    std::cerr << status.message() << "\n";
  }
  return static_cast<int>(status.code());
}
