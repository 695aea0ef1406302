// A document as one HTML page that needs nothing else: no network, no other file.
#pragma once

#include <string>

#include "plumb/base/status.h"
#include "plumb/report/document.h"

namespace plumb::report {

// An environment error when the program was built without the library that draws the charts.
[[nodiscard]] Status HtmlAvailable();

[[nodiscard]] Result<std::string> RenderHtml(const Document& document);

}  // namespace plumb::report
