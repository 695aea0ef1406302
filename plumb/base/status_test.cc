#include "plumb/base/status.h"

#include <gtest/gtest.h>

namespace plumb {
namespace {

Result<int> Half(int x) {
  if (x % 2 != 0) {
    return UsageError("x is ", x, "; expected an even number");
  }
  return x / 2;
}

Result<int> Quarter(int x) {
  PLUMB_ASSIGN_OR_RETURN(int half, Half(x));
  return Half(half);
}

TEST(Status, CarriesCodeAndMessage) {
  Result<int> odd = Quarter(6);
  ASSERT_FALSE(odd.ok());
  EXPECT_EQ(odd.status().code(), Code::kUsage);
  EXPECT_EQ(odd.status().message(), "x is 3; expected an even number");
  EXPECT_EQ(odd.status().WithContext("here").message(), "here: x is 3; expected an even number");
}

TEST(Status, ResultHoldsItsValue) { EXPECT_EQ(*Quarter(8), 2); }

}  // namespace
}  // namespace plumb
