// Progress of long work, for whoever shows it.
#pragma once

#include <cstddef>
#include <functional>
#include <string_view>

namespace plumb {

// "calibrate", 3, 40: three of forty steps of the stage are done. May be empty.
using Progress = std::function<void(std::string_view stage, size_t done, size_t total)>;

}  // namespace plumb
