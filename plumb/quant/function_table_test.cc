// Tables (docs/arithmetic.md, A7 and A9): what they hold, where ties go.
#include "plumb/quant/function_table.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "plumb/ir/text.h"

namespace plumb::quant {
namespace {

std::vector<int> Entries(const Result<Tensor>& table) {
  EXPECT_TRUE(table.ok());
  const auto values = table->values<int8_t>();
  return {values.begin(), values.end()};
}

TEST(FunctionTable, TiesGoToTheEvenStepBeforeTheZeroPoint) {
  const auto at = [](const std::vector<int>& table, int q) {
    return table[static_cast<size_t>(q + 128)];
  };
  const std::vector<int> half = Entries(MakeTable({}, nullptr, {{1.0f}, {0}}, {{2.0f}, {0}}));
  EXPECT_EQ(at(half, 1), 0);
  EXPECT_EQ(at(half, 3), 2);
  EXPECT_EQ(at(half, 5), 2);
  EXPECT_EQ(at(half, -1), 0);
  EXPECT_EQ(at(half, -3), -2);
  const std::vector<int> moved = Entries(MakeTable({}, nullptr, {{1.0f}, {-7}}, {{2.0f}, {5}}));
  EXPECT_EQ(at(moved, -7), 5);
  EXPECT_EQ(at(moved, -6), 5);
  EXPECT_EQ(at(moved, -4), 7);
  const std::vector<int> wide = Entries(MakeTable({}, nullptr, {{8.0f}, {0}}, {{1.0f}, {0}}));
  EXPECT_EQ(at(wide, 127), 127);
  EXPECT_EQ(at(wide, -128), -128);
}

// Products of binary32 are exact in binary64 and quotients rounded twice are rounded right: so
// binary64 judges every entry.
TEST(FunctionTable, RescalingAgreesWithBinary64) {
  std::mt19937 random(3);
  const auto pick = [&](int lo, int hi) {
    return lo + static_cast<int>(random() % static_cast<uint32_t>(hi - lo + 1));
  };
  for (int round = 0; round < 400; ++round) {
    const float from_scale =
        std::ldexp(1.0f + static_cast<float>(pick(0, 1 << 20)) * 0x1p-20f, pick(-30, 30));
    const float to_scale = from_scale * (0.3f + static_cast<float>(pick(0, 1 << 20)) * 0x1p-19f);
    const Quantization from{{from_scale}, {pick(-128, 127)}, -1};
    const Quantization to{{to_scale}, {pick(-128, 127)}, -1};
    const std::vector<int> table = Entries(MakeTable({}, nullptr, from, to));
    for (int q = -128; q <= 127; ++q) {
      const double real = static_cast<float>(static_cast<double>(q - from.zero_point[0]) *
                                             static_cast<double>(from_scale));
      const double steps = static_cast<float>(real / static_cast<double>(to_scale));
      const double expected = std::clamp(std::nearbyint(steps) + to.zero_point[0], -128.0, 127.0);
      ASSERT_EQ(table[static_cast<size_t>(q + 128)], static_cast<int>(expected)) << q;
    }
  }
}

TEST(FunctionTable, HoldsTheFunctionOfEveryStep) {
  const auto graph = ir::Parse(R"(graph "net"
input %x: f32[4]
%y: f32[4] = sigmoid(%x) "y"
output "y" = %y
)");
  ASSERT_TRUE(graph.ok()) << graph.status().message();
  const ir::Node& sigmoid = graph->node(graph->Order()[0]);
  const std::vector<int> table =
      Entries(MakeTable(*graph, &sigmoid, {{0.0625f}, {3}}, {{1.0f / 256}, {-128}}));
  for (int q = -128; q <= 127; ++q) {
    const double exact = 256.0 / (1.0 + std::exp(-0.0625 * (q - 3)));
    if (std::fabs(exact - std::floor(exact) - 0.5) > 1e-4) {  // ties are the float function's
      EXPECT_EQ(table[static_cast<size_t>(q + 128)], std::min(std::nearbyint(exact), 255.0) - 128)
          << q;
    }
  }
}

}  // namespace
}  // namespace plumb::quant
