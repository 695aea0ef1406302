// Where in the arena each tensor lies: blocks that live at the same time do not overlap.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace plumb::runtime {

inline constexpr size_t kNoOffset = SIZE_MAX;

struct Block {
  size_t bytes = 0;             // 0: takes no room
  int64_t first = 0, last = 0;  // steps, both included, during which the contents matter
  size_t offset = kNoOffset;    // the result: a multiple of 64
};

// Fills in the offsets. Blocks are taken in several orders (by size, by size times lifetime, by
// time), each put into the smallest or the lowest gap that holds it among the blocks of its time;
// the smallest arena wins, the first of equals, so that the plan depends on nothing but `blocks`.
// Returns the size of the arena, or kNoOffset when it exceeds 2^47 bytes (2^30 where addresses
// have 32 bits).
[[nodiscard]] size_t PlanArena(std::span<Block> blocks);

// The most bytes that must be held at one step: no arena is smaller.
[[nodiscard]] size_t ArenaFloor(std::span<const Block> blocks);

}  // namespace plumb::runtime
