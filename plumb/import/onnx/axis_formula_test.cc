#include "plumb/import/onnx/axis_formula.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>

namespace plumb::onnx {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Tensor Iota(Shape shape) {
  Tensor tensor(DType::kF32, std::move(shape));
  std::iota(tensor.values<float>().begin(), tensor.values<float>().end(), 0.0f);
  return tensor;
}

AxisSteps Steps(const std::string& formula, const Shape& shape) {
  auto steps = StepsOf(formula, shape);
  EXPECT_TRUE(steps.ok()) << steps.status().message();
  return steps.ok() ? *steps : AxisSteps();
}

TEST(AxisFormula, EveryForm) {
  EXPECT_EQ(Steps("a,b,c->a,b,1,c", {2, 3, 4}).result, (Shape{2, 3, 1, 4}));
  EXPECT_FALSE(Steps("a,b,c->a,b,1,c", {2, 3, 4}).Transposes());
  EXPECT_EQ(Steps("a,b,c,d->a,d,b,c", {2, 3, 4, 5}).result, (Shape{2, 5, 3, 4}));
  EXPECT_EQ(Steps("a,b,c,d->1,ad,b,c", {2, 3, 4, 5}).result, (Shape{1, 10, 3, 4}));
  const AxisSteps all = Steps("a,bc,de,f[b=2,d=4]->ab,fe,dc,1", {3, 6, 8, 5});
  EXPECT_EQ(all.split, (Shape{3, 2, 3, 4, 2, 5}));
  EXPECT_EQ(all.result, (Shape{6, 10, 12, 1}));
  EXPECT_EQ(Steps("1, a, 1 -> a", {1, 7, 1}).result, (Shape{7}));
}

TEST(AxisFormula, MovesElementsAndBack) {
  EXPECT_THAT(Applied(Steps("a,b->b,a", {2, 3}), Iota({2, 3})).values<float>(),
              ElementsAre(0, 3, 1, 4, 2, 5));
  // Axis of 4 as 2 x 2, the inner part in front: 0 2 1 3.
  EXPECT_THAT(Applied(Steps("ab[a=2]->ba", {4}), Iota({4})).values<float>(),
              ElementsAre(0, 2, 1, 3));
  const AxisSteps steps = Steps("a,bc,de,f[b=2,d=4]->ab,fe,dc,1", {3, 6, 8, 5});
  const Tensor there = Applied(steps, Iota({3, 6, 8, 5}));
  // a=1 b=1 c=2 d=3 e=1 f=4 lies at ab=3, fe=9, dc=11.
  EXPECT_EQ(there.values<float>()[(3 * 10 + 9) * 12 + 11],
            static_cast<float>(((1 * 6 + 5) * 8 + 7) * 5 + 4));
  const Tensor back = Applied(steps.Inverse(), there);
  EXPECT_EQ(back.shape(), (Shape{3, 6, 8, 5}));
  EXPECT_TRUE(std::ranges::equal(back.values<float>(), Iota({3, 6, 8, 5}).values<float>()));
}

TEST(AxisFormula, WhatIsWrongIsSaid) {
  const std::pair<const char*, const char*> kWrong[] = {
      {"a,b", "'->'"},
      {"a,b->a,b->a", "'->'"},
      {"a->a", "has 1 axes; expected 2"},
      {"a,b->a", "'b' is missing on the right side"},
      {"a,b->a,b,c", "'c' is missing on the left side"},
      {"a,a->a", "stands twice"},
      {"a,bc->a,b,c", "both left open"},
      {"a,bc[b=4]->a,b,c", "divides it by 4"},
      {"a,bc[b=4,c=2]->a,b,c", "makes it 8"},
      {"a,b[b=0]->a,b", "expected a size"},
      {"a,b[b=3,b=3]->a,b", "two sizes"},
      {"a,b[c=3]->a,b", "no axis has this letter"},
      {"a,,b->a,b", "an axis is empty"},
      {"a,b,->a,b", "an axis is empty"},
      {"a,B->a,B", "none of a to z"},
      {"a,b->a,b[b=3]", "none of a to z"},
      {"1,b->b", "makes it 1"},
  };
  for (const auto& [formula, words] : kWrong) {
    const auto steps = StepsOf(formula, {2, 3});
    ASSERT_FALSE(steps.ok()) << formula;
    EXPECT_EQ(steps.status().code(), Code::kUsage);
    EXPECT_THAT(steps.status().message(), HasSubstr(words)) << formula;
  }
}

}  // namespace
}  // namespace plumb::onnx
