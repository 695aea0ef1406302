// What this machine and this installation can do, for plumb doctor: the machine, the libraries that are loaded, and what of
// Plumb needs something that is not part of it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace plumb {

struct MachineFacts {
  std::string system;                   // "Linux 6.1.0"
  std::string processor;                // "x86_64, AMD EPYC 7R13"
  int cpus = 1;                         // that this process may use
  int64_t memory = 0, memory_free = 0;  // bytes; 0: not known
};
[[nodiscard]] MachineFacts DescribeMachine();

// Of the running program, with links resolved; the program itself first.
[[nodiscard]] std::vector<std::string> LoadedFiles();

// A part of Plumb that needs something else.
struct Capability {
  std::string what;  // "an outside judge of the import (verify --judge onnxruntime)"
  bool available = false;
  std::string found;  // what it would use; empty when there is none
  std::string needs;  // what to install or state where it is not available
};
[[nodiscard]] std::vector<Capability> Capabilities();

}  // namespace plumb
