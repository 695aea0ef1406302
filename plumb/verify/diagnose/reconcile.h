// A float model does not say how pictures go in; what is not stated is assumed. Where the artifact's maker stated it, one of the
// two is right: the network itself says which, by how sure it is of what it sees.
#pragma once

#include <string>
#include <vector>

#include "plumb/verify/diagnose/diagnosis_case.h"

namespace plumb::verify {

// Takes over into the reference what the subject's maker stated, where the reference only assumes and the network is not
// clearly surer of the assumption. One line for each thing taken over.
[[nodiscard]] Result<std::vector<std::string>> ReconcileContracts(CaseInput& input);

}  // namespace plumb::verify
