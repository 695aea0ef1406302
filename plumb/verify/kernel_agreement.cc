#include "plumb/verify/kernel_agreement.h"

#include <algorithm>
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
                                       std::span<const std::vector<Tensor>> samples,
                                       const KernelAgreementOptions& options) {
  constexpr size_t kFullSamples = 3;
  struct Variant {
    runtime::SessionOptions options;
    const char* note;
  };
  std::vector<Variant> variants;
  const std::vector<Isa> all = AvailableIsas();
  const Isa fastest = all.back();
  for (size_t i = options.full ? 0 : all.size() - std::min<size_t>(all.size(), 2); i < all.size();
       ++i) {
    variants.push_back({{.threads = options.threads, .isa = all[i]}, ""});
  }
  if (options.threads > 1) {
    variants.push_back({{.threads = 1, .isa = fastest}, ""});
  }
  if (options.full) {
    variants.push_back({{.threads = options.threads + 1, .isa = fastest}, ""});
    variants.push_back({{.threads = options.threads, .isa = fastest}, ", again"});
  }
  variants.push_back({{.threads = 1, .isa = fastest, .in_place = false}, ", nothing in place"});
  KernelAgreement result;
  const size_t count = options.full ? std::min(kFullSamples, samples.size()) : 1;
  for (size_t s = 0; s < count; ++s) {
    std::vector<uint64_t> expected;
    for (const Variant& variant : variants) {
      PLUMB_ASSIGN_OR_RETURN(const std::vector<uint64_t> found,
                             RecordHashes(program, samples[s], variant.options));
      const std::string name =
          StrCat(IsaName(*variant.options.isa), ", ", variant.options.threads,
                 variant.options.threads == 1 ? " thread" : " threads", variant.note);
      if (s == 0) {
        result.variants.push_back(name);
      }
      if (expected.empty()) {
        expected = found;
        result.records += found.size();
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
  }
  return result;
}

}  // namespace plumb::verify
