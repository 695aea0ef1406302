// H9: other arithmetic. The subject's own kernels against the bits that travel with it and against each other, on this machine;
// and whether its integers were rounded by another rule.
#include <optional>

#include "plumb/verify/diagnose/hypothesis.h"
#include "plumb/verify/diagnose/layer_experiments.h"
#include "plumb/verify/kernel_agreement.h"

namespace plumb::verify {

namespace {

// What the stored bits say against this machine or the file; empty: nothing.
std::optional<Explanation> FromStoredBits(const StoredBits& bits, const CasePaths& paths) {
  if (bits.difference.empty()) {
    return std::nullopt;
  }
  const std::string evidence = StrCat(bits.difference, "; ", bits.meaning);
  switch (bits.blame) {
    case StoredBits::Blame::kMachine:
      return Explanation{"kernels-differ",
                         "The result differs by machine: this one's kernels do not compute the "
                         "bits that travel with the artifact.",
                         evidence,
                         StrCat("PLUMB_ISA=scalar plumb selftest ", paths.subject),
                         1,
                         true};
    case StoredBits::Blame::kArithmetic:
      return Explanation{"other-arithmetic",
                         "The result differs by machine: this build of Plumb computes another "
                         "arithmetic than the one that made the artifact.",
                         evidence,
                         StrCat("plumb inspect ", paths.subject, "   # who made it"),
                         1,
                         true};
    case StoredBits::Blame::kFile:
      break;
  }
  // What the change does on these pictures is other hypotheses' to measure.
  return Explanation{"changed-file",
                     "The artifact was changed after it was made.",
                     evidence,
                     ConvertCommand(paths, "") + "   # or fetch it again from its maker",
                     0,
                     true};
}

}  // namespace

Result<HypothesisResult> TestVersions(Case& c, const CasePaths& paths) {
  HypothesisResult result;
  if (!c.input().subject) {
    result.evidence = "needs the artifact itself";
    return result;
  }
  std::string stored = "; no bits of another machine travel with it";
  std::optional<Explanation> by_bits;
  if (c.input().stored_bits) {
    PLUMB_ASSIGN_OR_RETURN(const StoredBits bits, c.input().stored_bits());
    by_bits = FromStoredBits(bits, paths);
    if (by_bits && bits.blame != StoredBits::Blame::kFile) {
      result.explanations.push_back(std::move(*by_bits));
      return result;
    }
    stored = StrCat(", those that travel with it for ", bits.vectors,
                    bits.vectors == 1 ? " input" : " inputs");
  }
  const Side& side = *c.input().subject;
  std::vector<std::vector<Tensor>> samples(1);
  PLUMB_ASSIGN_OR_RETURN(samples[0], c.Inputs(side, c.probe()));
  PLUMB_ASSIGN_OR_RETURN(const KernelAgreement agreement,
                         CompareKernels(side.program, samples, {c.input().threads, false}));
  if (!agreement.agree) {
    result.explanations.push_back(
        {"kernels-differ",
         "The result differs by machine: this one's fast kernels do not compute what the reference "
         "kernels compute.",
         agreement.difference, "PLUMB_ISA=scalar plumb detect " + paths.subject + " PICTURE", 1,
         true});
    return result;
  }
  if (c.CanConvert()) {
    PLUMB_ASSIGN_OR_RETURN(result, RoundingOf(c, paths));
  }
  if (by_bits) {
    result.explanations.push_back(std::move(*by_bits));
  }
  result.evidence = StrCat(agreement.records, " records give the same bits on ",
                           agreement.variants.size(), " kernel variants of this machine", stored);
  return result;
}

}  // namespace plumb::verify
