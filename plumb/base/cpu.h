// Which instruction sets this process uses. Detected once; PLUMB_ISA forces one.
#pragma once

#include <string_view>
#include <vector>

#include "plumb/base/status.h"

namespace plumb {

// In order of preference on each architecture.
enum class Isa : int {
  kScalar = 0,
  // x86-64
  kAvx2 = 1,        // with FMA and F16C, which every CPU with AVX2 has
  kAvxVnni = 2,     // 256-bit dot products of bytes; a CPU with AVX-512 VNNI may lack them
  kAvx512Vnni = 3,  // with F, BW, VL, DQ
  kAmx = 4,         // 8-bit tiles
  // Arm
  kNeon = 5,  // every aarch64; armv7 with NEON and VFPv4
  kDotprod = 6,
  kI8mm = 7,
};

// The spelling of PLUMB_ISA: "scalar", "avx2", "avxvnni", "avx512vnni", "amx", "neon", "dotprod",
// "i8mm".
[[nodiscard]] std::string_view IsaName(Isa isa);
// What the processor and the operating system offer (amx: asks it).
[[nodiscard]] bool CpuHas(Isa isa);
[[nodiscard]] std::vector<Isa> AvailableIsas();  // all that CpuHas, scalar first
// Whether code for `needed` may run where `chosen` was selected: it stands no later in the order of
// its architecture, and this CPU has it.
[[nodiscard]] bool MayRun(Isa chosen, Isa needed);
// The best available one, or what the environment variable PLUMB_ISA names. An unknown name is a
// usage error, one that this CPU lacks an environment error (exit code 7).
[[nodiscard]] Result<Isa> SelectIsa();

}  // namespace plumb
