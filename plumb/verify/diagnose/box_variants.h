// Other ways to get boxes from a detector's outputs: the mistakes that programs around a network make.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "plumb/verify/diagnose/diagnosis_case.h"

namespace plumb::verify {

using PictureBoxes = std::vector<std::vector<vision::Detection>>;

struct BoxVariant {
  std::string cause, sentence;
  std::function<Result<PictureBoxes>(Case&)> make;  // from the reference's outputs
};

[[nodiscard]] std::vector<BoxVariant> BoxVariants(Case& c);

}  // namespace plumb::verify
