// Cutting a model at tensors named by the user, and inputs that become constants.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "plumb/import/onnx/edge_reshapes.h"
#include "plumb/import/onnx/model_builder.h"
#include "plumb/ir/text.h"

namespace plumb::onnx {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// x -> Relu -> r -> Split -> a, b; a -> Sigmoid -> s; b + y -> t; s -> an operator that nothing reads.
ModelBuilder Branches() {
  ModelBuilder b;
  b.Input("x", {1, 4}).Input("y", {1, 2});
  b.Node("Relu", {"x"}, {"r"});
  b.Node("Split", {"r"}, {"a", "b"}).With("axis", int64_t{1});
  b.Node("Sigmoid", {"a"}, {"s"});
  b.Floats("w", {1, 2}, {1, 2});
  b.Node("Add", {"b", "y"}, {"t"}).Node("Add", {"t", "w"}, {"u"});
  b.Node("NoSuchOperator", {"s"}, {"z"});
  b.Output("z").Output("u");
  return b;
}

ImportOptions CutAt(std::vector<std::string> inputs, std::vector<std::string> outputs) {
  ImportOptions options;
  options.cut.inputs = std::move(inputs);
  options.cut.outputs = std::move(outputs);
  return options;
}

std::vector<std::string> InputsOf(const ImportedModel& model) {
  std::vector<std::string> names;
  for (const ir::Input& input : model.graph.inputs) {
    names.push_back(model.graph.value(input.value).name);
  }
  return names;
}
std::vector<std::string> OutputsOf(const ImportedModel& model) {
  std::vector<std::string> names;
  for (const ir::Output& output : model.graph.outputs) {
    names.push_back(output.name);
  }
  return names;
}

std::string ErrorOf(const ModelBuilder& b, const ImportOptions& options) {
  const auto model = b.Import(options);
  if (model.ok()) {
    return "imported";
  }
  EXPECT_EQ(model.status().code(), Code::kUsage);
  return model.status().message();
}

TEST(Cut, OperatorsBehindTheOutputsNeedNotBeKnown) {
  EXPECT_FALSE(Branches().Import().ok());
  const auto model = Branches().Import(CutAt({}, {"s"}));
  ASSERT_TRUE(model.ok()) << model.status().message();
  EXPECT_THAT(OutputsOf(*model), ElementsAre("s"));
  EXPECT_THAT(InputsOf(*model), ElementsAre("x"));
}

TEST(Cut, OutputsStandInTheGivenOrderAndMayBeRead) {
  const auto model = Branches().Import(CutAt({}, {"u", "s,r"}));
  ASSERT_TRUE(model.ok()) << model.status().message();
  EXPECT_THAT(OutputsOf(*model), ElementsAre("u", "s", "r"));
  EXPECT_THAT(InputsOf(*model), ElementsAre("x", "y"));
}

TEST(Cut, InnerInputTakesTheGivenShapeAndOrder) {
  ImportOptions options = CutAt({"y", "b"}, {"u"});
  options.input_shapes["b"] = {1, 2};
  const auto model = Branches().Import(options);
  ASSERT_TRUE(model.ok()) << model.status().message();
  EXPECT_THAT(InputsOf(*model), ElementsAre("y", "b"));
  EXPECT_EQ(model->graph.value(model->graph.inputs[1].value).type.shape(), (Shape{1, 2}));
}

// Split stays for its other output.
TEST(Cut, NodeThatMakesAnInputAndSomethingElse) {
  ImportOptions options = CutAt({"x", "y", "a"}, {"s", "u"});
  options.input_shapes["a"] = {1, 2};
  const auto model = Branches().Import(options);
  ASSERT_TRUE(model.ok()) << model.status().message();
  EXPECT_THAT(InputsOf(*model), ElementsAre("x", "y", "a"));
}

TEST(Cut, InnerTypesComeFromTheFileOrFromWhatLiesBefore) {
  ModelBuilder b = Branches();
  EXPECT_THAT(ErrorOf(b, CutAt({"b", "y"}, {"u"})), HasSubstr("--input-shape b="));
  ImportOptions inferring = CutAt({"b", "y"}, {"u"});
  inferring.infer = [](ir::Graph& graph) -> Status {
    EXPECT_EQ(graph.outputs.size(), 1U);
    graph.value(graph.outputs[0].value).type = ir::TensorType(DType::kF32, Shape{1, 2});
    return {};
  };
  const auto inferred = b.Import(inferring);
  ASSERT_TRUE(inferred.ok()) << inferred.status().message();
  EXPECT_EQ(inferred->graph.value(inferred->graph.inputs[0].value).type.shape(), (Shape{1, 2}));
  ValueInfoProto& info = *b.model.mutable_graph()->add_value_info();
  info.set_name("b");
  auto* tensor = info.mutable_type()->mutable_tensor_type();
  tensor->set_elem_type(kFloatType);
  tensor->mutable_shape()->add_dim()->set_dim_value(1);
  tensor->mutable_shape()->add_dim()->set_dim_value(2);
  EXPECT_TRUE(b.Import(CutAt({"b", "y"}, {"u"})).ok());
}

TEST(Cut, ErrorsNameTheTensor) {
  const ModelBuilder b = Branches();
  EXPECT_THAT(ErrorOf(b, CutAt({}, {"S"})),
              HasSubstr("--outputs S: the model has no tensor of this name; did you mean"));
  ImportOptions short_of = CutAt({"b"}, {"u"});
  short_of.input_shapes["b"] = {1, 2};
  EXPECT_THAT(ErrorOf(b, short_of), HasSubstr("--inputs leaves out 'y', which is read by Add 't'"));
  EXPECT_THAT(ErrorOf(b, CutAt({"x", "x"}, {"u"})), HasSubstr("--inputs x: named twice"));
  EXPECT_THAT(ErrorOf(b, CutAt({"w", "x"}, {"u"})), HasSubstr("--inputs w: a constant"));
  ImportOptions nothing = CutAt({"s"}, {"s"});
  ImportOptions idle = CutAt({"x", "s"}, {"r"});
  nothing.input_shapes["s"] = idle.input_shapes["s"] = {1, 2};
  EXPECT_THAT(ErrorOf(b, nothing), HasSubstr("nothing lies between"));
  EXPECT_THAT(ErrorOf(b, idle), HasSubstr("--inputs s: no output depends on it"));
}

TEST(Cut, NamesMayHoldCommas) {
  ModelBuilder b;
  b.Input("x", {1, 4}).Node("Relu", {"x"}, {"a,b"}).Node("Neg", {"a,b"}, {"y"}).Output("y");
  const auto model = b.Import(CutAt({}, {"a,b,y"}));
  EXPECT_FALSE(model.ok());  // 'a' is no tensor
  const auto one = b.Import(CutAt({}, {"a,b"}));
  ASSERT_TRUE(one.ok()) << one.status().message();
  EXPECT_THAT(OutputsOf(*one), ElementsAre("a,b"));
}

std::string Written(const ModelBuilder& b) {
  const std::string path = testing::TempDir() + "cut_test.onnx";
  std::ofstream(path, std::ios::binary) << b.Bytes();
  return path;
}

TEST(EdgeReshapes, EndsMoveToWhatComputes) {
  ModelBuilder b;
  b.Input("x", {4}).Ints("n", {1, 4}).Ints("m", {2, 2});
  b.Node("Reshape", {"x", "n"}, {"a"}).Node("Reshape", {"a", "m"}, {"b"});
  b.Node("Relu", {"b"}, {"c"}).Node("Neg", {"c"}, {"d"});
  b.Node("Reshape", {"c", "n"}, {"y"}).Node("Reshape", {"c", "m"}, {"z"}).Output("y").Output("z");
  Cut cut;
  const auto changed = CutEdgeReshapes(Written(b), cut);
  ASSERT_TRUE(changed.ok()) << changed.status().message();
  EXPECT_THAT(cut.inputs, ElementsAre("b"));
  EXPECT_THAT(cut.outputs, ElementsAre("c", "z"));  // 'c' is an output once
  EXPECT_EQ(changed->size(), 2U);
}

TEST(EdgeReshapes, WhatIsReadElsewhereStays) {
  ModelBuilder b;
  b.Input("x", {4}).Ints("n", {1, 4});
  b.Node("Reshape", {"x", "n"}, {"a"}).Node("Relu", {"x"}, {"c"}).Node("Add", {"a", "c"}, {"y"});
  b.Node("Reshape", {"x", "n"}, {"z"}).Output("y").Output("z");
  Cut cut;
  const auto changed = CutEdgeReshapes(Written(b), cut);
  ASSERT_TRUE(changed.ok()) << changed.status().message();
  EXPECT_TRUE(changed->empty());
  EXPECT_TRUE(cut.empty());
}

TEST(InputShape, WithoutTheBatchIsOneSample) {
  ModelBuilder b;
  b.Input("x", {-2, 3, -3}).Node("Relu", {"x"}, {"y"}).Output("y");
  ImportOptions options;
  options.input_shapes["x"] = {3, 8};
  const auto model = b.Import(options);
  ASSERT_TRUE(model.ok()) << model.status().message();
  EXPECT_EQ(model->graph.value(model->graph.inputs[0].value).type.shape(), (Shape{1, 3, 8}));
  options.input_shapes["x"] = {8};
  EXPECT_THAT(ErrorOf(b, options), HasSubstr("the model declares"));
}

TEST(Constant, InputBecomesOneWithItsOwnType) {
  ImportOptions options = CutAt({}, {"u"});
  options.cut.constants.emplace("y", Tensor::Of<double>({1, 2}, std::vector<double>{3, 4}));
  const auto model = Branches().Import(options);
  ASSERT_TRUE(model.ok()) << model.status().message();
  EXPECT_THAT(InputsOf(*model), ElementsAre("x"));
  const std::string text = ir::Print(model->graph, {-1});
  EXPECT_THAT(text, HasSubstr("3, 4")) << text;
}

TEST(Constant, ErrorsNameTheInput) {
  ModelBuilder b;
  b.Input("x", {1, 4}).Input("n", {1}, kInt64Type).Node("Reshape", {"x", "n"}, {"y"}).Output("y");
  ImportOptions options;
  options.cut.constants.emplace("n", Tensor::Of<float>({1}, std::vector<float>{2.5F}));
  EXPECT_THAT(ErrorOf(b, options), HasSubstr("--constant n: value 2.5 is no s64"));
  options.cut.constants.clear();
  options.cut.constants.emplace("n", Tensor::Of<int32_t>({2}, std::vector<int32_t>{1, 4}));
  EXPECT_THAT(ErrorOf(b, options), HasSubstr("shape 2; expected 1"));
  options.cut.constants.clear();
  options.cut.constants.emplace("m", Tensor::Of<int32_t>({1}, std::vector<int32_t>{4}));
  EXPECT_THAT(ErrorOf(b, options), HasSubstr("--constant m: no input of the model"));
  options.cut.constants.clear();
  options.cut.constants.emplace("n", Tensor::Of<int32_t>({1}, std::vector<int32_t>{4}));
  EXPECT_TRUE(b.Import(options).ok());
}

}  // namespace
}  // namespace plumb::onnx
