#include "plumb/api/output_memory.h"

#include <algorithm>
#include <cstdlib>
#include <new>

#include "plumb/base/tensor.h"

namespace plumb {

OutputMemory::~OutputMemory() {
  for (const auto& [bytes, memory] : free_) {
    std::free(memory);
  }
}

std::shared_ptr<void> OutputMemory::Take(size_t bytes) {
  const size_t whole =
      (std::max<size_t>(bytes, 1) + kTensorAlignment - 1) / kTensorAlignment * kTensorAlignment;
  void* memory = nullptr;
  {
    const std::scoped_lock lock(mutex_);
    const auto found = std::ranges::find(free_, whole, &std::pair<size_t, void*>::first);
    if (found != free_.end()) {
      memory = found->second;
      free_.erase(found);
    }
  }
  memory = memory != nullptr ? memory : std::aligned_alloc(kTensorAlignment, whole);
  if (memory == nullptr) {
    throw std::bad_alloc();
  }
  return {memory, [pool = shared_from_this(), whole](void* p) { pool->Give(whole, p); }};
}

void OutputMemory::Give(size_t bytes, void* memory) {
  const std::scoped_lock lock(mutex_);
  if (free_.size() < most_kept_) {
    free_.emplace_back(bytes, memory);
  } else {
    std::free(memory);
  }
}

}  // namespace plumb
