// Golden vectors.
#include "plumb/artifact/packer.h"
#include "plumb/artifact/schema_generated.h"

namespace plumb::artifact {
namespace {

auto PackInput(Packer& packer, const GoldenInput& input) {
  const auto picture = packer.Numbers(input.picture);
  return fb::CreateGoldenInput(packer.builder(), static_cast<uint8_t>(input.source), input.seed,
                               input.low, input.high, input.width, input.height, picture,
                               input.hash);
}

auto PackObject(Packer& packer, const GoldenObject& object) {
  const auto numbers = packer.Numbers(object.numbers);
  return fb::CreateGoldenObject(packer.builder(), object.label, numbers);
}

auto PackVector(Packer& packer, const GoldenVector& vector) {
  const auto inputs = packer.Tables(
      vector.inputs, [&](const GoldenInput& input) { return PackInput(packer, input); });
  const auto hashes = packer.Numbers(vector.hashes);
  const auto objects = packer.Tables(
      vector.objects, [&](const GoldenObject& object) { return PackObject(packer, object); });
  return fb::CreateGoldenVector(packer.builder(), inputs, hashes,
                                static_cast<uint8_t>(vector.result), objects);
}

GoldenVector UnpackVector(Unpacker& unpacker, const fb::GoldenVector& from) {
  GoldenVector vector;
  unpacker.Each(from.inputs(), [&](const fb::GoldenInput& input) {
    vector.inputs.push_back({static_cast<GoldenSource>(input.source()), input.seed(), input.low(),
                             input.high(), input.width(), input.height(),
                             unpacker.Numbers(input.picture()), input.hash()});
  });
  vector.hashes = unpacker.Numbers(from.hashes());
  vector.result = static_cast<GoldenResult>(from.result());
  unpacker.Each(from.objects(), [&](const fb::GoldenObject& object) {
    vector.objects.push_back({object.label(), unpacker.Numbers(object.numbers())});
  });
  return vector;
}

}  // namespace

Bytes PackGolden(const Golden& golden) {
  Packer packer;
  const auto vectors = packer.Tables(
      golden.vectors, [&](const GoldenVector& vector) { return PackVector(packer, vector); });
  const auto definitions = packer.Numbers(golden.definitions);
  return packer.Finish(fb::CreateGolden(packer.builder(), vectors, definitions, golden.contracts));
}

Result<Golden> UnpackGolden(std::span<const std::byte> section) {
  Unpacker unpacker(section);
  const auto* root = unpacker.Root<fb::Golden>();
  if (root == nullptr) {
    return InvalidModel("damaged artifact: the section is no golden vectors");
  }
  Golden golden;
  unpacker.Each(root->vectors(), [&](const fb::GoldenVector& vector) {
    golden.vectors.push_back(UnpackVector(unpacker, vector));
  });
  golden.definitions = unpacker.Numbers(root->definitions());
  golden.contracts = root->contracts();
  return unpacker.overdrawn() ? InvalidModel("damaged artifact: the golden vectors' parts overlap")
                              : Result<Golden>(std::move(golden));
}

}  // namespace plumb::artifact
