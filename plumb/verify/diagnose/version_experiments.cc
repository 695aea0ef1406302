// H9: other arithmetic. The subject's own kernels against each other, on this machine; and whether its integers were rounded by
// another rule.
#include "plumb/verify/diagnose/hypothesis.h"
#include "plumb/verify/diagnose/layer_experiments.h"
#include "plumb/verify/kernel_agreement.h"

namespace plumb::verify {

Result<HypothesisResult> TestVersions(Case& c, const CasePaths& paths) {
  HypothesisResult result;
  if (!c.input().subject) {
    result.evidence = "needs the artifact itself";
    return result;
  }
  const Side& side = *c.input().subject;
  std::vector<std::vector<Tensor>> samples(1);
  PLUMB_ASSIGN_OR_RETURN(samples[0], c.Inputs(side, c.probe()));
  PLUMB_ASSIGN_OR_RETURN(const KernelAgreement agreement,
                         CompareKernels(side.program, samples, {c.input().threads, false}));
  if (!agreement.agree) {
    result.explanations.push_back(
        {"kernels-differ",
         "This machine's fast kernels do not compute what the reference kernels compute.",
         agreement.difference, "PLUMB_ISA=scalar plumb detect " + paths.subject + " PICTURE", 1,
         true});
    return result;
  }
  if (c.CanConvert()) {
    PLUMB_ASSIGN_OR_RETURN(result, RoundingOf(c, paths));
  }
  result.evidence = StrCat(agreement.records, " records give the same bits on ",
                           agreement.variants.size(), " kernel variants of this machine");
  return result;
}

}  // namespace plumb::verify
