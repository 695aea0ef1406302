// Models opened with the options that every verb shares.
#pragma once

#include "native.h"
#include "plumb/api/model.h"
#include "plumb/cli/model_options.h"

namespace plumb::python {

[[nodiscard]] Result<Model> OpenModel(const std::string& path, const Keywords& keywords);

}  // namespace plumb::python
