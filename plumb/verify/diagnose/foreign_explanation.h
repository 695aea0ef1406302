// What the experiments on given results share: a suspected cause is put into the reference's results, and what is left of the
// difference is measured.
#pragma once

#include "plumb/verify/diagnose/hypothesis.h"

namespace plumb::verify {

// Results of the reference with one suspected cause put in, against the given ones.
[[nodiscard]] Result<double> ExplainedBy(Case& c, const SideResults& with_cause);

// The reference's outputs, changed, beside the given ones; what the reference's decoder makes of them too.
[[nodiscard]] Status TryOutputs(Case& c, const SideResults& changed, Explanation explanation,
                                HypothesisResult& result);

// The better ones, best first, of what explains anything at all.
void KeepBest(HypothesisResult& result);

}  // namespace plumb::verify
