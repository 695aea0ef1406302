// The AVX2 kernel of tables that has another value for the first entry, when PLUMB_WRONG is "lut".
#include "plumb/kernels/lut/lut.h"

#define lut_s8_32_avx2 right_lut
#include "plumb/kernels/lut/lut_x86_avx2.cc"  // NOLINT
#undef lut_s8_32_avx2

#include <cstdlib>
#include <string_view>

namespace plumb::kernels {
namespace {

void WrongRun(const int8_t* table, const int8_t* x, int8_t* y, int64_t n) {
  static const char* const wrong = std::getenv("PLUMB_WRONG");
  if (wrong == nullptr || std::string_view(wrong) != "lut") {
    Run(table, x, y, n);
    return;
  }
  int8_t other[256];
  std::memcpy(other, table, sizeof(other));
  other[0] = static_cast<int8_t>(table[0] ^ 1);
  Run(other, x, y, n);
}

}  // namespace

const LutKernel lut_s8_32_avx2 = {"lut_s8_32_avx2", Isa::kAvx2, nullptr, WrongRun};

}  // namespace plumb::kernels
