// The choices that speed rests on, for the layers of usual networks; and that no product is lost.
#include "plumb/kernels/dot/dot_plan.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace plumb::kernels {
namespace {

DotPlan PlanOf(Isa isa, int64_t size, int64_t in, int64_t out, int64_t kernel, int64_t stride,
               int64_t x_pitch = 0) {
  static constexpr int8_t kNone = 0;
  DotLayer layer;
  DotGeometry& g = layer.geometry;
  g.in_height = g.in_width = size;
  g.in_channels = in;
  g.out_channels = out;
  g.kernel_height = g.kernel_width = kernel;
  g.stride_height = g.stride_width = stride;
  g.pad_top = g.pad_left = (kernel - 1) / 2;
  g.out_height = g.out_width = (size + 2 * g.pad_top - kernel) / stride + 1;
  layer.x_pitch = x_pitch;
  layer.weights = &kNone;
  return MakeDotPlan(layer, SelectDot(isa));
}

TEST(DotPlan, ReadsTheInputItselfWhereTheKernelTakesItsBytes) {
  for (const int64_t pitch : {0, 192}) {
    const DotPlan plan = PlanOf(Isa::kScalar, 40, 128, 64, 1, 1, pitch);
    EXPECT_EQ(plan.source, DotSource::kInput);
    EXPECT_EQ(plan.a_row, pitch == 0 ? 128 : pitch);
    EXPECT_EQ(plan.Steps(), 128);
    EXPECT_EQ(plan.columns, plan.g.out_width);  // no places without a pixel
  }
  EXPECT_EQ(PlanOf(Isa::kScalar, 40, 64, 64, 3, 1).source, DotSource::kBand);  // has padding
}

TEST(DotPlan, ConvertsOnceWhereItMust) {
  if (!CpuHas(Isa::kAvx2)) {
    GTEST_SKIP() << "this CPU lacks AVX2";
  }
  const DotPlan plan = PlanOf(Isa::kAvx2, 40, 128, 64, 1, 1);
  EXPECT_EQ(plan.source, DotSource::kBand);
  EXPECT_TRUE(plan.across_rows);
}

TEST(DotPlan, AmxFillsTilesAndTakesFirstLayersInPieces) {
  if (!CpuHas(Isa::kAmx)) {
    GTEST_SKIP() << "this CPU lacks AMX";
  }
  const DotPlan first = PlanOf(Isa::kAmx, 640, 3, 32, 6, 2);
  EXPECT_EQ(first.source, DotSource::kColumns);
  EXPECT_LE(first.Steps(), 3);
  const DotPlan narrow = PlanOf(Isa::kAmx, 20, 256, 256, 3, 1);
  EXPECT_TRUE(narrow.across_rows);  // 20 pixels would fill 20 of 32 rows
  EXPECT_EQ(narrow.Steps(), 36);
  const DotPlan wide = PlanOf(Isa::kAmx, 80, 64, 64, 3, 1);
  EXPECT_FALSE(wide.across_rows);
  EXPECT_EQ(wide.Steps(), 9);
  EXPECT_EQ(PlanOf(Isa::kAmx, 40, 256, 128, 1, 1).source, DotSource::kInput);
}

TEST(DotPlan, EveryProductIsMetOnce) {
  for (const int64_t in : {1, 3, 5, 64, 70}) {
    for (const int64_t kernel : {1, 2, 3, 6}) {
      for (const int64_t stride : {1, 2, 3}) {
        for (const Isa isa : AvailableIsas()) {
          const DotPlan plan = PlanOf(isa, 33, in, 24, kernel, stride);
          std::vector<int> met(static_cast<size_t>(kernel * kernel * in));
          for (const int64_t product : plan.order) {
            if (product >= 0) {
              ++met[static_cast<size_t>(product)];
            }
          }
          EXPECT_TRUE(std::all_of(met.begin(), met.end(), [](int n) { return n == 1; }))
              << IsaName(isa) << ": " << in << " channels, kernel " << kernel << ", stride "
              << stride;
          EXPECT_EQ(static_cast<int64_t>(plan.order.size()), plan.Steps() * SelectDot(isa).k_step);
        }
      }
    }
  }
}

}  // namespace
}  // namespace plumb::kernels
