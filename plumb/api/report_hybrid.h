// What --auto-hybrid found: error against cost, point by point.
#pragma once

#include "plumb/api/auto_hybrid.h"
#include "plumb/report/document.h"

namespace plumb {

// The curve must have a point.
[[nodiscard]] report::Section HybridSection(const AutoHybrid& hybrid);

}  // namespace plumb
