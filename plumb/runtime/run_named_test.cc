#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plumb/base/half.h"
#include "plumb/runtime/session.h"

namespace plumb::runtime {
namespace {

using artifact::Program;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// x[1,2] -> y[1,2,1], with the given types seen by the user.
std::unique_ptr<Session> MakeSession(DType computed, DType user, bool symbolic_batch = false,
                                     Quantization grid = {}, int32_t batch = 1) {
  auto program = std::make_shared<Program>();
  const int32_t x = program->AddTensor({"x", computed, {1, 2}, grid});
  const int32_t y = program->AddTensor({"y", computed, {1, 2, 1}, grid});
  program->records.push_back({"reshape", 1, "r", {x}, {y}, {}});
  program->inputs = {{"x", x, user}};
  program->outputs = {{"y", y, user}};
  program->symbolic_batch = symbolic_batch;
  program->batch = batch;
  auto session = Session::Create(program, {});
  PLUMB_CHECK(session.ok()) << session.status().message();
  return std::move(*session);
}

std::vector<NamedTensor> One(std::string name, Tensor tensor) {
  std::vector<NamedTensor> list;
  list.push_back({std::move(name), std::move(tensor)});
  return list;
}

TEST(RunNamed, RunsABatchSampleBySample) {
  auto session = MakeSession(DType::kF32, DType::kF32, true);
  auto result =
      RunNamed(*session, One("x", Tensor::Of<float>({3, 2}, std::vector<float>{1, 2, 3, 4, 5, 6})));
  ASSERT_TRUE(result.ok()) << result.status().message();
  EXPECT_EQ((*result)[0].name, "y");
  EXPECT_EQ((*result)[0].tensor.shape(), (Shape{3, 2, 1}));
  EXPECT_THAT((*result)[0].tensor.values<float>(), ElementsAre(1, 2, 3, 4, 5, 6));
}

TEST(RunNamed, TakesTheBatchThatTheProgramStates) {
  auto session = MakeSession(DType::kF32, DType::kF32, false, {}, 3);
  auto result =
      RunNamed(*session, One("x", Tensor::Of<float>({3, 2}, std::vector<float>{1, 2, 3, 4, 5, 6})));
  ASSERT_TRUE(result.ok()) << result.status().message();
  EXPECT_EQ((*result)[0].tensor.shape(), (Shape{3, 2, 1}));
  EXPECT_THAT((*result)[0].tensor.values<float>(), ElementsAre(1, 2, 3, 4, 5, 6));
  for (const int64_t samples : {1, 2, 6}) {
    const Status status = RunNamed(*session, One("x", Tensor(DType::kF32, {samples, 2}))).status();
    EXPECT_EQ(status.code(), Code::kUsage);
    EXPECT_THAT(status.message(), HasSubstr("expected f32[3x2] (a run takes a batch), found"));
  }
}

TEST(RunNamed, ConvertsHalvesAtTheBorder) {
  auto session = MakeSession(DType::kF32, DType::kF16);
  Tensor x(DType::kF16, {1, 2});
  static_cast<uint16_t*>(x.raw())[0] = FloatToHalf(0.1F);
  static_cast<uint16_t*>(x.raw())[1] = 0xBC00;
  auto result = RunNamed(*session, One("x", x));
  ASSERT_TRUE(result.ok()) << result.status().message();
  const Tensor& y = (*result)[0].tensor;
  ASSERT_EQ(y.dtype(), DType::kF16);
  EXPECT_EQ(std::memcmp(y.raw(), x.raw(), 4), 0);
}

TEST(RunNamed, DequantizesUnlessRaw) {
  auto session = MakeSession(DType::kS8, DType::kF32, false, {{0.5F}, {-3}, -1});
  const auto input = One("x", Tensor::Of<float>({1, 2}, std::vector<float>{2.0F, -1.0F}));
  auto real = RunNamed(*session, input);
  ASSERT_TRUE(real.ok()) << real.status().message();
  EXPECT_THAT((*real)[0].tensor.values<float>(), ElementsAre(2.0F, -1.0F));
  auto raw = RunNamed(*session, input, true);
  ASSERT_TRUE(raw.ok());
  EXPECT_THAT((*raw)[0].tensor.values<int8_t>(), ElementsAre(1, -5));
}

TEST(RunNamed, SaysWhatItExpectedAndFound) {
  auto session = MakeSession(DType::kF32, DType::kF32);
  auto check = [&](std::vector<NamedTensor> inputs, const char* expected) {
    auto result = RunNamed(*session, inputs);
    EXPECT_EQ(result.status().code(), Code::kUsage);
    EXPECT_THAT(result.status().message(), HasSubstr(expected));
  };
  check({}, "input 'x' is missing; expected f32[1x2]");
  check(One("z", Tensor(DType::kF32, {1, 2})), "no input 'z'; its inputs are: 'x'");
  check(One("x", Tensor(DType::kF32, {2, 2})), "input 'x': expected f32[1x2], found f32[2x2]");
  check(One("x", Tensor(DType::kU8, {1, 2})), "input 'x': expected f32[1x2], found u8[1x2]");
  auto twice = One("x", Tensor(DType::kF32, {1, 2}));
  twice.push_back(twice[0]);
  check(twice, "given twice");
}

}  // namespace
}  // namespace plumb::runtime
