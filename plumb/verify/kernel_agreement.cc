#include "plumb/verify/kernel_agreement.h"

#include <cstring>

#include "plumb/base/cpu.h"
#include "plumb/runtime/record_hash.h"
#include "plumb/runtime/session.h"

namespace plumb::verify {
namespace {

Result<std::vector<uint64_t>> RecordHashes(const std::shared_ptr<const artifact::Program>& program,
                                           std::span<const Tensor> inputs,
                                           const runtime::SessionOptions& options) {
  PLUMB_ASSIGN_OR_RETURN(auto session, runtime::Session::Create(program, options));
  for (size_t i = 0; i < inputs.size(); ++i) {
    std::memcpy(session->input(i).raw, inputs[i].raw(), inputs[i].bytes());
  }
  std::vector<uint64_t> hashes;
  PLUMB_RETURN_IF_ERROR(
      session->Run([&](size_t, const artifact::Record&, std::span<const TensorView> outputs) {
        hashes.push_back(runtime::HashOutputs(outputs));
      }));
  return hashes;
}

}  // namespace

Result<KernelAgreement> CompareKernels(std::shared_ptr<const artifact::Program> program,
                                       std::span<const Tensor> inputs, int threads) {
  std::vector<runtime::SessionOptions> variants;
  for (Isa isa : AvailableIsas()) {
    variants.push_back({.threads = threads, .isa = isa});
  }
  const Isa fastest = AvailableIsas().back();
  if (threads > 1) {
    variants.push_back({.threads = 1, .isa = fastest});
  }
  variants.push_back({.threads = 1, .isa = fastest, .in_place = false});
  KernelAgreement result;
  std::vector<uint64_t> expected;
  for (const runtime::SessionOptions& variant : variants) {
    PLUMB_ASSIGN_OR_RETURN(const std::vector<uint64_t> found,
                           RecordHashes(program, inputs, variant));
    const std::string name = StrCat(IsaName(*variant.isa), ", ", variant.threads,
                                    variant.threads == 1 ? " thread" : " threads",
                                    variant.in_place ? "" : ", nothing in place");
    result.variants.push_back(name);
    if (expected.empty()) {
      expected = found;
      result.records = found.size();
    }
    for (size_t i = 0; result.agree && i < expected.size(); ++i) {
      if (expected[i] != found[i]) {
        result.agree = false;
        result.difference =
            StrCat("record ", i, " '", program->records[i].name, "' (", program->records[i].op,
                   "): ", name, " differs from ", result.variants[0]);
      }
    }
  }
  return result;
}

}  // namespace plumb::verify
