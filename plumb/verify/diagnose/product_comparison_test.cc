#include "plumb/verify/diagnose/product_comparison.h"

#include <gtest/gtest.h>

namespace plumb::verify {
namespace {

using artifact::Program;
using artifact::Record;

// Two channels of one weight each: x on steps of 0.1, weights on steps of 0.5, y on steps of 0.2.
struct Product {
  explicit Product(std::vector<int8_t> weights, float multiplier, Attributes attributes = {}) {
    const Quantization tenth{{0.1f}, {0}, -1}, half{{0.5f, 0.5f}, {0, 0}, 0},
        fifth{{0.2f}, {0}, -1};
    const int32_t x = program.AddTensor({"x", DType::kS8, {1, 1}, tenth, -1});
    const int32_t w = Constant("w", Tensor::Of<int8_t>({2, 1}, weights), half);
    const int32_t m =
        Constant("m", Tensor::Of<float>({2}, std::vector<float>{multiplier, multiplier}), {});
    const int32_t y = program.AddTensor({"y", DType::kS8, {1, 2}, fifth, -1});
    program.records = {{"fully_connected", 1, "n", {x, w, -1, m}, {y}, std::move(attributes)}};
  }
  int32_t Constant(const char* name, Tensor tensor, const Quantization& grid) {
    auto held = std::make_shared<Tensor>(std::move(tensor));
    program.constants.push_back({held->raw(), held->bytes(), held});
    return program.AddTensor({name, held->dtype(), held->shape(), grid,
                              static_cast<int32_t>(program.constants.size()) - 1});
  }
  Program program;
};

std::string CauseOf(const Product& subject, const Product& twin) {
  const auto fault = CompareProducts(subject.program, subject.program.records[0], twin.program,
                                     twin.program.records[0]);
  return fault ? fault->cause : "";
}

TEST(ProductComparison, NamesNothingInEqualProducts) {
  EXPECT_EQ(CauseOf(Product({100, -7}, 0.25f), Product({100, -7}, 0.25f)), "");
}

TEST(ProductComparison, NamesMultipliersThatTheScalesDoNotAskFor) {
  EXPECT_EQ(CauseOf(Product({100, -7}, 1.0f), Product({100, -7}, 0.25f)), "wrong-scale");
}

TEST(ProductComparison, NamesChannelsWithoutWeights) {
  EXPECT_EQ(CauseOf(Product({100, 0}, 0.25f), Product({100, -7}, 0.25f)), "dead-channels");
}

// What a product in front of a residual's sum is held on is for calibration to choose; its multiplier must fit that.
TEST(ProductComparison, AllowsAnotherGridInFrontOfASum) {
  const Attributes coarse{{"own_scale", 0.4f}}, fine{{"own_scale", 0.2f}};
  const Product twin({100, -7}, 0.25f, fine);
  EXPECT_EQ(CauseOf(Product({100, -7}, 0.125f, coarse), twin), "");
  EXPECT_EQ(CauseOf(Product({100, -7}, 0.25f, coarse), twin), "wrong-scale");
}

TEST(ProductComparison, LeavesThatGridOutWhereAFunctionStandsBetween) {
  const Attributes coarse{{"own_scale", 0.4f}, {"function", std::string("silu")}};
  const Attributes fine{{"own_scale", 0.2f}, {"function", std::string("silu")}};
  const Product twin({100, -7}, 0.25f, fine);
  EXPECT_EQ(CauseOf(Product({100, -7}, 0.25f, coarse), twin), "");
  EXPECT_EQ(CauseOf(Product({100, -7}, 0.125f, coarse), twin), "wrong-scale");
}

}  // namespace
}  // namespace plumb::verify
