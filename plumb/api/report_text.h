// Texts as every report writes them.
#pragma once

#include <string>

#include "plumb/base/dtype.h"
#include "plumb/base/number_text.h"

namespace plumb {

[[nodiscard]] std::string PercentText(double share);      // "97.4 %"
[[nodiscard]] std::string SignificantText(double value);  // four digits
[[nodiscard]] std::string DecibelText(double sqnr);       // "31.4", "exact"
[[nodiscard]] std::string BytesText(double bytes);        // "1.2 MiB"
[[nodiscard]] std::string TypeText(DType dtype);          // "int8", "float"
[[nodiscard]] std::string FooterText();                   // who made the report

}  // namespace plumb
