// Which instruction sets this process uses. Detected once; PLUMB_ISA forces one.
#pragma once

#include <string_view>
#include <vector>

#include "plumb/base/status.h"

namespace plumb {

// Ordered: a later one includes all before it on the same architecture.
enum class Isa : int { kScalar = 0, kAvx2 = 1, kAvx512Vnni = 2, kAmx = 3 };

[[nodiscard]] std::string_view IsaName(
    Isa isa);  // "scalar", "avx2", "avx512vnni", "amx": the spellings of PLUMB_ISA
[[nodiscard]] bool CpuHas(
    Isa isa);  // what the processor and the operating system offer (amx: asks it)
[[nodiscard]] std::vector<Isa> AvailableIsas();  // all that CpuHas, scalar first
// The best available one, or what the environment variable PLUMB_ISA names. An unknown name is a usage error, one that
// this CPU lacks an environment error (exit code 7).
[[nodiscard]] Result<Isa> SelectIsa();

}  // namespace plumb
