#include "plumb/runtime/plan.h"

#include <algorithm>
#include <vector>

namespace plumb::runtime {
namespace {

constexpr size_t kAlignment = 64;
constexpr size_t kMaxArena = size_t{1} << (sizeof(size_t) > 4 ? 47 : 30);

size_t RoundUp(size_t bytes) { return (bytes + kAlignment - 1) / kAlignment * kAlignment; }

// The smallest gap of at least `bytes` between the blocks of `busy` (sorted by offset), or the end
// of the last.
size_t BestFit(const std::vector<const Block*>& busy, size_t bytes) {
  size_t best = kNoOffset;
  size_t best_gap = kNoOffset;
  size_t end = 0;
  for (const Block* block : busy) {
    if (block->offset > end) {
      const size_t gap = block->offset - end;
      if (gap >= bytes && gap < best_gap) {
        best = end;
        best_gap = gap;
      }
    }
    end = std::max(end, block->offset + RoundUp(block->bytes));
  }
  return best == kNoOffset ? end : best;
}

}  // namespace

size_t PlanArena(std::span<Block> blocks) {
  std::vector<Block*> order;
  for (Block& block : blocks) {
    if (block.bytes > 0) {
      order.push_back(&block);
    }
  }
  std::stable_sort(order.begin(), order.end(),
                   [](const Block* a, const Block* b) { return a->bytes > b->bytes; });
  std::vector<Block*> placed;  // by offset
  std::vector<const Block*> busy;
  size_t arena = 0;
  for (Block* block : order) {
    if (block->bytes > kMaxArena) {
      return kNoOffset;
    }
    busy.clear();
    for (const Block* other : placed) {
      if (other->first <= block->last && block->first <= other->last) {
        busy.push_back(other);
      }
    }
    const size_t bytes = RoundUp(block->bytes);
    block->offset = BestFit(busy, bytes);
    if (block->offset > kMaxArena - bytes) {
      return kNoOffset;
    }
    arena = std::max(arena, block->offset + bytes);
    placed.insert(
        std::upper_bound(placed.begin(), placed.end(), block,
                         [](const Block* a, const Block* b) { return a->offset < b->offset; }),
        block);
  }
  return arena;
}

size_t ArenaFloor(std::span<const Block> blocks) {
  size_t floor = 0;
  for (const Block& at : blocks) {  // the sum grows only where a block begins
    size_t sum = 0;
    for (const Block& block : blocks) {
      const bool lives = block.bytes > 0 && block.first <= at.first && at.first <= block.last;
      sum += lives ? RoundUp(block.bytes) : 0;
    }
    floor = std::max(floor, sum);
  }
  return floor;
}

}  // namespace plumb::runtime
