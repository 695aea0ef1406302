#include "plumb/base/tensor.h"

#include <gtest/gtest.h>

namespace plumb {
namespace {

TEST(Tensor, IsZeroFilledAndAligned) {
  Tensor t(DType::kS32, {2, 3});
  EXPECT_EQ(t.size(), 6);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(t.raw()) % kTensorAlignment, 0u);
  for (int32_t v : t.values<int32_t>()) {
    EXPECT_EQ(v, 0);
  }
}

TEST(Tensor, CopiesDoNotShareStorage) {
  Tensor a = Tensor::Of<float>({2}, std::vector<float>{1, 2});
  Tensor b = a;
  b.values<float>()[0] = 9;
  EXPECT_EQ(a.values<float>()[0], 1);
  EXPECT_EQ(b.values<float>()[0], 9);
}

TEST(Tensor, ScalarHasOneElement) {
  EXPECT_EQ(Tensor(DType::kF32, {}).size(), 1);
  EXPECT_EQ(Tensor(DType::kF32, {0, 4}).size(), 0);
}

}  // namespace
}  // namespace plumb
