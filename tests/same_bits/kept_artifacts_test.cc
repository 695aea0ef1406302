// Artifacts that are kept for ever (tests/golden/accept/numerics1) give the bits that they were made with, on every instruction
// set of this CPU, with the runtime alone.
#include <gtest/gtest.h>

#include <filesystem>

#include "plumb/artifact/reader.h"
#include "plumb/base/hash.h"
#include "plumb/runtime/self_test.h"
#include "plumb/vision/golden_input.h"

namespace plumb {
namespace {

namespace fs = std::filesystem;

std::vector<runtime::SelfTestCase> CasesOf(const artifact::Artifact& artifact) {
  std::vector<runtime::SelfTestCase> cases;
  for (const artifact::GoldenVector& vector : artifact.golden.vectors) {
    runtime::SelfTestCase& one = cases.emplace_back();
    one.hashes = vector.hashes;
    for (size_t i = 0; i < vector.inputs.size(); ++i) {
      const auto tensor = static_cast<size_t>(artifact.program.inputs[i].tensor);
      const artifact::TensorInfo& info = artifact.program.tensors[tensor];
      one.inputs.emplace_back(info.dtype, info.shape);
      const Status status =
          vision::FillGoldenInput(artifact, vector.inputs[i], i, one.inputs[i].view());
      EXPECT_TRUE(status.ok()) << status.message();
    }
  }
  return cases;
}

TEST(KeptArtifacts, GiveTheirBits) {
  size_t count = 0;
  for (const auto& entry : fs::recursive_directory_iterator(PLUMB_KEPT)) {
    if (!entry.is_regular_file() || entry.path().parent_path().filename() == "accept") {
      continue;
    }
    const std::string name = entry.path().filename().string();
    const auto artifact = artifact::ReadArtifact(entry.path().string());
    ASSERT_TRUE(artifact.ok()) << artifact.status().message();
    const artifact::Artifact& a = **artifact;
    ASSERT_FALSE(a.golden.empty()) << name;
    for (size_t r = 0; r < a.program.records.size(); ++r) {
      ASSERT_EQ(artifact::DefinitionHash(a.program, r), a.golden.definitions[r]) << name;
    }
    ASSERT_EQ(artifact::ContractsHash(a.io, a.decode), a.golden.contracts) << name;
    const std::vector<runtime::SelfTestCase> cases = CasesOf(a);
    for (size_t v = 0; v < cases.size(); ++v) {
      for (size_t i = 0; i < cases[v].inputs.size(); ++i) {
        ASSERT_EQ(HashTensor(cases[v].inputs[i].view()), a.golden.vectors[v].inputs[i].hash)
            << name;
      }
    }
    const auto report = runtime::SelfTest(artifact::ProgramOf(*artifact), cases,
                                          {.threads = 3, .isa = {}, .full = true});
    ASSERT_TRUE(report.ok()) << name << ": " << report.status().message();
    ASSERT_FALSE(report->difference)
        << name << ": " << runtime::DescribeDifference(a.program, *report->difference);
    ++count;
  }
  EXPECT_GE(count, 20U);
}

}  // namespace
}  // namespace plumb
