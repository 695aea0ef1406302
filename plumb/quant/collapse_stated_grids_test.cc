#include "plumb/quant/collapse_stated_grids.h"

#include <gtest/gtest.h>

#include "plumb/ir/verify.h"

namespace plumb::quant {
namespace {

const ir::TensorType kReal(DType::kF32, Shape{1, 4});

// Values by name: x -> relu -> "v"; then whatever a test adds.
struct Net {
  Net() {
    x = graph.AddInput("x", kReal);
    v = graph.Emit("relu", "v", {x}, {}, kReal);
  }
  // The real value behind a pair on the grid.
  ir::ValueId Pair(ir::ValueId in, const std::string& name, DType dtype, Quantization grid) {
    const ir::ValueId q =
        graph.Emit("quantize", name + "_q", {in}, {{"dtype", std::string(DTypeName(dtype))}},
                   ir::TensorType(dtype, Shape{1, 4}));
    graph.value(q).quantization = std::move(grid);
    return graph.Emit("dequantize", name, {q}, {}, kReal);
  }
  ir::Graph graph;
  ir::ValueId x, v;
};

int Count(const ir::Graph& graph, std::string_view op) {
  int count = 0;
  for (ir::NodeId id : graph.Order()) {
    count += graph.node(id).op == op;
  }
  return count;
}

TEST(CollapseStatedGrids, UnsignedGridsMoveBy128) {
  Net net;
  const ir::ValueId d = net.Pair(net.v, "d", DType::kU8, {{0.5f}, {3}, -1});
  const ir::ValueId y = net.graph.Emit("exp", "y", {d}, {}, kReal);
  net.graph.AddOutput("y", y);
  const StatedGrids stated = CollapseStatedGrids(net.graph);
  EXPECT_TRUE(ir::Verify(stated.graph).ok());
  ASSERT_TRUE(stated.grid.contains("v"));
  EXPECT_EQ(stated.grid.at("v"), (Quantization{{0.5f}, {-125}, -1}));
  EXPECT_TRUE(stated.rounded.contains("v"));
  EXPECT_EQ(Count(stated.graph, "quantize") + Count(stated.graph, "dequantize"), 0);
  EXPECT_EQ(stated.graph.node(stated.graph.value(y).producer).inputs[0], net.v);
}

TEST(CollapseStatedGrids, SignedGridsStay) {
  Net net;
  net.graph.AddOutput("d", net.Pair(net.v, "d", DType::kS8, {{0.25f}, {-7}, -1}));
  const StatedGrids stated = CollapseStatedGrids(net.graph);
  EXPECT_EQ(stated.grid.at("v"), (Quantization{{0.25f}, {-7}, -1}));
  EXPECT_EQ(stated.graph.outputs[0].value, net.v);
}

TEST(CollapseStatedGrids, AValueReadDirectlyIsNotRounded) {
  Net net;
  const ir::ValueId d = net.Pair(net.v, "d", DType::kS8, {{0.25f}, {0}, -1});
  net.graph.AddOutput("y", net.graph.Emit("add", "y", {d, net.v}, {}, kReal));
  const StatedGrids stated = CollapseStatedGrids(net.graph);
  EXPECT_TRUE(stated.grid.contains("v"));
  EXPECT_FALSE(stated.rounded.contains("v"));
}

TEST(CollapseStatedGrids, GridsThatCannotBeHeldStay) {
  Net net;
  net.graph.AddOutput("a", net.Pair(net.v, "a", DType::kS16, {{0.25f}, {0}, -1}));
  net.graph.AddOutput("b", net.Pair(net.x, "b", DType::kS8, {{1, 2, 3, 4}, {0, 0, 0, 0}, 1}));
  const StatedGrids stated = CollapseStatedGrids(net.graph);
  EXPECT_TRUE(stated.grid.empty());
  EXPECT_EQ(Count(stated.graph, "quantize"), 2);
}

TEST(CollapseStatedGrids, ASecondGridOfTheSameValueStays) {
  Net net;
  net.graph.AddOutput("a", net.Pair(net.v, "a", DType::kS8, {{0.25f}, {0}, -1}));
  net.graph.AddOutput("b", net.Pair(net.v, "b", DType::kS8, {{0.5f}, {0}, -1}));
  const StatedGrids stated = CollapseStatedGrids(net.graph);
  EXPECT_EQ(stated.grid.at("v").scale[0], 0.25f);
  EXPECT_FALSE(stated.rounded.contains("v"));
  EXPECT_EQ(Count(stated.graph, "quantize"), 1);
  EXPECT_TRUE(ir::Verify(stated.graph).ok());
}

TEST(CollapseStatedGrids, AnIntegerOutputKeepsItsQuantizeNode) {
  Net net;
  const ir::ValueId d = net.Pair(net.v, "d", DType::kS8, {{0.25f}, {0}, -1});
  net.graph.AddOutput("d", d);
  net.graph.AddOutput("q", *net.graph.FindValue("d_q"));
  EXPECT_TRUE(CollapseStatedGrids(net.graph).grid.empty());
}

}  // namespace
}  // namespace plumb::quant
