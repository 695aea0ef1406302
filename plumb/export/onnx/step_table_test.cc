#include "plumb/export/onnx/step_table.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "plumb/base/cpu.h"
#include "plumb/kernels/unary/unary.h"
#include "plumb/numerics/requantize.h"

namespace plumb::exporting {
namespace {

FloatFunction Kernel(const std::string& name, std::vector<float> parameters) {
  const kernels::UnaryF32* row = kernels::FindUnaryF32(name, Isa::kScalar);
  EXPECT_NE(row, nullptr) << name;
  parameters.resize(4);
  return [row, parameters](std::span<const float> in, std::span<float> out) {
    row->apply(in.data(), out.data(), static_cast<int64_t>(in.size()), parameters.data());
    return Status();
  };
}

// Every sum of every channel: the table has the bits of the function and its rounding.
void ExpectSameForAllSums(const FloatFunction& f, const std::vector<Staircase>& stairs,
                          int32_t most, const std::string& what) {
  std::vector<std::vector<Step>> steps;
  for (const Staircase& one : stairs) {
    auto found = FindSteps(f, one);
    ASSERT_TRUE(found.ok()) << what << ": " << found.status().message();
    steps.push_back(*found);
  }
  const auto table = MakeStepTable(steps);
  ASSERT_TRUE(table.ok()) << what << ": " << table.status().message();
  for (size_t c = 0; c < stairs.size(); ++c) {
    for (float m : stairs[c].factors) {
      std::vector<float> t, real;
      for (int32_t acc = -most; acc <= most; ++acc) {
        t.push_back(static_cast<float>(acc) * m);
      }
      real.resize(t.size());
      ASSERT_TRUE(f(t, real).ok());
      for (size_t i = 0; i < t.size(); ++i) {
        const int expected =
            numerics::Quantize(real[i], stairs[c].scale, stairs[c].zero_point, -128, 127);
        ASSERT_EQ(expected, table->Look(static_cast<int32_t>(c), t[i]))
            << what << " channel " << c << ", t " << t[i] << ", factor " << m;
      }
    }
  }
}

Staircase Stairs(float scale, int32_t zero_point, std::vector<float> factors, int32_t most,
                 float slope) {
  const float largest = *std::max_element(factors.begin(), factors.end());
  return {scale, zero_point, std::move(factors), static_cast<float>(most) * largest * 1.00001f,
          slope};
}

TEST(StepTable, HasTheBitsOfTheFunctionForEverySum) {
  struct Case {
    const char* name;
    std::vector<float> parameters;
    float scale;
    int32_t zero_point;
    float slope;
  };
  const Case cases[] = {
      {"silu", {}, 0.0311f, -119, 1.2f},
      {"silu", {}, 0.0021f, 4, 1.2f},
      {"silu", {}, 0.27846455f / 18.5f, -110, 1.2f},  // a threshold at the minimum
      {"sigmoid", {}, 1.0f / 255, -128, 0.26f},       // a threshold at t = 0
      {"sigmoid", {}, 1.0f / 256, -128, 0.26f},
      {"tanh", {}, 1.0f / 127, 0, 1},
      {"hard_swish", {}, 0.05f, -121, 1.6f},
      {"hard_sigmoid", {0.2f, 0.5f}, 1.0f / 255, -128, 1.9f},
      {"gelu", {}, 0.04f, -123, 1.2f},
      {"mish", {}, 0.04f, -120, 1.2f},
      {"softplus", {}, 0.04f, -128, 1},
      {"elu", {1.0f}, 0.05f, -100, 1.9f}};
  constexpr int32_t kMost = 30000;
  for (const Case& one : cases) {
    const FloatFunction f = Kernel(one.name, one.parameters);
    const std::vector<float> factors = {0.00037123f, 0.00011f, 1.7e-5f};
    ExpectSameForAllSums(f, {Stairs(one.scale, one.zero_point, factors, kMost, one.slope)}, kMost,
                         one.name);
  }
}

TEST(StepTable, ChannelsHaveGridsOfTheirOwn) {
  constexpr int32_t kMost = 20000;
  std::vector<Staircase> stairs;
  for (int c = 0; c < 5; ++c) {
    const auto k = static_cast<float>(c);
    stairs.push_back(
        Stairs(0.01f + 0.013f * k, -120 + 20 * c, {0.0002f + 0.00013f * k}, kMost, 1.2f));
  }
  stairs.push_back(Stairs(0.5f, 0, {1e-9f}, kMost, 1.2f));  // a dead channel: one value
  ExpectSameForAllSums(Kernel("silu", {}), stairs, kMost, "silu by channel");
}

TEST(StepTable, AConstantHasOneStep) {
  const auto steps = FindSteps(Kernel("sigmoid", {}), Stairs(100.0f, 3, {0.01f}, 100, 0.26f));
  ASSERT_TRUE(steps.ok());
  ASSERT_EQ(steps->size(), 1U);
  EXPECT_EQ(steps->front().value, 3);
  const auto table = MakeStepTable({*steps});
  ASSERT_TRUE(table.ok());
  EXPECT_EQ(table->bins, 1);
  EXPECT_EQ(table->Look(0, -1.0f), 3);
  EXPECT_EQ(table->Look(0, 1.0f), 3);
}

TEST(StepTable, TooManyStepsInOneBinAreRefused) {
  std::vector<Step> steps = {{-1.0f, 0}};
  for (int i = 0; i < 12; ++i) {
    steps.push_back({1e-7f * static_cast<float>(i), static_cast<int8_t>(i % 2)});
  }
  steps.push_back({1.0f, 5});
  const auto table = MakeStepTable({steps});
  ASSERT_FALSE(table.ok());
  EXPECT_NE(table.status().message().find("12 times"), std::string::npos)
      << table.status().message();
}

}  // namespace
}  // namespace plumb::exporting
