#include "plumb/base/cpu.h"

#include <array>
#include <cstdlib>
#include <span>
#include <string>

#if defined(__x86_64__)
#include <cpuid.h>
#endif
#if defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#if defined(__aarch64__) || defined(__arm__)
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif
#endif

namespace plumb {
namespace {

constexpr std::array kAll = {Isa::kScalar, Isa::kAvx2, Isa::kAvxVnni, Isa::kAvx512Vnni,
                             Isa::kAmx,    Isa::kNeon, Isa::kDotprod, Isa::kI8mm};

#if defined(__x86_64__)
// CPUID 7.1, EAX bit 4. Its registers are those of AVX2, which the operating system must offer too.
bool HasAvxVnni() {
  unsigned a = 0, b = 0, c = 0, d = 0;
  return __get_cpuid_count(7, 1, &a, &b, &c, &d) != 0 && (a >> 4 & 1u) != 0;
}

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

std::string Names(std::span<const Isa> isas) {
  std::string names;
  for (Isa isa : isas) {
    names += (names.empty() ? "" : ", ") + std::string(IsaName(isa));
  }
  return names;
}

}  // namespace

std::string_view IsaName(Isa isa) {
  constexpr std::array<std::string_view, kAll.size()> kNames = {
      "scalar", "avx2", "avxvnni", "avx512vnni", "amx", "neon", "dotprod", "i8mm"};
  return kNames[static_cast<size_t>(isa)];
}

bool CpuHas(Isa isa) {
  switch (isa) {
    case Isa::kScalar:
      return true;
#if defined(__x86_64__)
    case Isa::kAvx2:
      return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    case Isa::kAvxVnni:
      return CpuHas(Isa::kAvx2) && HasAvxVnni();
    case Isa::kAvx512Vnni:
      return CpuHas(Isa::kAvx2) && __builtin_cpu_supports("avx512f") &&
             __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
             __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vnni");
    case Isa::kAmx:
      return CpuHas(Isa::kAvx512Vnni) && HasAmx();
#elif defined(__aarch64__)
    case Isa::kNeon:
      return true;
    case Isa::kDotprod:
      return (getauxval(AT_HWCAP) & HWCAP_ASIMDDP) != 0;
    case Isa::kI8mm:
      return CpuHas(Isa::kDotprod) && (getauxval(AT_HWCAP2) & HWCAP2_I8MM) != 0;
#elif defined(__arm__)
    case Isa::kNeon: {
      constexpr unsigned long kNeeded = HWCAP_NEON | HWCAP_VFPv4;
      return (getauxval(AT_HWCAP) & kNeeded) == kNeeded;
    }
#endif
    default:
      return false;
  }
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

bool MayRun(Isa chosen, Isa needed) {
  const bool arm = chosen >= Isa::kNeon;
  const bool listed = needed == Isa::kScalar || arm == (needed >= Isa::kNeon);
  return listed && needed <= chosen && CpuHas(needed);
}

Result<Isa> SelectIsa() {
  const char* forced = std::getenv("PLUMB_ISA");
  if (forced == nullptr || *forced == '\0') {
    return AvailableIsas().back();
  }
  for (Isa isa : kAll) {
    if (IsaName(isa) == forced) {
      if (!CpuHas(isa)) {
        return EnvironmentError("PLUMB_ISA=", forced, ": this CPU does not have it; it has ",
                                Names(AvailableIsas()), ". Unset PLUMB_ISA or name one of these.");
      }
      return isa;
    }
  }
  return UsageError("PLUMB_ISA=", forced, " is not known; expected one of ", Names(kAll));
}

}  // namespace plumb
