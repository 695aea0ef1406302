// Records on 16-bit tensors: what runs gives the definition's bits on every instruction set, what is
// wrong is refused with the record's name.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "plumb/kernels/conv_s16/conv_s16_reference.h"
#include "plumb/kernels/elementwise/elementwise_s16.h"
#include "plumb/kernels/unary/unary.h"
#include "plumb/numerics/requantize.h"
#include "plumb/runtime/record_test_util.h"
#include "plumb/runtime/session.h"

namespace plumb::runtime {
namespace {

using artifact::Program;
using ::testing::HasSubstr;

// x [1,5,6,7] -> conv 3x3, stride 2, pads 1 -> y [1,3,3,20].
struct ConvNet {
  std::shared_ptr<Program> program = std::make_shared<Program>();
  std::shared_ptr<Tensor> w, bias = Random<int64_t>({20}, -500000000, 500000000, 2);
  std::shared_ptr<Tensor> m = std::make_shared<Tensor>(DType::kF32, Shape{20});
  std::shared_ptr<Tensor> x = Random<int16_t>({1, 5, 6, 7}, -32768, 32767, 4);

  explicit ConvNet(DType weights) {
    w = weights == DType::kS16 ? Random<int16_t>({20, 3, 3, 7}, -32767, 32767, 1)
                               : Random<int8_t>({20, 3, 3, 7}, -127, 127, 1);
    for (size_t c = 0; c < 20; ++c) {
      m->values<float>()[c] =
          (weights == DType::kS16 ? 1e-6f : 2e-4f) * (1.0f + 0.1f * static_cast<float>(c));
    }
    Program& p = *program;
    p.AddTensor({"x", DType::kS16, {1, 5, 6, 7}, {{0.5f}, {0}}});
    p.AddConstant("w", w);
    p.AddConstant("bias", bias);
    p.AddConstant("m", m);
    p.AddTensor({"y", DType::kS16, {1, 3, 3, 20}, {{0.25f}, {0}}});
    const std::vector<int64_t> two = {2, 2}, pads = {1, 1, 1, 1};
    p.records.push_back({"conv",
                         1,
                         "c1",
                         {0, 1, 2, 3},
                         {4},
                         {{"strides", two},
                          {"pads", pads},
                          {"groups", int64_t{1}},
                          {"dilations", std::vector<int64_t>{1, 1}}}});
    p.inputs = {{"x", 0, DType::kS16}};
    p.outputs = {{"y", 4, DType::kS16}};
  }
  artifact::Record& record() { return program->records[0]; }
  artifact::TensorInfo& y() { return program->tensors[4]; }
  std::string Error() {
    const auto session = Session::Create(program, {});
    return session.ok() ? "" : session.status().message();
  }
};

void ExpectDefinition(ConvNet& net, kernels::ConvS16Layer layer) {
  std::vector<int16_t> wide(static_cast<size_t>(net.w->size()));
  for (size_t i = 0; i < wide.size(); ++i) {
    wide[i] = net.w->dtype() == DType::kS16 ? net.w->values<int16_t>()[i]
                                            : static_cast<int16_t>(net.w->values<int8_t>()[i]);
  }
  layer.geometry = {.in_height = 5,
                    .in_width = 6,
                    .in_channels = 7,
                    .out_height = 3,
                    .out_width = 3,
                    .out_channels = 20,
                    .kernel_height = 3,
                    .kernel_width = 3,
                    .stride_height = 2,
                    .stride_width = 2,
                    .pad_top = 1,
                    .pad_left = 1};
  layer.weights = wide.data();
  layer.bias = net.bias->view().data<int64_t>();
  layer.multiplier = net.m->view().data<float>();
  layer.y_scale = 0.25f;
  Tensor expected(net.y().dtype, net.y().shape);
  kernels::ConvS16Reference(layer, net.x->values<int16_t>().data(), expected.raw());
  for (const Isa isa : AvailableIsas()) {
    for (const int threads : {1, 2}) {
      auto session = Session::Create(net.program, {.threads = threads, .isa = isa});
      ASSERT_TRUE(session.ok()) << session.status().message();
      std::memcpy((*session)->input(0).raw, net.x->raw(), net.x->bytes());
      ASSERT_TRUE((*session)->Run().ok());
      EXPECT_EQ(std::memcmp((*session)->output(0).raw, expected.raw(), expected.bytes()), 0)
          << IsaName(isa);
    }
  }
}

TEST(ConvS16Record, RequantizesWithWeightsOfEitherWidth) {
  for (const DType weights : {DType::kS8, DType::kS16}) {
    ConvNet net(weights);
    net.record().attributes.Set("clamp_lo", int64_t{0});
    net.record().attributes.Set("clamp_hi", int64_t{30000});
    kernels::ConvS16Layer layer;
    layer.clamp_lo = 0;
    layer.clamp_hi = 30000;
    ExpectDefinition(net, layer);
  }
}

TEST(ConvS16Record, AppliesAFunctionThenRounds) {
  ConvNet net(DType::kS8);
  net.record().attributes.Set("function", std::string("silu"));
  kernels::ConvS16Layer layer;
  layer.end = kernels::EndS16::kRealS16;
  layer.function.apply = kernels::FindUnaryF32("silu", Isa::kScalar)->apply;
  ExpectDefinition(net, layer);
}

TEST(ConvS16Record, GivesRealNumbers) {
  ConvNet net(DType::kS16);
  net.y() = {"y", DType::kF32, {1, 3, 3, 20}, {}};
  net.program->outputs[0].dtype = DType::kF32;
  kernels::ConvS16Layer layer;
  layer.end = kernels::EndS16::kRealF32;
  ExpectDefinition(net, layer);
}

TEST(ConvS16Record, RefusesWhatItsRuleLeavesOut) {
  {
    ConvNet net(DType::kS8);
    net.program->tensors[0].quantization.zero_point[0] = 3;
    EXPECT_THAT(net.Error(), HasSubstr("record 'c1' (conv): expected zero point 0 for the 16-bit "
                                       "tensor 'x', found 3"));
  }
  {
    ConvNet net(DType::kS8);
    net.y().quantization.zero_point[0] = -1;
    EXPECT_THAT(net.Error(), HasSubstr("zero point 0 for the 16-bit tensor 'y', found -1"));
  }
  {
    ConvNet net(DType::kS8);
    net.record().attributes.Set("function", std::string("table"));
    EXPECT_THAT(net.Error(), HasSubstr("a function of real numbers after 16-bit sums"));
  }
  {
    ConvNet net(DType::kS16);
    net.record().attributes.Set("clamp_hi", int64_t{40000});
    EXPECT_THAT(net.Error(), HasSubstr("clamp_hi within -32768..32767"));
  }
  {
    ConvNet net(DType::kS8);
    net.bias->values<int64_t>()[7] = int64_t{1} << 53;
    EXPECT_THAT(net.Error(), HasSubstr("record 'c1' (conv): expected |bias| + 2^15 * sum |w| of at "
                                       "most 2^53"));
  }
  {
    ConvNet net(DType::kS8);
    net.m->values<float>()[1] = -1.0f;
    EXPECT_THAT(net.Error(), HasSubstr("factors m within 0..2^30"));
  }
}

TEST(FullyConnectedS16Record, IsTheSumOfProducts) {
  auto program = std::make_shared<Program>();
  auto x = Random<int16_t>({2, 3, 33}, -32768, 32767, 5);
  auto w = Random<int16_t>({11, 33}, -32767, 32767, 6);
  auto m = std::make_shared<Tensor>(DType::kF32, Shape{11});
  std::fill(m->values<float>().begin(), m->values<float>().end(), 3e-6f);
  program->AddTensor({"x", DType::kS16, {2, 3, 33}, {{0.5f}, {0}}});
  program->AddConstant("w", w);
  program->AddConstant("m", m);
  program->AddTensor({"y", DType::kS16, {2, 3, 11}, {{0.25f}, {0}}});
  program->records.push_back({"fully_connected", 1, "fc", {0, 1, -1, 2}, {3}, {}});
  program->inputs = {{"x", 0, DType::kS16}};
  program->outputs = {{"y", 3, DType::kS16}};
  for (const Isa isa : AvailableIsas()) {
    auto session = Session::Create(program, {.threads = 2, .isa = isa});
    ASSERT_TRUE(session.ok()) << session.status().message();
    std::memcpy((*session)->input(0).raw, x->raw(), x->bytes());
    ASSERT_TRUE((*session)->Run().ok());
    for (size_t r = 0; r < 6; ++r) {
      for (size_t c = 0; c < 11; ++c) {
        int64_t acc = 0;
        for (size_t i = 0; i < 33; ++i) {
          acc += int64_t{x->values<int16_t>()[r * 33 + i]} * w->values<int16_t>()[c * 33 + i];
        }
        EXPECT_EQ((*session)->output(0).data<int16_t>()[r * 11 + c],
                  numerics::ClampRound(static_cast<float>(acc) * 3e-6f, -32768, 32767, 0));
      }
    }
  }
}

TEST(ArithmeticS16Record, AddsAndMultipliesOnScales) {
  for (const std::string op : {"add", "sub", "mul"}) {
    auto program = std::make_shared<Program>();
    auto a = Random<int16_t>({2, 3, 19}, -32768, 32767, 5);
    auto b = Random<int16_t>({1, 3, 1}, -32768, 32767, 6);
    program->AddTensor({"a", DType::kS16, {2, 3, 19}, {{0.5f}, {0}}});
    program->AddTensor({"b", DType::kS16, {1, 3, 1}, {{0.3f}, {0}}});
    const float scale = op == "mul" ? 7000.0f : 0.9f;
    program->AddTensor({"y", DType::kS16, {2, 3, 19}, {{scale}, {0}}});
    program->records.push_back(
        {op, 1, "sum", {0, 1}, {2}, {{"clamp_lo", int64_t{-3000}}, {"clamp_hi", int64_t{9000}}}});
    program->inputs = {{"a", 0, DType::kS16}, {"b", 1, DType::kS16}};
    program->outputs = {{"y", 2, DType::kS16}};
    kernels::ElementwiseS16Params params;
    params.lo = -3000;
    params.hi = 9000;
    params.op = op == "add"   ? kernels::ElementwiseS16Op::kAdd
                : op == "sub" ? kernels::ElementwiseS16Op::kSub
                              : kernels::ElementwiseS16Op::kMul;
    params.a_multiplier = (op == "mul" ? 0.5f * 0.3f : 0.5f) / scale;
    params.b_multiplier = 0.3f / scale;
    for (const Isa isa : AvailableIsas()) {
      auto session = Session::Create(program, {.threads = 2, .isa = isa});
      ASSERT_TRUE(session.ok()) << session.status().message();
      std::memcpy((*session)->input(0).raw, a->raw(), a->bytes());
      std::memcpy((*session)->input(1).raw, b->raw(), b->bytes());
      ASSERT_TRUE((*session)->Run().ok());
      for (size_t i = 0; i < 114; ++i) {
        EXPECT_EQ((*session)->output(0).data<int16_t>()[i],
                  kernels::ElementwiseS16Reference(params, a->values<int16_t>()[i],
                                                   b->values<int16_t>()[i / 19 % 3]));
      }
    }
  }
}

}  // namespace
}  // namespace plumb::runtime
