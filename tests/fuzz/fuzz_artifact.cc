// Any bytes as an artifact: as they are, and with their hashes made right. What is accepted is
// written again and run, and the inputs of its golden vectors are made.
#include "plumb/artifact/reader.h"
#include "plumb/artifact/variants.h"
#include "plumb/artifact/writer.h"
#include "plumb/vision/golden_input.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/fuzz/reseal.h"
#include "tests/fuzz/run_program.h"

namespace {

// Inputs and hashes of golden vectors, unless they are large.
void TryGolden(const plumb::artifact::Artifact& artifact) {
  constexpr int64_t kMostElements = 1 << 18;
  const plumb::artifact::Program& program = artifact.program;
  for (const plumb::artifact::GoldenVector& vector : artifact.golden.vectors) {
    for (size_t i = 0; i < vector.inputs.size(); ++i) {
      const auto tensor = static_cast<size_t>(program.inputs[i].tensor);
      const plumb::artifact::TensorInfo& info = program.tensors[tensor];
      if (plumb::NumElements(info.shape) <= kMostElements) {
        plumb::Tensor to(info.dtype, info.shape);
        // A damaged picture is refused; what matters is that it is refused in peace.
        (void)plumb::vision::FillGoldenInput(artifact, vector.inputs[i], i, to.view());
      }
    }
  }
  for (size_t r = 0; r < artifact.golden.definitions.size(); ++r) {
    (void)plumb::artifact::DefinitionHash(program, r);
  }
  (void)plumb::artifact::ContractsHash(artifact.io, artifact.decode);
}

bool Try(std::span<const std::byte> bytes) {
  const auto artifact = plumb::artifact::ReadArtifact(bytes);
  if (artifact.ok()) {
    const auto again = plumb::artifact::SerializeArtifact(**artifact);
    PLUMB_CHECK(again.ok()) << again.status().message();
    PLUMB_CHECK(plumb::artifact::ReadArtifact(*again).ok());
    for (size_t v = 0; v < plumb::artifact::VariantCount(**artifact); ++v) {
      const auto variant = plumb::artifact::Variant(*artifact, v);
      TryGolden(*variant);
      plumb::TryProgram(plumb::artifact::ProgramOf(variant));
    }
    const std::vector<plumb::Shape> shapes = plumb::artifact::InputShapes((*artifact)->program);
    PLUMB_CHECK(plumb::artifact::FindVariant(*artifact, shapes) == *artifact);
  }
  return artifact.ok();
}

}  // namespace

std::vector<std::string> FuzzSeeds() { return {}; }

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  const bool taken = Try(bytes);
  return Try(plumb::artifact::Reseal(bytes)) || taken ? 0 : -1;
}
