#include "plumb/ir/graph.h"

#include <gtest/gtest.h>

namespace plumb::ir {
namespace {

Graph Chain() {
  Graph g;
  const ValueId x = g.AddInput("x", TensorType(DType::kF32, Shape{1, 4}));
  const ValueId a = g.Emit("relu", "a", {x});
  const ValueId b = g.Emit("sigmoid", "b", {a});
  g.AddOutput("y", b);
  return g;
}

TEST(Graph, NamesAreMadeUnique) {
  Graph g;
  EXPECT_EQ(g.value(g.AddValue("x")).name, "x");
  EXPECT_EQ(g.value(g.AddValue("x")).name, "x.1");
  EXPECT_EQ(g.value(g.AddValue("x")).name, "x.2");
}

TEST(Graph, ReplaceUsesMovesReadersAndOutputs) {
  Graph g = Chain();
  const ValueId a = *g.FindValue("a");
  const ValueId b = *g.FindValue("b");
  g.ReplaceUses(b, a);
  EXPECT_EQ(g.outputs[0].value, a);
  EXPECT_EQ(g.outputs[0].name, "y");
  EXPECT_EQ(g.RemoveDeadNodes(), 1);
  EXPECT_EQ(g.Order().size(), 1u);
}

TEST(Graph, TakeOutputLetsARewrittenNodeKeepTheOldValue) {
  Graph g = Chain();
  const ValueId b = *g.FindValue("b");
  const NodeId old = g.value(b).producer;
  const ValueId fresh = g.Emit("tanh", "t", {*g.FindValue("x")});
  g.TakeOutput(g.value(fresh).producer, 0, b);
  g.RemoveNode(old);
  EXPECT_EQ(g.node(g.value(b).producer).op, "tanh");
  EXPECT_EQ(g.outputs[0].value, b);
}

TEST(Graph, ACycleIsAnErrorThatNamesANode) {
  Graph g = Chain();
  g.SetInput(g.value(*g.FindValue("a")).producer, 0, *g.FindValue("b"));
  const auto order = g.TopologicalOrder();
  ASSERT_FALSE(order.ok());
  EXPECT_NE(order.status().message().find("cycle through node 'a'"), std::string::npos);
}

TEST(Graph, CopyIsIndependent) {
  Graph g = Chain();
  Graph copy = g;
  copy.value(*copy.FindValue("a")).name = "renamed";
  EXPECT_EQ(g.value(*g.FindValue("a")).name, "a");
}

}  // namespace
}  // namespace plumb::ir
