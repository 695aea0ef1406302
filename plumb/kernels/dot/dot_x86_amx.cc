#include <immintrin.h>

#include "plumb/kernels/dot/dot_amx.h"
#include "plumb/kernels/dot/dot_copy_avx512.h"

namespace plumb::kernels {
namespace {

// The instructions themselves: the compiler's macros take literal tile numbers only, and do not say
// that they read and write memory.
struct HardwareTiles {
  static void Configure(const AmxConfig* config) {
    asm volatile("ldtilecfg %0" : : "m"(*config) : "memory");
  }
  static void Release() { asm volatile("tilerelease"); }
  template <int t>
  static void Load(const void* from, int64_t row_bytes) {
    asm volatile("tileloadd (%0,%1,1), %%tmm%c2" : : "r"(from), "r"(row_bytes), "i"(t) : "memory");
  }
  template <int t>
  static void Store(void* to, int64_t row_bytes) {
    asm volatile("tilestored %%tmm%c2, (%0,%1,1)" : : "r"(to), "r"(row_bytes), "i"(t) : "memory");
  }
  template <int c, int a, int b>
  static void Dot() {
    asm volatile("tdpbssd %%tmm%c2, %%tmm%c1, %%tmm%c0" : : "i"(c), "i"(a), "i"(b));
  }
};

}  // namespace

const DotKernel dot_s8s8s32_32x32x64_amx =
    DotAmx<HardwareTiles>::Kernel("dot_s8s8s32_32x32x64_amx", Isa::kAmx, DotCopyAvx512<0>);

}  // namespace plumb::kernels
