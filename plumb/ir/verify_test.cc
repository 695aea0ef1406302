#include "plumb/ir/verify.h"

#include <gtest/gtest.h>

namespace plumb::ir {
namespace {

Graph Small() {
  Graph g;
  const ValueId x = g.AddInput("x", TensorType(DType::kF32, Shape{1, 4}));
  const ValueId c = g.AddConstant("c", Tensor::Of<float>({4}, {1, 2, 3, 4}));
  const ValueId a = g.Emit("add", "a", {x, c});
  g.AddOutput("y", a);
  return g;
}

void ExpectRefused(const Graph& g, std::string_view part) {
  const Status status = Verify(g);
  ASSERT_FALSE(status.ok());
  EXPECT_NE(status.message().find(part), std::string::npos) << status.message();
}

TEST(Verify, AcceptsASoundGraph) {
  const Status status = Verify(Small());
  EXPECT_TRUE(status.ok()) << status.message();
}

TEST(Verify, AReadValueMustBeMade) {
  Graph g = Small();
  const ValueId loose = g.AddValue("loose");
  g.SetInput(0, 1, loose);
  ExpectRefused(g, "'loose', which is no input");
}

TEST(Verify, AGraphOutputMustBeMade) {
  Graph g = Small();
  g.RemoveNode(0);
  ExpectRefused(g, "graph output 'y'");
}

TEST(Verify, NamesAreUnique) {
  Graph g = Small();
  g.value(*g.FindValue("a")).name = "x";
  ExpectRefused(g, "named 'x'");
}

TEST(Verify, ConstantsAgreeWithTheirType) {
  Graph g = Small();
  g.value(*g.FindValue("c")).type = TensorType(DType::kF32, Shape{2, 2});
  ExpectRefused(g, "its data are f32[4]");
}

TEST(Verify, AConstantHasNoProducer) {
  Graph g = Small();
  g.value(*g.FindValue("a")).constant = std::make_shared<const Tensor>(DType::kF32, Shape{1, 4});
  ExpectRefused(g, "also made by a node");
}

TEST(Verify, GridsFitTypeAndShape) {
  Graph g = Small();
  Value& a = g.value(*g.FindValue("a"));
  a.type = TensorType(DType::kS8, Shape{1, 4});
  a.quantization = {{0.5f}, {0}, -1};
  EXPECT_TRUE(Verify(g).ok());
  a.quantization = {{0.5f}, {128}, -1};
  ExpectRefused(g, "zero point 128");
  a.quantization = {{0.0f}, {0}, -1};
  ExpectRefused(g, "scale 0");
  a.quantization = {{0.5f, 0.5f}, {0, 0}, 1};
  ExpectRefused(g, "expected 4");
  a.quantization = {{0.5f}, {0}, 2};
  ExpectRefused(g, "axis 2");
}

TEST(Verify, CyclesAreRefused) {
  Graph g = Small();
  g.SetInput(0, 1, *g.FindValue("a"));
  ExpectRefused(g, "cycle");
}

TEST(Verify, OutputNamesAreUnique) {
  Graph g = Small();
  g.AddOutput("y", *g.FindValue("x"));
  ExpectRefused(g, "two graph outputs");
}

}  // namespace
}  // namespace plumb::ir
