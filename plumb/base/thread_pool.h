// A fixed set of threads that share out the numbered parts of a job.
//
// Splits are static: part i of n always covers the same range, whoever runs it, so a result may depend neither on the
// number of threads nor on timing. Kernels split outputs, never sums.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

namespace plumb {

class ThreadPool {
 public:
  // At least 1; the calling thread is one of them. Throws std::system_error when the system has no
  // more threads.
  explicit ThreadPool(int threads);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  [[nodiscard]] int threads() const;
  // Calls work(part) for part 0..parts-1, each once, and returns when all are done. Part p runs on thread p % threads,
  // every worker with round-to-nearest and without flush-to-zero. One Run at a time; allocates nothing.
  void Run(int parts, const std::function<void(int part)>& work);
  // Splits [0, count) into at most threads() ranges of about equal length whose bounds are multiples of `grain`, and
  // calls work(begin, end, part) for each; part numbers the range (for per-thread scratch).
  void ParallelFor(int64_t count, int64_t grain,
                   const std::function<void(int64_t begin, int64_t end, int part)>& work);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Round-to-nearest, no flush-to-zero, no denormals-are-zero for its lifetime; restores what it found.
class FloatEnvironment {
 public:
  FloatEnvironment();
  ~FloatEnvironment();
  FloatEnvironment(const FloatEnvironment&) = delete;
  FloatEnvironment& operator=(const FloatEnvironment&) = delete;

 private:
  uint64_t saved_;
};

}  // namespace plumb
