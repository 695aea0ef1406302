#include "plumb/passes/pass_test_support.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <vector>

#include "plumb/ir/verify.h"
#include "plumb/lower/lower.h"
#include "plumb/passes/infer_types.h"

namespace plumb::passes {
namespace {

// The same values on every run: between -2 and 2; integers from 0 to 3.
Tensor TestInput(const ir::TensorType& type, uint32_t seed) {
  Tensor tensor(type.dtype, type.shape());
  uint32_t state = seed * 2654435761u + 12345u;
  for (int64_t i = 0; i < tensor.size(); ++i) {
    state = state * 1664525u + 1013904223u;
    const auto at = static_cast<size_t>(i);
    switch (type.dtype) {
      case DType::kF32:
        tensor.values<float>()[at] = static_cast<float>(state >> 8) / 4194304.0f - 2.0f;
        break;
      case DType::kS64:
        tensor.values<int64_t>()[at] = state >> 30;
        break;
      case DType::kS32:
        tensor.values<int32_t>()[at] = static_cast<int32_t>(state >> 30);
        break;
      default:
        static_cast<uint8_t*>(tensor.raw())[at] = static_cast<uint8_t>(state >> 31);
        break;
    }
  }
  return tensor;
}

std::vector<Tensor> TestInputs(const ir::Graph& graph) {
  std::vector<Tensor> inputs;
  for (size_t i = 0; i < graph.inputs.size(); ++i) {
    inputs.push_back(
        TestInput(graph.value(graph.inputs[i].value).type, static_cast<uint32_t>(i) + 1));
  }
  return inputs;
}

}  // namespace

ir::Graph Parsed(std::string_view text) {
  Result<ir::Graph> graph = ir::Parse(text);
  EXPECT_TRUE(graph.ok()) << graph.status().message();
  if (!graph.ok()) {
    return {};
  }
  const Result<int> inferred = InferTypes(*graph);
  EXPECT_TRUE(inferred.ok()) << inferred.status().message();
  return *graph;
}

std::string Ops(const ir::Graph& graph) {
  std::string ops;
  for (ir::NodeId id : graph.Order()) {
    ops += (ops.empty() ? "" : " ") + graph.node(id).op;
  }
  return ops;
}

int CountOp(const ir::Graph& graph, std::string_view op) {
  int count = 0;
  for (ir::NodeId id : graph.Order()) {
    count += graph.node(id).op == op;
  }
  return count;
}

void ExpectSameNumbers(const ir::Graph& before, const ir::Graph& after, double tolerance) {
  const std::vector<Tensor> inputs = TestInputs(before);
  const auto a = lower::RunGraph(before, inputs);
  const auto b = lower::RunGraph(after, inputs);
  ASSERT_TRUE(a.ok()) << a.status().message();
  ASSERT_TRUE(b.ok()) << b.status().message();
  ASSERT_EQ(a->size(), b->size());
  for (size_t i = 0; i < a->size(); ++i) {
    const Tensor& x = (*a)[i];
    const Tensor& y = (*b)[i];
    ASSERT_EQ(x.shape(), y.shape()) << "output " << before.outputs[i].name;
    ASSERT_EQ(x.dtype(), y.dtype()) << "output " << before.outputs[i].name;
    ASSERT_GT(x.size(), 0);
    if (tolerance == 0 || x.dtype() != DType::kF32) {
      EXPECT_EQ(std::memcmp(x.raw(), y.raw(), x.bytes()), 0) << "output " << before.outputs[i].name;
      continue;
    }
    double most = 0;
    double difference = 0;
    for (size_t j = 0; j < x.values<float>().size(); ++j) {
      most = std::max(most, std::fabs(double{x.values<float>()[j]}));
      difference =
          std::max(difference, std::fabs(double{x.values<float>()[j]} - y.values<float>()[j]));
    }
    EXPECT_LE(difference, tolerance * most) << "output " << before.outputs[i].name;
  }
}

int RunPass(PassFunction pass, ir::Graph& graph) {
  const Result<int> rewrites = pass(graph);
  EXPECT_TRUE(rewrites.ok()) << rewrites.status().message();
  if (!rewrites.ok()) {
    return -1;
  }
  const Status sound = ir::Verify(graph);
  EXPECT_TRUE(sound.ok()) << sound.message();
  const Result<int> inferred = InferTypes(graph);
  EXPECT_TRUE(inferred.ok()) << inferred.status().message();
  const Result<int> again = pass(graph);
  EXPECT_TRUE(again.ok() && *again == 0) << "a second run still finds something to do";
  return *rewrites;
}

ir::Graph ExpectRewritten(PassFunction pass, std::string_view text, int count, double tolerance) {
  const ir::Graph before = Parsed(text);
  ir::Graph after = before;
  EXPECT_EQ(RunPass(pass, after), count);
  ExpectSameNumbers(before, after, tolerance);
  return after;
}

void ExpectUntouched(PassFunction pass, std::string_view text) {
  const ir::Graph before = Parsed(text);
  ir::Graph after = before;
  EXPECT_EQ(RunPass(pass, after), 0);
  EXPECT_EQ(ir::Print(after, {-1}), ir::Print(before, {-1}));
}

}  // namespace plumb::passes
