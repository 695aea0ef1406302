// Drives a fuzz target without a fuzzing engine: changes seeds at random, the same way every time,
// and feeds them to the target. A crash is reproduced by the same arguments; the last line printed
// names the round. With clang, link the target with -fsanitize=fuzzer instead of this file.
//
//   onnx_import_fuzz [rounds] [seed]

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>

#include "tests/fuzz/fuzz_target.h"

namespace {

class Mutator {
 public:
  explicit Mutator(uint32_t seed) : random_(seed) {}

  std::string Change(const std::vector<std::string>& seeds) {
    std::string data = Pick(seeds);
    const size_t changes = 1 + Below(6);
    for (size_t i = 0; i < changes && !data.empty(); ++i) {
      ChangeOnce(data, seeds);
    }
    return data;
  }

 private:
  size_t Below(size_t limit) { return random_() % limit; }
  const std::string& Pick(const std::vector<std::string>& seeds) {
    return seeds[Below(seeds.size())];
  }

  void ChangeOnce(std::string& data, const std::vector<std::string>& seeds) {
    const size_t at = Below(data.size());
    switch (Below(7)) {
      case 0:
        data[at] = static_cast<char>(random_());
        break;
      case 1:
        data[at] = static_cast<char>(data[at] ^ (1 << Below(8)));
        break;
      case 2:
        data.resize(at);
        break;
      case 3:
        data.erase(at, 1 + Below(8));
        break;
      case 4:
        data.insert(at, std::string(1 + Below(8), static_cast<char>(random_())));
        break;
      case 5: {  // a part of itself again
        const std::string part = data.substr(at, Below(64));
        data.insert(Below(data.size()), part);
        break;
      }
      default: {  // the end of another seed
        const std::string& other = Pick(seeds);
        data = data.substr(0, at) + other.substr(Below(other.size()));
        break;
      }
    }
  }

  std::mt19937 random_;
};

}  // namespace

int main(int argc, char** argv) {
  const long rounds = argc > 1 ? std::atol(argv[1]) : 2000;
  const auto seed = static_cast<uint32_t>(argc > 2 ? std::atol(argv[2]) : 1);
  const std::vector<std::string> seeds = FuzzSeeds();
  Mutator mutator(seed);
  long accepted = 0;
  for (long round = 0; round < rounds; ++round) {
    const std::string data = static_cast<size_t>(round) < seeds.size()
                                 ? seeds[static_cast<size_t>(round)]
                                 : mutator.Change(seeds);
    if (std::getenv("PLUMB_FUZZ_TRACE") != nullptr) {
      std::fprintf(stderr, "round %ld, %zu bytes\n", round, data.size());
    }
    const bool taken =
        LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(data.data()), data.size()) == 0;
    accepted += taken;
    if (!taken && static_cast<size_t>(round) < seeds.size()) {
      std::printf("seed %ld was refused; expected a valid input\n", round);
      return 1;
    }
  }
  std::printf("%ld rounds, seed %u, %ld taken as valid: no crash\n", rounds, seed, accepted);
  return 0;
}
