#include "plumb/base/cpu.h"

#include <array>
#include <cstdlib>

namespace plumb {
namespace {

constexpr std::array kAll = {Isa::kScalar, Isa::kAvx2, Isa::kAvx512Vnni};

}  // namespace

std::string_view IsaName(Isa isa) {
  constexpr std::array<std::string_view, 3> kNames = {"scalar", "avx2", "avx512vnni"};
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
      return CpuHas(Isa::kAvx2) && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
             __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
             __builtin_cpu_supports("avx512vnni");
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
                                IsaName(AvailableIsas().back()), ". Unset PLUMB_ISA or name one it has.");
      }
      return isa;
    }
  }
  return UsageError("PLUMB_ISA=", forced, " is not known; expected scalar, avx2 or avx512vnni");
}

}  // namespace plumb
