// What a session of an artifact takes: for tests/models/memory.py.
//
//   session_memory ARTIFACT [--threads N] [--address-space BYTES]
//   session_memory ARTIFACT --refuse-each
//
// Prints one name and number a line: milliseconds from open to ready (the least of 9, by the clock and of this thread alone), bytes packed, bytes of the arena and the
// least that any arena needs, resident bytes that loading and two runs added, calls of operator new in a run, and the same bytes
// packed for a second session (0 when they are shared). With --address-space the process may map no more than that many bytes
// beyond what it has; the exit code is that of the error.
// --refuse-each loads and runs once for every call of operator new in that, which fails: each must end as a resource error,
// or succeed (std::stable_sort does without).
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fstream>
#include <new>
#include <string>
#include <vector>

#include "plumb/artifact/reader.h"
#include "plumb/base/check.h"
#include "plumb/runtime/session.h"

namespace {

std::atomic<int64_t> allocations = 0;
std::atomic<int64_t> refused = 0;  // the number of the call that fails; 0: none

}  // namespace

void* operator new(size_t bytes) {
  if (++allocations == refused) {
    throw std::bad_alloc();
  }
  void* p = std::malloc(bytes == 0 ? 1 : bytes);
  if (p == nullptr) {
    throw std::bad_alloc();
  }
  return p;
}
void operator delete(void* p) noexcept { std::free(p); }
void operator delete(void* p, size_t) noexcept { std::free(p); }

namespace plumb {
namespace {

// Pages: all that the process has mapped, and those that are in memory.
struct Pages {
  int64_t mapped = 0, resident = 0;
};
Pages PagesOfProcess() {
  Pages pages;
  std::ifstream("/proc/self/statm") >> pages.mapped >> pages.resident;
  return pages;
}

double Milliseconds(clockid_t clock) {
  timespec time = {};
  ::clock_gettime(clock, &time);
  return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_nsec) * 1e-6;
}

struct Loaded {
  std::shared_ptr<const artifact::Artifact> artifact;
  std::unique_ptr<runtime::Session> session;
};

Result<Loaded> Load(const std::string& path, int threads) {
  Loaded loaded;
  PLUMB_ASSIGN_OR_RETURN(loaded.artifact, artifact::ReadArtifact(path));
  PLUMB_ASSIGN_OR_RETURN(
      loaded.session,
      runtime::Session::Create(artifact::ProgramOf(loaded.artifact), {.threads = threads}));
  return loaded;
}

Status Measure(const std::string& path, int threads) {
  const int64_t page = ::sysconf(_SC_PAGESIZE);
  const int64_t before = PagesOfProcess().resident;
  double wall = 0, cpu = 0;
  for (int i = 0; i < 9; ++i) {
    const double wall_start = Milliseconds(CLOCK_MONOTONIC);
    const double cpu_start = Milliseconds(CLOCK_THREAD_CPUTIME_ID);
    PLUMB_ASSIGN_OR_RETURN(const Loaded loaded, Load(path, threads));
    const double wall_time = Milliseconds(CLOCK_MONOTONIC) - wall_start;
    const double cpu_time = Milliseconds(CLOCK_THREAD_CPUTIME_ID) - cpu_start;
    wall = i == 0 ? wall_time : std::min(wall, wall_time);
    cpu = i == 0 ? cpu_time : std::min(cpu, cpu_time);
  }
  PLUMB_ASSIGN_OR_RETURN(const Loaded loaded, Load(path, threads));
  PLUMB_RETURN_IF_ERROR(loaded.session->Run());
  const int64_t allocated = allocations.load();
  PLUMB_RETURN_IF_ERROR(loaded.session->Run());
  const int64_t in_run = allocations.load() - allocated;
  const int64_t after = PagesOfProcess().resident;
  std::printf(
      "load_ms %.3f\nload_cpu_ms %.3f\npacked %zu\narena %zu\narena_floor %zu\nresident "
      "%lld\nallocations %lld\n",
      wall, cpu, loaded.session->packed_bytes(), loaded.session->arena_bytes(),
      loaded.session->arena_floor_bytes(), static_cast<long long>((after - before) * page),
      static_cast<long long>(in_run));
  PLUMB_ASSIGN_OR_RETURN(
      const auto second,
      runtime::Session::Create(artifact::ProgramOf(loaded.artifact), {.threads = threads}));
  const int64_t more = (PagesOfProcess().resident - after) * page;
  std::printf("second_session %lld\n", static_cast<long long>(more));
  return {};
}

Status RefuseEach(const std::string& path) {
  for (int64_t call = 1;; ++call) {
    allocations = 0;
    refused = call;
    const Result<Loaded> loaded = Load(path, 1);
    const bool happened = allocations >= call;
    refused = 0;
    if (!happened) {
      std::printf("refused %lld\n", static_cast<long long>(call - 1));
      return loaded.status();
    }
    PLUMB_CHECK(loaded.ok() || loaded.status().code() == Code::kResource)
        << "allocation " << call << " failed, and the answer was: " << loaded.status().message();
  }
}

}  // namespace
}  // namespace plumb

int main(int argc, char** argv) {
  std::string path;
  int threads = 1;
  bool refuse_each = false;
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--threads") == 0 && i + 1 < argc) {
      threads = std::atoi(argv[++i]);
    } else if (std::strcmp(argv[i], "--address-space") == 0 && i + 1 < argc) {
      const int64_t page = ::sysconf(_SC_PAGESIZE);
      const auto limit =
          static_cast<rlim_t>(plumb::PagesOfProcess().mapped * page + std::atoll(argv[++i]));
      const rlimit bytes = {limit, limit};
      ::setrlimit(RLIMIT_AS, &bytes);
    } else if (std::strcmp(argv[i], "--refuse-each") == 0) {
      refuse_each = true;
    } else {
      path = argv[i];
    }
  }
  const plumb::Status status =
      refuse_each ? plumb::RefuseEach(path) : plumb::Measure(path, threads);
  if (!status.ok()) {
    std::fprintf(stderr, "session_memory: %s\n", status.message().c_str());
  }
  return static_cast<int>(status.code());
}
