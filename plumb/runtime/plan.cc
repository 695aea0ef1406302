#include "plumb/runtime/plan.h"

#include <algorithm>
#include <vector>

namespace plumb::runtime {
namespace {

constexpr size_t kAlignment = 64;
constexpr size_t kMaxArena = size_t{1} << (sizeof(size_t) > 4 ? 47 : 30);

size_t RoundUp(size_t bytes) { return (bytes + kAlignment - 1) / kAlignment * kAlignment; }

enum class Fit { kSmallest, kLowest };

// A gap of at least `bytes` between the blocks of `busy` (sorted by offset), or the end of the last.
size_t FindGap(const std::vector<const Block*>& busy, size_t bytes, Fit fit) {
  size_t best = kNoOffset;
  size_t best_gap = kNoOffset;
  size_t end = 0;
  for (const Block* block : busy) {
    if (block->offset > end) {
      const size_t gap = block->offset - end;
      if (gap >= bytes && gap < best_gap) {
        best = end;
        best_gap = gap;
        if (fit == Fit::kLowest) {
          break;
        }
      }
    }
    end = std::max(end, block->offset + RoundUp(block->bytes));
  }
  return best == kNoOffset ? end : best;
}

// Places the blocks in this order; the size of the arena, or kNoOffset.
size_t PlaceInOrder(const std::vector<Block*>& order, Fit fit) {
  std::vector<Block*> placed;  // by offset
  std::vector<const Block*> busy;
  size_t arena = 0;
  for (Block* block : order) {
    busy.clear();
    for (const Block* other : placed) {
      if (other->first <= block->last && block->first <= other->last) {
        busy.push_back(other);
      }
    }
    const size_t bytes = RoundUp(block->bytes);
    block->offset = FindGap(busy, bytes, fit);
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

double Weight(const Block& block) {
  return static_cast<double>(block.bytes) * static_cast<double>(block.last - block.first + 1);
}

using Before = bool (*)(const Block* a, const Block* b);
constexpr Before kOrders[] = {
    [](const Block* a, const Block* b) { return a->bytes > b->bytes; },
    [](const Block* a, const Block* b) { return Weight(*a) > Weight(*b); },
    [](const Block* a, const Block* b) { return a->first < b->first; },
    [](const Block* a, const Block* b) { return a->last > b->last; },
    [](const Block* a, const Block* b) {
      return a->last - a->first != b->last - b->first ? a->last - a->first > b->last - b->first
                                                      : a->bytes > b->bytes;
    },
};

}  // namespace

size_t ArenaFloor(std::span<const Block> blocks) {
  // What begins and ends at each step: the sum changes there only.
  std::vector<std::pair<int64_t, int64_t>> changes;
  for (const Block& block : blocks) {
    if (block.bytes > 0 && block.bytes <= kMaxArena && block.first <= block.last) {
      const auto bytes = static_cast<int64_t>(RoundUp(block.bytes));
      changes.emplace_back(block.first, bytes);
      changes.emplace_back(block.last + 1, -bytes);
    }
  }
  std::sort(changes.begin(), changes.end());  // at one step what ends comes first
  int64_t now = 0, most = 0;
  for (const auto& [step, bytes] : changes) {
    now += bytes;
    most = std::max(most, now);
  }
  return static_cast<size_t>(most);
}

size_t PlanArena(std::span<Block> blocks) {
  std::vector<Block*> all;
  for (Block& block : blocks) {
    if (block.bytes > kMaxArena) {
      return kNoOffset;
    }
    if (block.bytes > 0) {
      all.push_back(&block);
    }
  }
  const size_t least = ArenaFloor(blocks);
  size_t best = kNoOffset;
  std::vector<size_t> offsets(all.size(), kNoOffset);
  for (const Before before : kOrders) {
    for (const Fit fit : {Fit::kSmallest, Fit::kLowest}) {
      std::vector<Block*> order = all;
      std::stable_sort(order.begin(), order.end(), before);
      const size_t arena = PlaceInOrder(order, fit);
      if (arena < best) {
        best = arena;
        for (size_t i = 0; i < all.size(); ++i) {
          offsets[i] = all[i]->offset;
        }
      }
      if (best <= least) {
        break;
      }
    }
    if (best <= least) {
      break;
    }
  }
  for (size_t i = 0; i < all.size(); ++i) {
    all[i]->offset = offsets[i];
  }
  return all.empty() ? 0 : best;
}

}  // namespace plumb::runtime
