// A page that stays below a size: what a reader misses least is left out first, and the page says what.
#pragma once

#include <string>

#include "plumb/base/status.h"
#include "plumb/report/document.h"

namespace plumb::report {

inline constexpr size_t kMostBytes = 4'900'000;  // of a page: below 5 MB however they are counted

// The document as HTML of at most `most_bytes`; an error where even the least is more.
[[nodiscard]] Result<std::string> RenderWithin(Document document, size_t most_bytes);

}  // namespace plumb::report
