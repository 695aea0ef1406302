#include "plumb/base/cpu.h"

#include <array>
#include <cstdlib>

#if defined(__x86_64__)
#include <cpuid.h>
#endif
#if defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace plumb {
namespace {

constexpr std::array kAll = {Isa::kScalar, Isa::kAvx2, Isa::kAvx512Vnni, Isa::kAmx};

#if defined(__x86_64__)
// 8-bit tiles: the processor has them (CPUID 7, EDX bits 24 and 25), and Linux allows this process
// their 8 KiB of state, which it does on request only.
bool HasAmx() {
  static const bool has = [] {
    unsigned a = 0, b = 0, c = 0, d = 0;
    if (__get_cpuid_count(7, 0, &a, &b, &c, &d) == 0 || (d >> 24 & 3u) != 3u) {
      return false;
    }
#if defined(__linux__)
    constexpr long kRequestPermission = 0x1023, kTileData = 18;  // ARCH_REQ_XCOMP_PERM
    return syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
#else
    return false;
#endif
  }();
  return has;
}
#endif

}  // namespace

std::string_view IsaName(Isa isa) {
  constexpr std::array<std::string_view, kAll.size()> kNames = {"scalar", "avx2", "avx512vnni",
                                                                "amx"};
  return kNames[static_cast<size_t>(isa)];
}

bool CpuHas(Isa isa) {
  switch (isa) {
    case Isa::kScalar:
      return true;
#if defined(__x86_64__)
    case Isa::kAvx2:
      return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    case Isa::kAvx512Vnni:
      return CpuHas(Isa::kAvx2) && __builtin_cpu_supports("avx512f") &&
             __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
             __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vnni");
    case Isa::kAmx:
      return CpuHas(Isa::kAvx512Vnni) && HasAmx();
#else
    default:
      return false;
#endif
  }
  return false;
}

std::vector<Isa> AvailableIsas() {
  std::vector<Isa> found;
  for (Isa isa : kAll) {
    if (CpuHas(isa)) {
      found.push_back(isa);
    }
  }
  return found;
}

Result<Isa> SelectIsa() {
  const char* forced = std::getenv("PLUMB_ISA");
  if (forced == nullptr || *forced == '\0') {
    return AvailableIsas().back();
  }
  for (Isa isa : kAll) {
    if (IsaName(isa) == forced) {
      if (!CpuHas(isa)) {
        return EnvironmentError("PLUMB_ISA=", forced, ": this CPU does not have it; it has up to ",
                                IsaName(AvailableIsas().back()),
                                ". Unset PLUMB_ISA or name one it has.");
      }
      return isa;
    }
  }
  return UsageError("PLUMB_ISA=", forced,
                    " is not known; expected scalar, avx2, avx512vnni or amx");
}

}  // namespace plumb
