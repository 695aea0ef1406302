// The self-test of a program on this machine: what every record makes, against hashes that were stored with it, and the
// instruction sets of this machine against each other. A difference names the first record, and tells a kernel that computes
// something else from a program that is not the one that the hashes were made of.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "plumb/artifact/program.h"
#include "plumb/base/cpu.h"
#include "plumb/base/status.h"
#include "plumb/base/tensor.h"

namespace plumb::runtime {

struct SelfTestCase {
  std::vector<Tensor> inputs;  // port order, in the tensors' own types
  std::span<const uint64_t>
      hashes;  // one a record; empty: nothing is known, kernels are compared with each other
};

struct SelfTestOptions {
  int threads = 1;
  // The instruction set to test; default SelectIsa().
  std::optional<Isa> isa;
  // Every instruction set of this CPU whole, on every case. Else: `isa` whole with 1 thread and with all, plain C++ whole
  // where that is cheap and else on tiles of each record, on the first case.
  bool full = false;
};

enum class DifferenceCause {
  kKernel,    // plain C++ gives the stored bits, or there are none
  kSchedule,  // with one thread and every tensor apart the same kernels give the expected bits
  kProgram,   // all kernels agree on something else
  kUnknown,   // neither
};

struct RecordDifference {
  size_t record = 0;
  size_t test_case = 0;
  std::string variant;  // "avx2, 2 threads"
  std::string kernel;   // that multiplies; empty where none is chosen by name
  DifferenceCause cause = DifferenceCause::kUnknown;
  bool hashes_known = false;
  uint64_t expected_hash = 0, found_hash = 0;  // of all outputs
  // The first element that differs, where somebody computes what is expected: of output `output`.
  bool has_element = false;
  size_t output = 0;
  std::vector<int64_t> element;
  std::string expected, found;
};

struct SelfTestReport {
  std::vector<std::string> variants;  // run whole, in order
  size_t records = 0, cases = 0;
  std::optional<RecordDifference> difference;  // the first; nothing after it was run
  // What plain C++ computed beside the fast kernels.
  size_t whole_records = 0, sampled_records = 0;
  int64_t sampled_elements = 0, elements = 0;
};

// Called after each case with the outputs of the fastest variant with 1 thread; an error ends the test.
using OutputsObserver =
    std::function<Status(size_t test_case, std::span<const ConstTensorView> outputs)>;

// The Status tells of a program that cannot be bound here; differences are in the report.
[[nodiscard]] Result<SelfTestReport> SelfTest(
    const std::shared_ptr<const artifact::Program>& program, std::span<const SelfTestCase> cases,
    const SelfTestOptions& options, const OutputsObserver& observer = nullptr);

// "record 5 'conv1' (conv): ...", in sentences.
[[nodiscard]] std::string DescribeDifference(const artifact::Program& program,
                                             const RecordDifference& difference);

}  // namespace plumb::runtime
