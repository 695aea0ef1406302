#include "plumb/runtime/plan.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace plumb::runtime {
namespace {

TEST(PlanArena, ReusesMemoryOfTheDead) {
  std::vector<Block> chain = {{1000, 0, 1}, {1000, 1, 2}, {1000, 2, 3}, {1000, 3, 4}};
  EXPECT_EQ(PlanArena(chain), 2048U);
  EXPECT_EQ(chain[0].offset, chain[2].offset);
}

TEST(PlanArena, TakesTheSmallestGapThatFits) {
  // 4096 at 0 and 128 at 4096 live throughout; what is between comes and goes.
  std::vector<Block> blocks = {{4096, 0, 0}, {2048, 0, 9}, {1024, 0, 0}, {512, 0, 9}, {512, 1, 2}};
  EXPECT_EQ(PlanArena(blocks), 7680U);
  EXPECT_EQ(blocks[4].offset, 6144U);  // the gap of 1024, not that of 4096
}

TEST(PlanArena, LeavesEmptyBlocksOut) {
  std::vector<Block> blocks = {{0, 0, 5}};
  EXPECT_EQ(PlanArena(blocks), 0U);
  EXPECT_EQ(blocks[0].offset, kNoOffset);
}

TEST(PlanArena, RefusesMoreThanAnyMemory) {
  constexpr size_t kMost = size_t{1} << (sizeof(size_t) == 8 ? 47 : 30);
  std::vector<Block> blocks = {{kMost, 0, 1}, {64, 0, 1}};
  EXPECT_EQ(PlanArena(blocks), kNoOffset);
  std::vector<Block> wraps = {{SIZE_MAX, 0, 1}};
  EXPECT_EQ(PlanArena(wraps), kNoOffset);
}

TEST(PlanArena, NeverOverlapsTheLiving) {
  std::mt19937 random(7);
  for (int round = 0; round < 50; ++round) {
    std::vector<Block> blocks(60);
    for (Block& block : blocks) {
      block.bytes = random() % 5000;
      block.first = random() % 40;
      block.last = block.first + random() % 8;
    }
    const size_t arena = PlanArena(blocks);
    EXPECT_GE(arena, ArenaFloor(blocks));
    for (size_t i = 0; i < blocks.size(); ++i) {
      const Block& a = blocks[i];
      if (a.bytes == 0) {
        continue;
      }
      EXPECT_EQ(a.offset % 64, 0U);
      EXPECT_LE(a.offset + a.bytes, arena);
      for (size_t k = i + 1; k < blocks.size(); ++k) {
        const Block& b = blocks[k];
        const bool together = b.bytes > 0 && a.first <= b.last && b.first <= a.last;
        EXPECT_FALSE(together && a.offset < b.offset + b.bytes && b.offset < a.offset + a.bytes);
      }
    }
  }
}

TEST(ArenaFloor, IsTheMostThatLivesAtOneStep) {
  EXPECT_EQ(ArenaFloor({}), 0u);
  // Steps 0 1 2 3: 64 and 128 meet at 1, 128 and 192 at 2; the one without bytes counts nothing.
  const std::vector<Block> blocks = {{64, 0, 1}, {100, 1, 2}, {150, 2, 3}, {0, 0, 3}};
  EXPECT_EQ(ArenaFloor(blocks), 320u);
}

}  // namespace
}  // namespace plumb::runtime
