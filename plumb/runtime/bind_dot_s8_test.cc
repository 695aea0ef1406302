// conv and fully_connected records on 8-bit tensors: what runs gives the definition's bits, what is
// wrong is refused with the record's name.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <random>

#include "plumb/kernels/dot/dot_reference.h"
#include "plumb/kernels/elementwise/elementwise_s8.h"
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
  std::shared_ptr<Tensor> w = Random<int8_t>({20, 3, 3, 7}, -127, 127, 1);
  std::shared_ptr<Tensor> bias = Random<int32_t>({20}, -5000, 5000, 2);
  std::shared_ptr<Tensor> m = std::make_shared<Tensor>(DType::kF32, Shape{20});
  std::shared_ptr<Tensor> table = Random<int8_t>({256}, -128, 127, 3);
  std::shared_ptr<Tensor> x = Random<int8_t>({1, 5, 6, 7}, -128, 127, 4);

  ConvNet() {
    for (size_t c = 0; c < 20; ++c) {
      m->values<float>()[c] = 0.0005f + 0.0001f * static_cast<float>(c);
    }
    Program& p = *program;
    p.AddTensor({"x", DType::kS8, {1, 5, 6, 7}, {{0.5f}, {3}}});
    p.AddConstant("w", w);
    p.AddConstant("bias", bias);
    p.AddConstant("m", m);
    p.AddConstant("table", table);
    p.AddTensor({"y", DType::kS8, {1, 3, 3, 20}, {{0.25f}, {-7}}});
    const std::vector<int64_t> two = {2, 2}, pads = {1, 1, 1, 1};
    p.records.push_back({"conv",
                         1,
                         "c1",
                         {0, 1, 2, 3},
                         {5},
                         {{"strides", two},
                          {"pads", pads},
                          {"groups", int64_t{1}},
                          {"dilations", std::vector<int64_t>{1, 1}}}});
    p.inputs = {{"x", 0, DType::kS8}};
    p.outputs = {{"y", 5, DType::kS8}};
  }
  artifact::Record& record() { return program->records[0]; }
  artifact::TensorInfo& y() { return program->tensors[5]; }
  [[nodiscard]] kernels::DotLayer Layer() const {
    kernels::DotLayer layer;
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
    static const std::vector<int32_t> kZeroPoints(7, 3);
    layer.x_zero_point = kZeroPoints.data();
    layer.weights = w->view().data<int8_t>();
    layer.bias = bias->view().data<int32_t>();
    layer.end.multiplier = m->view().data<float>();
    layer.end.table = table->view().data<int8_t>();
    return layer;
  }
};

// Runs the program on every instruction set and compares with the definition.
void ExpectDefinition(ConvNet& net, const kernels::DotLayer& layer) {
  Tensor expected(net.y().dtype, net.y().shape);
  kernels::DotReference(layer, net.x->values<int8_t>().data(), expected.raw());
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

TEST(ConvS8, Requantizes) {
  ConvNet net;
  net.record().attributes.Set("clamp_lo", int64_t{-7});
  kernels::DotLayer layer = net.Layer();
  const std::vector<int32_t> zero(20, -7);
  layer.end.y_zero_point = zero.data();
  layer.end.clamp_lo = -7;
  ExpectDefinition(net, layer);
}

TEST(ConvS8, LooksUpATable) {
  ConvNet net;
  net.record().attributes.Set("function", std::string("table"));
  net.record().attributes.Set("mid_zero_point", int64_t{11});
  net.record().inputs.push_back(4);
  kernels::DotLayer layer = net.Layer();
  layer.end.kind = kernels::EndKind::kTable;
  layer.end.mid_zero_point = 11;
  ExpectDefinition(net, layer);
}

TEST(ConvS8, AppliesAFunctionThenTheChannelsOwnGrids) {
  ConvNet net;
  net.record().attributes.Set("function", std::string("silu"));
  Quantization grid;
  grid.axis = 3;
  for (int c = 0; c < 20; ++c) {
    grid.scale.push_back(0.01f * static_cast<float>(c + 1));
    grid.zero_point.push_back(c - 100);
  }
  net.y().quantization = grid;
  kernels::DotLayer layer = net.Layer();
  layer.end.kind = kernels::EndKind::kRealS8;
  layer.end.y_scale = grid.scale.data();
  layer.end.y_zero_point = grid.zero_point.data();
  layer.end.function.apply = kernels::FindUnaryF32("silu", Isa::kScalar)->apply;
  ExpectDefinition(net, layer);
}

TEST(ConvS8, GivesRealNumbers) {
  ConvNet net;
  net.y() = {"y", DType::kF32, {1, 3, 3, 20}};
  net.program->outputs[0].dtype = DType::kF32;
  net.record().inputs[2] = -1;
  kernels::DotLayer layer = net.Layer();
  layer.end.kind = kernels::EndKind::kRealF32;
  layer.bias = nullptr;
  ExpectDefinition(net, layer);
}

TEST(ConvS8, RefusesWhatDoesNotAgree) {
  struct Case {
    const char* sentence;
    std::function<void(ConvNet&)> change;
  };
  const Case cases[] = {
      {"output 0 to have shape 1x3x3x20",
       [](ConvNet& n) {
         n.y().shape = {1, 3, 4, 20};
       }},
      {"strides between 1 and",
       [](ConvNet& n) {
         n.record().attributes.Set("strides", std::vector<int64_t>{0, 1});
       }},
      {"pads",
       [](ConvNet& n) {
         n.record().attributes.Set("pads", std::vector<int64_t>{1, 1});
       }},
      {"pads between 0 and",
       [](ConvNet& n) {
         n.record().attributes.Set("pads", std::vector<int64_t>{-1, 1, 1, 1});
       }},
      {"groups to divide input and output channels",
       [](ConvNet& n) { n.record().attributes.Set("groups", int64_t{2}); }},
      {"groups between 1 and", [](ConvNet& n) { n.record().attributes.Set("groups", int64_t{0}); }},
      {"input 3 to be a f32 constant of shape 20", [](ConvNet& n) { n.record().inputs[3] = 2; }},
      {"input 2 to be a s32 constant of shape 20", [](ConvNet& n) { n.record().inputs[2] = 3; }},
      {"a scale and zero point for tensor 'y'", [](ConvNet& n) { n.y().quantization = {}; }},
      {"a scale and zero point for tensor 'x'",
       [](ConvNet& n) { n.program->tensors[0].quantization = {}; }},
      {"clamp_lo within -128..127",
       [](ConvNet& n) { n.record().attributes.Set("clamp_lo", int64_t{-129}); }},
      {"clamp_lo at most clamp_hi",
       [](ConvNet& n) {
         n.record().attributes.Set("clamp_hi", int64_t{-128});
         n.record().attributes.Set("clamp_lo", int64_t{5});
       }},
      {"a function that this runtime knows",
       [](ConvNet& n) { n.record().attributes.Set("function", std::string("frobnicate")); }},
      {"alpha", [](ConvNet& n) { n.record().attributes.Set("function", std::string("elu")); }},
      {"input 4 to be a s8 constant of shape 256",
       [](ConvNet& n) { n.record().attributes.Set("function", std::string("table")); }},
      {"|bias| + 255 * sum |w| of at most 2147483647",
       [](ConvNet& n) { n.bias->values<int32_t>()[3] = INT32_MIN + 1; }},
      {"factors m within 0..2^30", [](ConvNet& n) { n.m->values<float>()[3] = -1.0f; }},
  };
  for (const Case& c : cases) {
    ConvNet net;
    c.change(net);
    const auto session = Session::Create(net.program, {});
    ASSERT_FALSE(session.ok()) << c.sentence;
    EXPECT_EQ(session.status().code(), Code::kInvalidModel);
    EXPECT_THAT(session.status().message(), HasSubstr(c.sentence));
    EXPECT_THAT(session.status().message(), HasSubstr("'c1'"));
  }
}

// The network with a residual r, another input, behind it.
void AddResidual(ConvNet& net) {
  net.program->AddTensor({"r", DType::kS8, {1, 3, 3, 20}, {{0.125f}, {11}}});
  net.program->inputs.push_back({"r", 6, DType::kS8});
  net.record().inputs = {0, 1, 2, 3, -1, 6};
  net.record().attributes.Set("own_scale", 0.2f);
  net.record().attributes.Set("own_zero_point", int64_t{-30});
  net.record().attributes.Set("sum_clamp_lo", int64_t{-7});
}

TEST(ConvS8, ResidualIsAddedByTheRuleOfTwoTensors) {
  ConvNet net;
  AddResidual(net);
  const auto r = Random<int8_t>({1, 3, 3, 20}, -128, 127, 5);
  kernels::DotLayer layer = net.Layer();
  const std::vector<int32_t> own_zero(20, -30);
  layer.end.y_zero_point = own_zero.data();
  std::vector<int8_t> own(180);
  kernels::DotReference(layer, net.x->values<int8_t>().data(), own.data());
  kernels::ElementwiseS8Params sum;
  sum.a_zero_point = -30, sum.b_zero_point = 11, sum.y_zero_point = -7, sum.lo = -7;
  sum.a_multiplier = 0.2f / 0.25f;
  sum.b_multiplier = 0.125f / 0.25f;
  for (const Isa isa : AvailableIsas()) {
    auto session = Session::Create(net.program, {.threads = 2, .isa = isa});
    ASSERT_TRUE(session.ok()) << session.status().message();
    std::memcpy((*session)->input(0).raw, net.x->raw(), net.x->bytes());
    std::memcpy((*session)->input(1).raw, r->raw(), r->bytes());
    ASSERT_TRUE((*session)->Run().ok());
    for (size_t i = 0; i < 180; ++i) {
      ASSERT_EQ((*session)->output(0).data<int8_t>()[i],
                kernels::ElementwiseS8Reference(sum, own[i], r->values<int8_t>()[i]))
          << IsaName(isa) << " " << i;
    }
  }
}

TEST(ConvS8, RefusesAResidualThatDoesNotAgree) {
  struct Case {
    const char* sentence;
    std::function<void(ConvNet&)> change;
  };
  const Case cases[] = {
      {"a residual of shape 1x3x3x20",
       [](ConvNet& n) {
         n.program->tensors[6].shape = {1, 3, 3, 1};
       }},
      {"input 5 to be s8", [](ConvNet& n) { n.program->tensors[6].dtype = DType::kU8; }},
      {"a positive own_scale", [](ConvNet& n) { n.record().attributes.Set("own_scale", -1.0f); }},
      {"a positive own_scale", [](ConvNet& n) { n.record().attributes.Set("own_scale", 1e-42f); }},
      {"own_zero_point within -128..127",
       [](ConvNet& n) { n.record().attributes.Set("own_zero_point", int64_t{128}); }},
      {"sum_clamp_lo at most sum_clamp_hi",
       [](ConvNet& n) { n.record().attributes.Set("sum_clamp_hi", int64_t{-8}); }},
      {"one scale and zero point for tensor 'r'",
       [](ConvNet& n) { n.program->tensors[6].quantization = {}; }},
      {"ratio is at most 2^60", [](ConvNet& n) { n.y().quantization.scale[0] = 1e-30f; }},
      {"output 0 to be s8",
       [](ConvNet& n) {
         n.y().dtype = DType::kF32;
         n.y().quantization = {};
       }},
  };
  for (const Case& c : cases) {
    ConvNet net;
    AddResidual(net);
    c.change(net);
    const auto session = Session::Create(net.program, {});
    ASSERT_FALSE(session.ok()) << c.sentence;
    EXPECT_EQ(session.status().code(), Code::kInvalidModel);
    EXPECT_THAT(session.status().message(), HasSubstr(c.sentence));
  }
}

TEST(ConvS8, WritesPlanesOfFloats) {
  ConvNet net;
  net.y().dtype = DType::kF32;
  net.y().quantization = {};
  net.y().shape = {1, 20, 3, 3};
  net.record().attributes.Set("output_layout", std::string("nchw"));
  kernels::DotLayer layer = net.Layer();
  layer.end.kind = kernels::EndKind::kRealF32;
  layer.y_order = kernels::DotOrder::kChannelMajor;
  ExpectDefinition(net, layer);
  net.record().attributes.Set("output_layout", std::string("chwn"));
  EXPECT_FALSE(Session::Create(net.program, {}).ok());
  net.record().attributes.Set("output_layout", std::string("nchw"));
  net.y().dtype = DType::kS8;
  net.y().quantization = {{0.25f}, {-7}};
  EXPECT_THAT(Session::Create(net.program, {}).status().message(),
              HasSubstr("a dense convolution that gives f32"));
}

TEST(ConvS8, DepthwiseTakesAGridForEachChannel) {
  const int64_t channels = 70;
  const auto w = Random<int8_t>({channels, 3, 3, 1}, -127, 127, 1);
  const auto m = std::make_shared<Tensor>(DType::kF32, Shape{channels});
  std::fill(m->values<float>().begin(), m->values<float>().end(), 0.003f);
  const auto x = Random<int8_t>({1, 4, 5, channels}, -128, 127, 2);
  Quantization grid;
  grid.axis = 3;
  for (int c = 0; c < channels; ++c) {
    grid.scale.push_back(0.1f * static_cast<float>(c + 1));
    grid.zero_point.push_back(c - 40);
  }
  auto program = std::make_shared<Program>();
  program->AddTensor({"x", DType::kS8, {1, 4, 5, channels}, grid});
  program->AddConstant("w", w);
  program->AddConstant("m", m);
  program->AddTensor({"y", DType::kS8, {1, 4, 5, channels}, {{0.25f}, {4}}});
  const std::vector<int64_t> one = {1, 1}, pads = {1, 1, 1, 1};
  program->records.push_back(
      {"conv",
       1,
       "dw",
       {0, 1, -1, 2},
       {3},
       {{"strides", one}, {"pads", pads}, {"dilations", one}, {"groups", channels}}});
  program->inputs = {{"x", 0, DType::kS8}};
  program->outputs = {{"y", 3, DType::kS8}};
  for (const Isa isa : AvailableIsas()) {
    auto session = Session::Create(program, {.threads = 2, .isa = isa});
    ASSERT_TRUE(session.ok()) << session.status().message();
    std::memcpy((*session)->input(0).raw, x->raw(), x->bytes());
    ASSERT_TRUE((*session)->Run().ok());
    const int8_t* y = (*session)->output(0).data<int8_t>();
    // The corner pixel has four taps inside.
    for (int64_t c = 0; c < channels; ++c) {
      int32_t acc = 0;
      for (int64_t ky = 1; ky < 3; ++ky) {
        for (int64_t kx = 1; kx < 3; ++kx) {
          const auto at = static_cast<size_t>(((ky - 1) * 5 + kx - 1) * channels + c);
          acc += (x->values<int8_t>()[at] - grid.zero_point[static_cast<size_t>(c)]) *
                 w->values<int8_t>()[static_cast<size_t>((c * 3 + ky) * 3 + kx)];
        }
      }
      ASSERT_EQ(y[c], numerics::Requantize(acc, 0.003f, -128, 127, 4)) << IsaName(isa) << " " << c;
    }
  }
}

TEST(FullyConnectedS8, IsAConvolutionOverRows) {
  auto program = std::make_shared<Program>();
  const auto w = Random<int8_t>({9, 33}, -127, 127, 1);
  const auto x = Random<int8_t>({2, 3, 33}, -128, 127, 2);
  const auto m = std::make_shared<Tensor>(DType::kF32, Shape{9});
  std::fill(m->values<float>().begin(), m->values<float>().end(), 0.001f);
  program->AddTensor({"x", DType::kS8, {2, 3, 33}, {{0.5f}, {-9}}});
  program->AddConstant("w", w);
  program->AddConstant("m", m);
  program->AddTensor({"y", DType::kS8, {2, 3, 9}, {{0.25f}, {4}}});
  program->records.push_back({"fully_connected", 1, "fc", {0, 1, -1, 2}, {3}, {}});
  program->inputs = {{"x", 0, DType::kS8}};
  program->outputs = {{"y", 3, DType::kS8}};
  auto session = Session::Create(program, {});
  ASSERT_TRUE(session.ok()) << session.status().message();
  std::memcpy((*session)->input(0).raw, x->raw(), x->bytes());
  ASSERT_TRUE((*session)->Run().ok());
  const int8_t* y = (*session)->output(0).data<int8_t>();
  for (size_t row = 0; row < 6; ++row) {
    for (size_t c = 0; c < 9; ++c) {
      int32_t acc = 0;
      for (size_t k = 0; k < 33; ++k) {
        acc += (x->values<int8_t>()[row * 33 + k] + 9) * w->values<int8_t>()[c * 33 + k];
      }
      EXPECT_EQ(y[row * 9 + c], numerics::Requantize(acc, 0.001f, -128, 127, 4));
    }
  }
  auto turned = std::make_shared<Program>(*program);
  turned->tensors[1].shape = {33, 9};
  const auto refused = Session::Create(turned, {});
  ASSERT_FALSE(refused.ok());
  EXPECT_THAT(refused.status().message(), HasSubstr("input [..., K] and weights [N, K]"));
}

}  // namespace
}  // namespace plumb::runtime
