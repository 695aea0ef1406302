#include "plumb/verify/diagnose/layer_pairs.h"

#include <map>
#include <set>
#include <string>

#include "plumb/verify/diagnose/record_numbers.h"

namespace plumb::verify {
namespace {

using artifact::Program;

std::map<std::string, const artifact::TensorInfo*> TensorsByName(const Program& program) {
  std::map<std::string, const artifact::TensorInfo*> named;
  for (const artifact::TensorInfo& info : program.tensors) {
    named.emplace(info.name, &info);
  }
  return named;
}

bool HasAlike(const std::map<std::string, const artifact::TensorInfo*>& named,
              const artifact::TensorInfo& info) {
  const auto found = named.find(info.name);
  return found != named.end() && found->second->dtype == info.dtype &&
         found->second->shape == info.shape;
}

std::map<std::string, Block> BlocksByName(const Program& program, const IsKnown& known) {
  std::map<std::string, Block> named;
  for (Block& block : BlocksOf(program, known)) {
    named.emplace(InfoOf(program, block.output).name, std::move(block));
  }
  return named;
}

std::set<std::string> ReadValues(const Program& program, const Block& block) {
  std::set<std::string> names;
  for (const int32_t t : block.inputs) {
    names.insert(ValueNameOf(InfoOf(program, t).name));
  }
  return names;
}

LayerPairs Unpaired(std::vector<Block> blocks) {
  LayerPairs pairs;
  pairs.blocks = std::move(blocks);
  pairs.donors.resize(pairs.blocks.size());
  pairs.from_model.resize(pairs.blocks.size());
  return pairs;
}

}  // namespace

LayerPairs PairWithTwin(const Program& subject, const std::shared_ptr<const Program>& twin,
                        const ir::Graph& graph, const KnownIn& known) {
  LayerPairs pairs = Unpaired(BlocksOf(subject, [&](int32_t t) { return known(subject, t); }));
  const auto has = TensorsByName(subject);
  const std::map<std::string, Block> donors = BlocksByName(
      *twin, [&](int32_t t) { return known(*twin, t) && HasAlike(has, InfoOf(*twin, t)); });
  for (size_t b = 0; b < pairs.blocks.size(); ++b) {
    const Block& block = pairs.blocks[b];
    const auto found = donors.find(InfoOf(subject, block.output).name);
    if (found != donors.end() && ReadValues(subject, block) == ReadValues(*twin, found->second)) {
      pairs.donors[b] = Donor{twin, found->second};
      continue;
    }
    const auto part = ModelPart(graph, subject, block);
    if (!part.ok()) {
      continue;
    }
    if (auto donor = DonorOf(*part, subject, block); donor.ok()) {
      pairs.donors[b] = std::move(*donor);
      pairs.from_model[b] = true;
    }
  }
  return pairs;
}

LayerPairs PairByName(const Program& subject, const std::shared_ptr<const Program>& other) {
  const auto ours = TensorsByName(subject), theirs = TensorsByName(*other);
  LayerPairs pairs = Unpaired(BlocksOf(subject, [&](int32_t t) {
    return InfoOf(subject, t).constant < 0 && HasAlike(theirs, InfoOf(subject, t));
  }));
  const std::map<std::string, Block> donors = BlocksByName(*other, [&](int32_t t) {
    return InfoOf(*other, t).constant < 0 && HasAlike(ours, InfoOf(*other, t));
  });
  for (size_t b = 0; b < pairs.blocks.size(); ++b) {
    const auto found = donors.find(InfoOf(subject, pairs.blocks[b].output).name);
    if (found != donors.end()) {
      pairs.donors[b] = Donor{other, found->second};
    }
  }
  return pairs;
}

}  // namespace plumb::verify
