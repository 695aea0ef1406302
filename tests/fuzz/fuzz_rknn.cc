// Any bytes as a file of the RKNN stack, of which `plumb inspect` tells.
#include "plumb/import/rknn/rknn_file.h"
#include "plumb/import/rknn/rknn_test_file.h"
#include "tests/fuzz/fuzz_target.h"

std::vector<std::string> FuzzSeeds() {
  return {plumb::rknn::TestFile(), plumb::rknn::TestPayload()};
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto facts = plumb::rknn::Read(std::as_bytes(std::span(data, size)));
  if (!facts.ok()) {
    return -1;
  }
  (void)plumb::rknn::Describe(*facts);
  return 0;
}
