#include "plumb/export/onnx/export_onnx.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <random>

#include "onnx.pb.h"

namespace plumb::exporting {
namespace {

using artifact::Program;

template <typename T>
int32_t Constant(Program& p, std::string name, Shape shape, const std::vector<T>& values,
                 Quantization grid = {}) {
  return p.AddConstant(std::move(name),
                       std::make_shared<const Tensor>(Tensor::Of<T>(std::move(shape), values)),
                       std::move(grid));
}

void AddRecord(Program& p, std::string op, std::vector<int32_t> inputs,
               std::vector<int32_t> outputs, Attributes attributes = {}) {
  artifact::Record record;
  record.op = std::move(op);
  record.name = "layer_" + std::to_string(p.records.size());
  record.inputs = std::move(inputs);
  record.outputs = std::move(outputs);
  record.attributes = std::move(attributes);
  p.records.push_back(std::move(record));
}

constexpr float kX = 0.05f, kY = 0.1f;
const std::vector<float> kW = {0.01f, 0.03f};

// A picture [1,2,2,3] on the grid of x, and a 1x1 convolution to two channels.
struct ConvCase {
  Program program;
  int32_t x, w, bias, m, y;
};
ConvCase MakeConv(Attributes attributes, Quantization y_grid = {{kY}, {5}, -1},
                  Quantization x_grid = {{kX}, {-7}, -1}, float m_factor = 1.0f) {
  ConvCase c;
  Program& p = c.program;
  p.name = "net";
  c.x = p.AddTensor({"x", DType::kS8, {1, 2, 2, 3}, std::move(x_grid), -1});
  c.w = Constant<int8_t>(p, "w", {2, 1, 1, 3}, {1, -2, 3, 4, 5, -6}, {kW, {0, 0}, 0});
  c.bias = Constant<int32_t>(p, "b", {2}, {100, -200});
  std::vector<float> m;
  for (float w : kW) {
    const float product = kX * w;
    m.push_back(product / kY * m_factor);
  }
  c.m = Constant<float>(p, "m", {2}, m);
  const bool real = y_grid.empty();
  c.y = p.AddTensor({"y", real ? DType::kF32 : DType::kS8, {1, 2, 2, 2}, std::move(y_grid), -1});
  AddRecord(p, "conv", {c.x, c.w, c.bias, c.m}, {c.y}, std::move(attributes));
  p.inputs.push_back({"x", c.x, DType::kS8});
  p.outputs.push_back({"y", c.y, real ? DType::kF32 : DType::kS8});
  return c;
}

std::vector<std::string> Ops(const OnnxGraph& graph) {
  std::vector<std::string> ops;
  for (const OnnxGraph::Node& node : graph.nodes()) {
    ops.push_back(node.op);
  }
  return ops;
}

OnnxGraph Built(const Program& program, OnnxForm form, OnnxExport* how = nullptr) {
  OnnxExport ignored;
  OnnxOptions options;
  options.form = form;
  auto graph = BuildOnnx(program, options, how != nullptr ? *how : ignored);
  EXPECT_TRUE(graph.ok()) << graph.status().message();
  return graph.ok() ? std::move(graph).value() : OnnxGraph();
}

std::string Refusal(const Program& program, OnnxForm form = OnnxForm::kQOperator) {
  OnnxExport ignored;
  OnnxOptions options;
  options.form = form;
  const auto graph = BuildOnnx(program, options, ignored);
  EXPECT_FALSE(graph.ok());
  return graph.ok() ? "" : graph.status().message();
}

const OnnxGraph::Node& NodeOf(const OnnxGraph& graph, std::string_view op) {
  const auto node = std::find_if(graph.nodes().begin(), graph.nodes().end(),
                                 [&](const OnnxGraph::Node& n) { return n.op == op; });
  EXPECT_NE(node, graph.nodes().end()) << op;
  return *node;
}

template <typename T>
std::vector<T> Values(const OnnxGraph& graph, const std::string& name) {
  const auto values = graph.constants().at(name).values<T>();
  return {values.begin(), values.end()};
}

using Strings = std::vector<std::string>;

TEST(ExportOnnx, AConvolutionBecomesQLinearConvWithItsOwnScales) {
  OnnxExport how;
  const OnnxGraph graph = Built(MakeConv({}).program, OnnxForm::kQOperator, &how);
  EXPECT_EQ(Ops(graph), (Strings{"Transpose", "QLinearConv", "Transpose", "Identity"}));
  const OnnxGraph::Node& conv = NodeOf(graph, "QLinearConv");
  EXPECT_EQ(Values<float>(graph, conv.inputs[1]), std::vector<float>{kX});
  EXPECT_EQ(Values<int8_t>(graph, conv.inputs[2]), std::vector<int8_t>{-7});
  EXPECT_EQ(Values<float>(graph, conv.inputs[4]), kW);
  EXPECT_EQ(Values<float>(graph, conv.inputs[6]), std::vector<float>{kY});
  EXPECT_EQ(Values<int8_t>(graph, conv.inputs[7]), std::vector<int8_t>{5});
  EXPECT_EQ(graph.constants().at(conv.inputs[3]).shape(), (Shape{2, 3, 1, 1}));
  EXPECT_TRUE(how.records[0].exact);
}

TEST(ExportOnnx, WhereMIsNotTheProductOfTheScalesItIsStatedItself) {
  const ConvCase c = MakeConv({}, {{kY}, {5}, -1}, {{kX}, {-7}, -1}, 1.00001f);
  const OnnxGraph graph = Built(c.program, OnnxForm::kQOperator);
  const OnnxGraph::Node& conv = NodeOf(graph, "QLinearConv");
  EXPECT_EQ(Values<float>(graph, conv.inputs[1]), std::vector<float>{1.0f});
  EXPECT_EQ(Values<float>(graph, conv.inputs[6]), std::vector<float>{1.0f});
  const auto* m = static_cast<const float*>(c.program.constants[2].data);
  EXPECT_EQ(Values<float>(graph, conv.inputs[4]), std::vector<float>(m, m + 2));
}

TEST(ExportOnnx, AClampIsAnIntegerClip) {
  const OnnxGraph graph = Built(MakeConv({{"clamp_lo", int64_t{5}}}).program, OnnxForm::kQOperator);
  const OnnxGraph::Node& clip = NodeOf(graph, "Clip");
  EXPECT_EQ(Values<int8_t>(graph, clip.inputs[1]), std::vector<int8_t>{5});
  EXPECT_EQ(Values<int8_t>(graph, clip.inputs[2]), std::vector<int8_t>{127});
  EXPECT_EQ(Ops(Built(MakeConv({{"clamp_lo", int64_t{5}}}).program, OnnxForm::kQdq))[5], "Relu");
}

TEST(ExportOnnx, GridsOfChannelsTakeConvInteger) {
  const OnnxGraph graph =
      Built(MakeConv({}, {{0.1f, 0.2f}, {5, -3}, 3}).program, OnnxForm::kQOperator);
  EXPECT_EQ(Ops(graph), (Strings{"Transpose", "ConvInteger", "Add", "Cast", "Mul", "QuantizeLinear",
                                 "Transpose", "Identity"}));
  EXPECT_EQ(NodeOf(graph, "QuantizeLinear").attributes.Int("axis", -1), 1);
}

TEST(ExportOnnx, ZeroPointsOfInputChannelsTakeAFloatConvolutionOfIntegers) {
  OnnxExport how;
  const OnnxGraph graph =
      Built(MakeConv({}, {{kY}, {5}, -1}, {{kX, kX, kX}, {-7, 3, 0}, 3}).program,
            OnnxForm::kQOperator, &how);
  EXPECT_EQ(NodeOf(graph, "Conv").outputs.size(), 1U);
  const OnnxGraph::Node& steps = NodeOf(graph, "DequantizeLinear");
  EXPECT_EQ(Values<float>(graph, steps.inputs[1]), (std::vector<float>{1, 1, 1}));
  EXPECT_EQ(Values<int8_t>(graph, steps.inputs[2]), (std::vector<int8_t>{-7, 3, 0}));
  EXPECT_TRUE(how.records[0].exact);
}

TEST(ExportOnnx, AFunctionBeforeTheRoundingBecomesComparisons) {
  OnnxExport how;
  const OnnxGraph graph =
      Built(MakeConv({{"function", std::string("silu")}}).program, OnnxForm::kQOperator, &how);
  EXPECT_TRUE(how.records[0].exact);
  NodeOf(graph, "GreaterOrEqual");
  for (const std::string& op : Ops(graph)) {
    EXPECT_NE(op, "Sigmoid");
  }
  OnnxExport qdq;
  NodeOf(Built(MakeConv({{"function", std::string("silu")}}).program, OnnxForm::kQdq, &qdq),
         "Sigmoid");
  EXPECT_FALSE(qdq.records[0].exact);
  EXPECT_EQ(qdq.records[0].bound, 1);
}

TEST(ExportOnnx, ATableFollowsAsGather) {
  ConvCase c = MakeConv({{"function", std::string("table")}, {"mid_zero_point", int64_t{9}}});
  std::vector<int8_t> table(256);
  for (int i = 0; i < 256; ++i) {
    table[static_cast<size_t>(i)] = static_cast<int8_t>(i - 128);
  }
  c.program.records[0].inputs.push_back(Constant<int8_t>(c.program, "table", {256}, table));
  const OnnxGraph graph = Built(c.program, OnnxForm::kQOperator);
  EXPECT_EQ(Values<int8_t>(graph, NodeOf(graph, "QLinearConv").inputs[7]), std::vector<int8_t>{9});
  const std::vector<int8_t> turned = Values<int8_t>(graph, NodeOf(graph, "Gather").inputs[0]);
  EXPECT_EQ(turned[0], 0);     // of the byte 0
  EXPECT_EQ(turned[255], -1);  // of the byte -1, which counts from the end
  EXPECT_EQ(turned[128], -128);
}

TEST(ExportOnnx, TransposesBetweenLayersVanish) {
  Program p;
  const int32_t x = p.AddTensor({"x", DType::kF32, {1, 3, 2, 2}, {}, -1});
  const int32_t q = p.AddTensor({"q", DType::kS8, {1, 3, 2, 2}, {{kX}, {-7}, -1}, -1});
  const int32_t t = p.AddTensor({"t", DType::kS8, {1, 2, 2, 3}, {{kX}, {-7}, -1}, -1});
  const int32_t pool = p.AddTensor({"pool", DType::kS8, {1, 1, 1, 3}, {{kX}, {-7}, -1}, -1});
  const int32_t back = p.AddTensor({"back", DType::kS8, {1, 3, 1, 1}, {{kX}, {-7}, -1}, -1});
  AddRecord(p, "quantize", {x}, {q});
  AddRecord(p, "transpose", {q}, {t}, {{"perm", std::vector<int64_t>{0, 2, 3, 1}}});
  AddRecord(p, "max_pool", {t}, {pool}, {{"kernel", std::vector<int64_t>{2, 2}}});
  AddRecord(p, "transpose", {pool}, {back}, {{"perm", std::vector<int64_t>{0, 3, 1, 2}}});
  p.inputs.push_back({"x", x, DType::kF32});
  p.outputs.push_back({"out", back, DType::kF32});
  EXPECT_EQ(Ops(Built(p, OnnxForm::kQOperator)),
            (Strings{"QuantizeLinear", "MaxPool", "DequantizeLinear", "Identity"}));
}

// The convolution rounds to its own grid; the sum is that of two tensors.
TEST(ExportOnnx, AResidualIsAddedToTheRoundedConvolution) {
  constexpr float kOwn = 0.04f, kResidual = 0.03f;
  ConvCase c = MakeConv(
      {{"own_scale", kOwn}, {"own_zero_point", int64_t{-11}}, {"sum_clamp_lo", int64_t{5}}});
  Program& p = c.program;
  const int32_t r = p.AddTensor({"r", DType::kS8, {1, 2, 2, 2}, {{kResidual}, {9}, -1}, -1});
  p.records[0].inputs.resize(6, -1);
  p.records[0].inputs[5] = r;
  p.inputs.push_back({"r", r, DType::kS8});
  const OnnxGraph graph = Built(p, OnnxForm::kQOperator);
  EXPECT_EQ(Ops(graph),
            (Strings{"Transpose", "QLinearConv", "Cast", "Sub", "Mul", "Transpose", "Cast", "Sub",
                     "Mul", "Add", "QuantizeLinear", "Clip", "Transpose", "Identity"}));
  EXPECT_EQ(Values<int8_t>(graph, NodeOf(graph, "QLinearConv").inputs[7]),
            std::vector<int8_t>{-11});
  EXPECT_EQ(Values<float>(graph, graph.nodes()[3].inputs[1]), std::vector<float>{-11});
  EXPECT_EQ(Values<float>(graph, graph.nodes()[4].inputs[1]), std::vector<float>{kOwn / kY});
  EXPECT_EQ(Values<float>(graph, graph.nodes()[8].inputs[1]), std::vector<float>{kResidual / kY});
  EXPECT_EQ(Values<int8_t>(graph, NodeOf(graph, "Clip").inputs[1]), std::vector<int8_t>{5});
  OnnxExport qdq;
  Built(p, OnnxForm::kQdq, &qdq);
  EXPECT_EQ(qdq.records[0].bound, 1);
}

TEST(ExportOnnx, PlanesNeedNoTranspose) {
  ConvCase c = MakeConv({{"output_layout", std::string("nchw")}}, {});
  Program& p = c.program;
  p.tensors[static_cast<size_t>(c.y)].shape = {1, 2, 2, 2};
  EXPECT_EQ(Ops(Built(p, OnnxForm::kQOperator)),
            (Strings{"Transpose", "ConvInteger", "Add", "Cast", "Mul", "Identity"}));
}

TEST(ExportOnnx, QuantizeMayTurnAPicture) {
  Program p;
  const int32_t x = p.AddTensor({"x", DType::kF32, {1, 3, 2, 2}, {}, -1});
  const int32_t q =
      p.AddTensor({"q", DType::kS8, {1, 2, 2, 3}, {{0.1f, 0.2f, 0.3f}, {1, 2, 3}, 3}, -1});
  AddRecord(p, "quantize", {x}, {q}, {{"perm", std::vector<int64_t>{0, 2, 3, 1}}});
  p.inputs = {{"x", x, DType::kF32}};
  p.outputs = {{"y", q, DType::kS8}};
  const OnnxGraph graph = Built(p, OnnxForm::kQOperator);
  EXPECT_EQ(Ops(graph), (Strings{"QuantizeLinear", "Transpose", "Identity"}));
  EXPECT_EQ(graph.nodes()[0].attributes.Int("axis", -1), 1);  // the channels of the planes
  EXPECT_EQ(graph.nodes()[1].attributes.Ints("perm"), (std::vector<int64_t>{0, 2, 3, 1}));
}

// Integers of two grids side by side are moved as they are: the output's grid says nothing of them.
TEST(ExportOnnx, MovesDequantizeOnlyWhatHasOneGrid) {
  for (const bool one_grid : {true, false}) {
    Program p;
    const int32_t a = p.AddTensor({"a", DType::kS8, {1, 2}, {{0.1f}, {1}, -1}, -1});
    const int32_t b =
        p.AddTensor({"b", DType::kS8, {1, 2}, {{one_grid ? 0.1f : 0.2f}, {1}, -1}, -1});
    const Quantization both = one_grid ? Quantization{{0.1f}, {1}, -1}
                                       : Quantization{{0.1f, 0.1f, 0.2f, 0.2f}, {1, 1, 1, 1}, 1};
    const int32_t y = p.AddTensor({"y", DType::kS8, {1, 4}, both, -1});
    AddRecord(p, "concat", {a, b}, {y}, {{"axis", int64_t{1}}});
    p.inputs = {{"a", a, DType::kS8}, {"b", b, DType::kS8}};
    p.outputs = {{"out", y, DType::kS8}};
    EXPECT_EQ(Ops(Built(p, OnnxForm::kQdq)), one_grid
                                                 ? (Strings{"DequantizeLinear", "DequantizeLinear",
                                                            "Concat", "QuantizeLinear", "Identity"})
                                                 : (Strings{"Concat", "Identity"}));
  }
}

TEST(ExportOnnx, SumsUseTheRatiosOfTheScales) {
  Program p;
  const int32_t a = p.AddTensor({"a", DType::kS8, {4}, {{0.02f}, {1}, -1}, -1});
  const int32_t b = p.AddTensor({"b", DType::kS8, {4}, {{0.03f}, {-2}, -1}, -1});
  const int32_t y = p.AddTensor({"y", DType::kS8, {4}, {{0.07f}, {3}, -1}, -1});
  AddRecord(p, "add", {a, b}, {y});
  p.inputs = {{"a", a, DType::kS8}, {"b", b, DType::kS8}};
  p.outputs = {{"y", y, DType::kS8}};
  const OnnxGraph graph = Built(p, OnnxForm::kQOperator);
  EXPECT_EQ(Values<float>(graph, NodeOf(graph, "Sub").inputs[1]), std::vector<float>{1});
  EXPECT_EQ(Values<float>(graph, NodeOf(graph, "Mul").inputs[1]),
            std::vector<float>{0.02f / 0.07f});
  EXPECT_EQ(Values<float>(graph, NodeOf(graph, "QuantizeLinear").inputs[1]),
            std::vector<float>{1.0f});
  const OnnxGraph qdq = Built(p, OnnxForm::kQdq);
  EXPECT_EQ(Values<float>(qdq, qdq.nodes()[0].inputs[1]), std::vector<float>{0.02f});
}

TEST(ExportOnnx, WhatItDoesNotKnowIsRefusedByName) {
  ConvCase attribute = MakeConv({{"winograd", int64_t{1}}});
  EXPECT_EQ(Refusal(attribute.program),
            "record 0 'layer_0' (conv): the exporter does not know its attribute 'winograd'");
  ConvCase version = MakeConv({});
  version.program.records[0].version = 2;
  EXPECT_EQ(Refusal(version.program),
            "record 0 'layer_0' (conv): version 2 of it; the exporter knows version 1");
  ConvCase inputs = MakeConv({});
  inputs.program.records[0].inputs.resize(7, inputs.x);
  EXPECT_EQ(Refusal(inputs.program), "record 0 'layer_0' (conv): 7 inputs; the exporter knows 6");
  ConvCase kind = MakeConv({});
  kind.program.records[0].op = "frobnicate";
  EXPECT_EQ(Refusal(kind.program, OnnxForm::kQdq),
            "record 0 'layer_0' (frobnicate): it has no form in ONNX that the exporter knows");
  ConvCase type = MakeConv({});
  type.program.tensors[static_cast<size_t>(type.x)].dtype = DType::kS16;
  EXPECT_EQ(
      Refusal(type.program),
      "record 0 'layer_0' (conv): tensor 'x' holds s16 on a grid; the exporter writes s8 and u8");
  ConvCase function = MakeConv({{"function", std::string("exp")}});
  EXPECT_NE(Refusal(function.program).find("no bound is known for the slope of 'exp'"),
            std::string::npos);
}

TEST(ExportOnnx, EveryRefusalIsShownOnce) {
  Program p;
  const int32_t x = p.AddTensor({"x", DType::kF32, {4}, {}, -1});
  std::vector<int32_t> chain = {x};
  for (int i = 0; i < 3; ++i) {
    chain.push_back(p.AddTensor({"t" + std::to_string(i), DType::kF32, {4}, {}, -1}));
    AddRecord(p, i == 1 ? "relu" : "frobnicate", {chain[static_cast<size_t>(i)]}, {chain.back()});
  }
  p.inputs = {{"x", x, DType::kF32}};
  p.outputs = {{"y", chain.back(), DType::kF32}};
  const std::string message = Refusal(p);
  EXPECT_TRUE(message.starts_with("2 records cannot be written as ONNX:\n  record 0")) << message;
}

// A float that differs leads to integers that may: no claim of the same bits behind it.
TEST(ExportOnnx, TheBoundOfAnApproximateFloatReachesTheIntegersMadeOfIt) {
  for (const char* function : {"none", "sigmoid", "exp"}) {
    ConvCase c = MakeConv({{"function", std::string(function)}}, {});
    Program& p = c.program;
    const int32_t q = p.AddTensor({"q", DType::kS8, {1, 2, 2, 2}, {{kY}, {0}, -1}, -1});
    AddRecord(p, "quantize", {c.y}, {q});
    p.outputs.push_back({"q", q, DType::kS8});
    const int bound = std::string_view(function) == "exp" ? -1 : 1;  // of unknown slope
    OnnxExport qdq;
    Built(p, OnnxForm::kQdq, &qdq);
    EXPECT_FALSE(qdq.records[1].exact) << function;
    EXPECT_EQ(qdq.records[1].bound, bound) << function;
    OnnxExport qoperator;
    Built(p, OnnxForm::kQOperator, &qoperator);
    EXPECT_EQ(qoperator.records[1].exact, std::string_view(function) == "none");
  }
}

// Its integers are made of the layer's sums, by comparisons, not of the function's nodes.
TEST(ExportOnnx, AFunctionOfItsOwnBeforeARoundingIsAStaircaseToo) {
  ConvCase c = MakeConv({}, {});
  Program& p = c.program;
  const int32_t f = p.AddTensor({"f", DType::kF32, {1, 2, 2, 2}, {}, -1});
  const int32_t q = p.AddTensor({"q", DType::kS8, {1, 2, 2, 2}, {{0.1f, 0.2f}, {0, 3}, 3}, -1});
  AddRecord(p, "elu", {c.y}, {f}, {{"alpha", 1.0f}});
  AddRecord(p, "quantize", {f}, {q});
  p.outputs = {{"q", q, DType::kS8}};
  OnnxExport how;
  const OnnxGraph graph = Built(p, OnnxForm::kQOperator, &how);
  EXPECT_TRUE(how.records[2].exact);
  EXPECT_EQ(NodeOf(graph, "GreaterOrEqual").inputs[0], NodeOf(graph, "Elu").inputs[0]);
  OnnxExport qdq;
  Built(p, OnnxForm::kQdq, &qdq);
  EXPECT_EQ(qdq.records[2].bound, 1);
}

class ExportedFile : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() /
              ("plumb_export_" + std::to_string(std::random_device()()));
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  [[nodiscard]] std::string Path(const char* name) const { return (folder_ / name).string(); }
  static onnx::ModelProto Parse(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    onnx::ModelProto model;
    EXPECT_TRUE(model.ParseFromIstream(&in));
    return model;
  }
  std::filesystem::path folder_;
};

TEST_F(ExportedFile, HoldsTheGraphAndTheWeights) {
  OnnxOptions options;
  options.form = OnnxForm::kQOperator;
  options.keep_tensors = true;
  const auto result = ExportOnnx(MakeConv({}).program, options, Path("net.onnx"));
  ASSERT_TRUE(result.ok()) << result.status().message();
  EXPECT_EQ(result->files.model_bytes, std::filesystem::file_size(Path("net.onnx")));
  EXPECT_TRUE(result->files.data.empty());
  const onnx::ModelProto model = Parse(Path("net.onnx"));
  EXPECT_EQ(model.opset_import(0).version(), kOnnxOpset);
  EXPECT_EQ(model.graph().node_size(), static_cast<int>(result->nodes));
  EXPECT_EQ(model.graph().input(0).name(), "x");
  EXPECT_EQ(model.graph().output(0).name(), "y");
  ASSERT_EQ(result->tensors.size(), 1U);
  EXPECT_EQ(model.graph().output(1).name(), result->tensors[0].output);
}

TEST_F(ExportedFile, KeepsLargeWeightsBesideTheModel) {
  Program p;
  const int32_t x = p.AddTensor({"x", DType::kF32, {1, 64}, {}, -1});
  std::vector<float> weights(64 * 8);
  for (size_t i = 0; i < weights.size(); ++i) {
    weights[i] = static_cast<float>(i);
  }
  const int32_t w = Constant<float>(p, "w", {64, 8}, weights);
  const int32_t y = p.AddTensor({"y", DType::kF32, {1, 8}, {}, -1});
  AddRecord(p, "matmul", {x, w}, {y});
  p.inputs = {{"x", x, DType::kF32}};
  p.outputs = {{"y", y, DType::kF32}};
  OnnxOptions options;
  options.most_inside = 1000;
  const auto result = ExportOnnx(p, options, Path("net.onnx"));
  ASSERT_TRUE(result.ok()) << result.status().message();
  EXPECT_EQ(result->files.data, Path("net.onnx.data"));
  EXPECT_EQ(result->files.data_bytes, weights.size() * sizeof(float));
  const onnx::ModelProto model = Parse(Path("net.onnx"));
  const onnx::TensorProto& tensor = model.graph().initializer(0);
  EXPECT_EQ(tensor.data_location(), 1);
  EXPECT_EQ(tensor.external_data(0).value(), "net.onnx.data");
  EXPECT_EQ(tensor.external_data(1).value(), "0");
  EXPECT_EQ(tensor.external_data(2).value(), std::to_string(weights.size() * sizeof(float)));
  std::ifstream data(Path("net.onnx.data"), std::ios::binary);
  std::vector<float> read(weights.size());
  data.read(reinterpret_cast<char*>(read.data()),
            static_cast<std::streamsize>(read.size() * sizeof(float)));
  EXPECT_EQ(read, weights);
}

TEST_F(ExportedFile, AFolderThatIsNotThereLeavesNothing) {
  const auto result = ExportOnnx(MakeConv({}).program, {}, Path("no/net.onnx"));
  ASSERT_FALSE(result.ok());
  EXPECT_NE(result.status().message().find("no/net.onnx"), std::string::npos);
  EXPECT_TRUE(std::filesystem::is_empty(folder_));
}

TEST(OnnxGraphNames, AreUniqueAndPortsKeepTheirs) {
  OnnxGraph graph;
  graph.Reserve("y");
  EXPECT_EQ(graph.UniqueName("y"), "y_2");
  EXPECT_EQ(graph.UniqueName("y"), "y_3");
  EXPECT_EQ(graph.UniqueName("a"), "a");
  EXPECT_EQ(graph.Scalar("one", 1.0f), graph.Scalar("another", 1.0f));
  EXPECT_NE(graph.Scalar("one", 1.0f),
            graph.Scalar("one", int32_t{0x3f800000}));  // the same bytes, another type
}

}  // namespace
}  // namespace plumb::exporting
