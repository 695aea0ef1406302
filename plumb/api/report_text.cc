#include "plumb/api/report_text.h"

#include <cstdio>

#include "plumb/api/version.h"
#include "plumb/base/status.h"
#include "plumb/verify/closeness.h"

namespace plumb {
namespace {

std::string Printed(const char* format, double value) {
  char text[64];
  std::snprintf(text, sizeof(text), format, value);
  return text;
}

}  // namespace

std::string PercentText(double share) { return Printed("%.1f %%", 100 * share); }

std::string SignificantText(double value) { return Printed("%.4g", value); }

std::string DecibelText(double sqnr) {
  return sqnr >= verify::kExactSqnr ? "exact" : Printed("%.1f", sqnr);
}

std::string BytesText(double bytes) {
  constexpr double kKi = 1024;
  return bytes >= kKi * kKi ? Printed("%.2f MiB", bytes / kKi / kKi)
                            : Printed("%.1f KiB", bytes / kKi);
}

std::string TypeText(DType dtype) {
  return dtype == DType::kS8    ? "int8"
         : dtype == DType::kS16 ? "int16"
         : dtype == DType::kF32 ? "float"
                                : std::string(DTypeName(dtype));
}

std::string FooterText() {
  return StrCat("Made by plumb ", Release(), " (", Commit(),
                "). Charts: Apache ECharts, Apache License 2.0.");
}

}  // namespace plumb
