// A deterministic stand-in for libFuzzer's main, for compilers without it (GCC).
//
//   fuzz_x [-runs=N] [-seconds=T] [-seed=S] [FILE|FOLDER...]
//
// Mutates the target's own seeds and the files given (all below each folder) and calls
// LLVMFuzzerTestOneInput. Without -runs and -seconds each file is tried once as it is: to
// reproduce. What crashes or takes over 20 s is left as crash-<seed>-<run> in the current folder;
// the same seed and files give the same inputs.
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "tests/fuzz/fuzz_target.h"

extern "C" __attribute__((weak)) void __sanitizer_set_death_callback(void (*callback)());

namespace {

using Input = std::vector<uint8_t>;

constexpr size_t kMaxInput = 1 << 20;
constexpr unsigned kHangSeconds = 20;

// splitmix64: the same numbers everywhere.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}
  uint64_t Next() {
    uint64_t z = (state_ += 0x9E3779B97F4A7C15);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
    return z ^ (z >> 31);
  }
  size_t Below(size_t n) { return n == 0 ? 0 : Next() % n; }

 private:
  uint64_t state_;
};

// Numbers that sit on edges.
constexpr uint64_t kEdges[] = {0,
                               1,
                               2,
                               3,
                               0x7F,
                               0x80,
                               0xFF,
                               0x7FFF,
                               0xFFFF,
                               0x10000,
                               0x7FFFFFFF,
                               0x80000000,
                               0xFFFFFFFF,
                               0x100000000,
                               ~0ULL,
                               ~0ULL >> 1,
                               ~0ULL - 63,
                               1ULL << 63,
                               1ULL << 40,
                               0x3F800000ULL,
                               0x7FC00000ULL,
                               0xFF800000ULL};

void SetNumber(Input& input, Random& random, uint64_t value) {
  constexpr size_t kSizes[] = {1, 2, 4, 8};
  const size_t size = std::min(kSizes[random.Below(4)], input.size());
  const size_t aligned = random.Below(2) != 0 ? 1 : size;
  const size_t at = random.Below(input.size() - size + 1) / aligned * aligned;
  std::memcpy(input.data() + at, &value, size);
}

void Mutate(Input& input, Random& random, const std::vector<Input>& seeds) {
  if (input.empty()) {
    input.resize(1 + random.Below(16));
  }
  const size_t at = random.Below(input.size());
  const auto place = input.begin() + static_cast<std::ptrdiff_t>(at);
  switch (random.Below(9)) {
    case 0:
      input[at] ^= static_cast<uint8_t>(1U << random.Below(8));
      break;
    case 1:
      input[at] = static_cast<uint8_t>(random.Next());
      break;
    case 2:
      SetNumber(input, random, kEdges[random.Below(std::size(kEdges))]);
      break;
    case 3:
      SetNumber(input, random, random.Below(64));
      break;
    case 4:
      input[at] = static_cast<uint8_t>(input[at] + (random.Below(2) != 0 ? 1 : 255));
      break;
    case 5:
      input.erase(place, place + static_cast<std::ptrdiff_t>(
                                     1 + random.Below(std::min<size_t>(16, input.size() - at))));
      break;
    case 6:
      input.insert(place, 1 + random.Below(8), static_cast<uint8_t>(random.Next()));
      break;
    case 7: {  // a piece of itself elsewhere
      const size_t size = 1 + random.Below(std::min<size_t>(64, input.size() - at));
      std::memmove(input.data() + random.Below(input.size() - size + 1), input.data() + at, size);
      break;
    }
    default: {  // the end of another
      const Input& other = seeds[random.Below(seeds.size())];
      input.resize(at);
      const auto from = other.begin() + static_cast<std::ptrdiff_t>(std::min(at, other.size()));
      input.insert(input.end(), from, other.end());
    }
  }
  input.resize(std::min(input.size(), kMaxInput));
}

std::vector<Input> ReadSeeds(const std::vector<std::string>& paths) {
  std::vector<std::filesystem::path> files;
  for (const std::string& path : paths) {
    if (std::filesystem::is_directory(path)) {
      for (const auto& entry : std::filesystem::recursive_directory_iterator(path)) {
        if (entry.is_regular_file()) {
          files.push_back(entry.path());
        }
      }
    } else {
      files.emplace_back(path);
    }
  }
  std::sort(files.begin(), files.end());
  std::vector<Input> seeds;
  for (const std::string& seed : FuzzSeeds()) {
    seeds.emplace_back(seed.begin(), seed.end());
  }
  for (const auto& file : files) {
    std::ifstream in(file, std::ios::binary);
    Input input{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
    if (input.size() <= kMaxInput) {
      seeds.push_back(std::move(input));
    }
  }
  return seeds;
}

// What is being tried, for the handlers.
const Input* current = nullptr;
char crash_name[64] = "crash";

void SaveCurrent() {
  if (current == nullptr) {
    return;
  }
  const int fd = ::open(crash_name, O_WRONLY | O_CREAT | O_TRUNC, 0644);
  if (fd >= 0 && ::write(fd, current->data(), current->size()) >= 0) {
    ::close(fd);
  }
  current = nullptr;
  const auto say = [](const char* text) { (void)!::write(2, text, std::strlen(text)); };
  say("\nfuzz: input kept as ");
  say(crash_name);
  say("\n");
}

void OnSignal(int signal) {
  SaveCurrent();
  ::signal(signal, SIG_DFL);
  ::raise(signal);
}

void WatchForCrashes() {
  if (__sanitizer_set_death_callback != nullptr) {
    __sanitizer_set_death_callback(SaveCurrent);
    ::signal(SIGALRM, OnSignal);
    return;
  }
  for (int signal : {SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGALRM}) {
    ::signal(signal, OnSignal);
  }
  const rlimit memory = {rlim_t{2} << 30,
                         rlim_t{2} << 30};  // a huge allocation fails instead of taking the machine
  ::setrlimit(RLIMIT_AS, &memory);
}

// True when the input was taken as valid.
bool Try(const Input& input, uint64_t seed, uint64_t run) {
  std::snprintf(crash_name, sizeof(crash_name), "crash-%llu-%llu",
                static_cast<unsigned long long>(seed), static_cast<unsigned long long>(run));
  current = &input;
  ::alarm(kHangSeconds);
  const bool taken = LLVMFuzzerTestOneInput(input.data(), input.size()) == 0;
  ::alarm(0);
  current = nullptr;
  return taken;
}

}  // namespace

int main(int argc, char** argv) {
  uint64_t runs = 0;
  uint64_t seconds = 0;
  uint64_t seed = 1;
  std::vector<std::string> paths;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    const size_t equals = argument.find('=');
    const std::string name = argument.substr(0, equals);
    const uint64_t value =
        equals == std::string::npos ? 0 : std::strtoull(argument.c_str() + equals + 1, nullptr, 10);
    if (name == "-runs") {
      runs = value;
    } else if (name == "-seconds") {
      seconds = value;
    } else if (name == "-seed") {
      seed = value;
    } else {
      paths.push_back(argument);
    }
  }
  const std::vector<Input> seeds = ReadSeeds(paths);
  if (seeds.empty()) {
    std::fprintf(stderr, "usage: %s [-runs=N] [-seconds=T] [-seed=S] FILE|FOLDER...\n", argv[0]);
    return 2;
  }
  WatchForCrashes();
  for (size_t i = 0; i < seeds.size(); ++i) {
    if (!Try(seeds[i], seed, 0)) {
      std::fprintf(stderr, "fuzz: seed %zu was refused; expected a valid input\n", i);
      return 1;
    }
  }
  const auto begin = std::chrono::steady_clock::now();
  uint64_t run = 0;
  uint64_t taken = 0;
  while (run < runs || (runs == 0 && seconds > 0)) {
    if (seconds > 0 && std::chrono::steady_clock::now() - begin > std::chrono::seconds(seconds)) {
      break;
    }
    ++run;
    Random random(seed * 0x100000001B3 + run);
    Input input = seeds[random.Below(seeds.size())];
    for (size_t i = 1 + random.Below(6); i > 0; --i) {
      Mutate(input, random, seeds);
    }
    taken += Try(input, seed, run) ? 1 : 0;
  }
  std::printf("%llu inputs tried, made from %zu files, seed %llu\n",
              static_cast<unsigned long long>(run), seeds.size(),
              static_cast<unsigned long long>(seed));
  return 0;
}
