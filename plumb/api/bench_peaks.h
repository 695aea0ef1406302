// What a machine can do at most, measured beside the network: multiply-adds with operands in registers, and bytes read.
#pragma once

#include <memory>
#include <vector>

#include "plumb/base/cpu.h"
#include "plumb/base/dtype.h"

namespace plumb {

struct Peak {
  Isa isa = Isa::kScalar;
  DType products = DType::kNone;
  double gmacs = 0;  // 10^9 multiply-adds a second, of all threads together
};

struct Peaks {
  std::vector<Peak> compute;
  double memory_gbs = 0;   // 10^9 bytes read a second, of 256 MiB
  double cache_gbs = 0;    // the same, of `cache_bytes` of each thread, again and again
  size_t cache_bytes = 0;  // half the second-level cache of a core

  // Of the loop that fits a kernel of `isa`; 0 when there is none.
  [[nodiscard]] double Gmacs(Isa isa, DType products) const;
  // The roof for a layer that reads and writes so many bytes: the cache's where they fit into it.
  [[nodiscard]] double Gbs(int64_t bytes) const {
    return bytes <= static_cast<int64_t>(cache_bytes) ? cache_gbs : memory_gbs;
  }
};

// Measures on as many threads at once as the network runs on. The best of all rounds counts, so that rounds between runs of
// the network give both the same spells of the machine.
class PeakMeter {
 public:
  PeakMeter(int threads, Isa isa);  // loops that need no more than `isa`
  ~PeakMeter();
  PeakMeter(const PeakMeter&) = delete;
  PeakMeter& operator=(const PeakMeter&) = delete;

  void Round();  // some tens of milliseconds
  [[nodiscard]] const Peaks& peaks() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace plumb
