// Any bytes as an artifact: as they are, and with their hashes made right. What is accepted is
// written again and run.
#include "plumb/artifact/reader.h"
#include "plumb/artifact/writer.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/fuzz/reseal.h"
#include "tests/fuzz/run_program.h"

namespace {

bool Try(std::span<const std::byte> bytes) {
  const auto artifact = plumb::artifact::ReadArtifact(bytes);
  if (artifact.ok()) {
    const auto again = plumb::artifact::SerializeArtifact(**artifact);
    PLUMB_CHECK(again.ok()) << again.status().message();
    PLUMB_CHECK(plumb::artifact::ReadArtifact(*again).ok());
    plumb::TryProgram(plumb::artifact::ProgramOf(*artifact));
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
