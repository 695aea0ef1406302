// The numbers behind charts and details, for the page's script.
#pragma once

#include <nlohmann/json.hpp>

#include "plumb/report/document.h"

namespace plumb::report {

[[nodiscard]] nlohmann::ordered_json DataOf(const Detail& detail);
[[nodiscard]] nlohmann::ordered_json DataOf(const Chart& chart);
[[nodiscard]] nlohmann::ordered_json DataOf(const Network& network);
[[nodiscard]] nlohmann::ordered_json DataOf(const MemoryMap& map);

}  // namespace plumb::report
