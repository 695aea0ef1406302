// main of every unit test: GoogleTest's, after a line that says what the kernels of this run are
// executed by, so that a log shows which variants ran for real and which under an emulator.
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include "plumb/base/cpu.h"

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  std::string isas;
  for (const plumb::Isa isa : plumb::AvailableIsas()) {
    isas += (isas.empty() ? "" : ", ") + std::string(plumb::IsaName(isa));
  }
  const char* emulator = std::getenv("PLUMB_EMULATOR");
  const char* cpu = std::getenv("QEMU_CPU");
  const std::string by = emulator == nullptr ? "this CPU"
                                             : std::string(emulator) + ", CPU model " +
                                                   (cpu == nullptr ? "as it chooses" : cpu);
  std::printf("Instruction sets: %s; executed by %s.\n", isas.c_str(), by.c_str());
  return RUN_ALL_TESTS();
}
