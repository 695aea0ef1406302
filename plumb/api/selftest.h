// plumb selftest: does this machine compute the bits that an artifact was made with? Needs the artifact alone.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "plumb/artifact/artifact.h"
#include "plumb/base/status.h"
#include "plumb/runtime/self_test.h"

namespace plumb {

struct SelfTestProblem {
  std::string part;   // "parameters", "contracts", "input", "record" or "result"
  std::string text;   // what was expected and found, and where
  std::string cause;  // what that means, in a sentence
  std::string fix;    // what to do
};

struct SelfTestAnswer {
  size_t vectors =
      0;  // golden ones; 0: nothing was stored, and kernels were only compared with each other on noise
  runtime::SelfTestReport report;
  std::vector<SelfTestProblem> problems;  // the one to read first, first; none: passed
  std::string difference;                 // of the report, described; empty: none
  size_t variant = 0;                     // that problems and report are of

  [[nodiscard]] bool passed() const { return problems.empty(); }
};

// The Status tells of an artifact that cannot be run here.
[[nodiscard]] Result<SelfTestAnswer> RunSelfTest(
    const std::shared_ptr<const artifact::Artifact>& artifact,
    const runtime::SelfTestOptions& options);

// One line: "4 golden vectors, 66 records: the stored bits on avx2", or the first problem.
[[nodiscard]] std::string SelfTestSummary(const SelfTestAnswer& answer);

}  // namespace plumb
