// What to do about an operator that computes something else.
#pragma once

#include <string>

#include "plumb/verify/diagnose/hypothesis.h"

namespace plumb::verify {

// The 'plumb reduce' that shows the layer's fault on the picture that the diagnosis looked at; the explanation's own remedy
// where that cannot be: no layer, no model, or the fault does not show there.
[[nodiscard]] Result<std::string> OperatorRemedy(Case& c, const CasePaths& paths,
                                                 const Explanation& explanation);

}  // namespace plumb::verify
