// Memory of outputs that outlive the next run, used again once nobody holds it: fresh memory costs a page fault for every
// 4 KiB.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace plumb {

class OutputMemory : public std::enable_shared_from_this<OutputMemory> {
 public:
  // Keeps at most so many pieces that nobody holds.
  explicit OutputMemory(size_t most_kept) : most_kept_(most_kept) {}
  ~OutputMemory();
  OutputMemory(const OutputMemory&) = delete;
  OutputMemory& operator=(const OutputMemory&) = delete;

  // At least `bytes`, aligned to kTensorAlignment. Throws std::bad_alloc.
  [[nodiscard]] std::shared_ptr<void> Take(size_t bytes);

 private:
  void Give(size_t bytes, void* memory);

  size_t most_kept_;
  std::mutex mutex_;
  std::vector<std::pair<size_t, void*>> free_;
};

}  // namespace plumb
