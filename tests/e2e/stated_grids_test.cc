// Models that come with quantization (QDQ): the grids they state are the grids of the artifact.
#include "tests/e2e/end_to_end.h"

namespace plumb {
namespace {

constexpr int kU8Type = 2;

// y = DequantizeLinear(QuantizeLinear(x)) on a u8 grid.
void Pair(ModelBuilder& b, const std::string& x, const std::string& y, float scale,
          int zero_point) {
  b.Floats(y + "_scale", {}, {scale});
  b.Tensor(y + "_zero", {}, kU8Type)->add_int32_data(zero_point);
  b.Node("QuantizeLinear", {x, y + "_scale", y + "_zero"}, {y + "_q"});
  b.Node("DequantizeLinear", {y + "_q", y + "_scale", y + "_zero"}, {y});
}

const artifact::TensorInfo* TensorNamed(const Model& model, const std::string& name) {
  for (const artifact::TensorInfo& tensor : model.program->tensors) {
    if (tensor.name == name && tensor.dtype == DType::kS8) {
      return &tensor;
    }
  }
  return nullptr;
}

TEST_F(EndToEnd, StatedGridsAreKept) {
  ModelBuilder b;
  b.Input("x", {1, 3, 8, 8});
  Pair(b, "x", "xd", 1.0f / 127, 128);
  Conv(b, "xd", "c1", 3, 6, 3, 1);
  Pair(b, "c1", "c1d", 0.02f, 120);
  b.Node("Sigmoid", {"c1d"}, {"s"});
  Pair(b, "s", "sd", 1.0f / 255, 0);
  b.Node("Mul", {"c1d", "sd"}, {"m"});
  Pair(b, "m", "md", 0.011f, 25);
  b.Node("MaxPool", {"md"}, {"p"})
      .With("kernel_shape", std::vector<int64_t>{2, 2})
      .With("strides", std::vector<int64_t>{2, 2});
  Pair(b, "p", "pd", 0.012f, 30);  // not the grid of what it pools
  Conv(b, "pd", "c2", 6, 4, 1, 2);
  Pair(b, "c2", "c2d", 0.015f, 128);
  b.Node("Softmax", {"c2d"}, {"t"}).With("axis", int64_t{1});
  Pair(b, "t", "y", 1.0f / 255, 0);  // in the float tail, and rounded there too
  b.Output("y");
  const Both both = Check(b, Samples({{1, 3, 8, 8}}));
  struct Expected {
    const char* name;
    float scale;
    int zero_point;
  };
  for (const Expected& e : {Expected{"c1", 0.02f, -8},
                            {"s", 1.0f / 255, -128},
                            {"m", 0.011f, -103},
                            {"p", 0.012f, -98},
                            {"c2", 0.015f, 0}}) {
    const artifact::TensorInfo* tensor = TensorNamed(both.integer, e.name);
    ASSERT_NE(tensor, nullptr) << e.name;
    EXPECT_EQ(tensor->quantization, (Quantization{{e.scale}, {e.zero_point}, -1})) << e.name;
  }
  for (const artifact::Record& record : both.integer.program->records) {
    EXPECT_NE(record.op, "quantize_linear");
  }
  EXPECT_EQ(IntegerRecords(both.integer, "quantize"), 2);  // the input, and the tail's output
  // The float model rounds at the same places: the two differ by the weights' rounding only, so by
  // few steps.
  const std::vector<float> real = Floats(both.real_outputs.at(0).tensor),
                           integer = Floats(both.integer_outputs.at(0).tensor);
  for (size_t i = 0; i < real.size(); ++i) {
    EXPECT_NEAR(real[i], integer[i], 3.01f / 255) << i;
    const float steps = integer[i] * 255;
    EXPECT_NEAR(steps, std::round(steps), 1e-3f) << i;
  }
}

// With weights on a grid as well, nothing is left to round but ties: at most one step.
TEST_F(EndToEnd, StatedWeightsGiveTheModelsOwnIntegers) {
  ModelBuilder b;
  b.Input("x", {1, 2, 5, 5});
  Pair(b, "x", "xd", 1.0f / 127, 128);
  onnx::TensorProto* w = b.Tensor("w_q", {4, 2, 3, 3}, 3);
  for (float v : Noise(72, 9, -127, 127)) {
    w->add_int32_data(static_cast<int>(v));
  }
  b.Floats("w_scale", {4}, {0.004f, 0.002f, 0.003f, 0.005f});
  b.Node("DequantizeLinear", {"w_q", "w_scale"}, {"w"}).With("axis", int64_t{0});
  b.Node("Conv", {"xd", "w"}, {"c"});
  Pair(b, "c", "y", 0.02f, 128);
  b.Output("y");
  const Both both = Check(b, Samples({{1, 2, 5, 5}}), 35);
  const std::vector<float> real = Floats(both.real_outputs.at(0).tensor),
                           integer = Floats(both.integer_outputs.at(0).tensor);
  int different = 0;
  for (size_t i = 0; i < real.size(); ++i) {
    EXPECT_NEAR(real[i], integer[i], 0.0201f) << i;
    different += std::fabs(real[i] - integer[i]) > 1e-6f;
  }
  EXPECT_LE(different, 1);
}

// The value itself is an output, and a reader stands beside the pair.
TEST_F(EndToEnd, AValueReadWithAndWithoutItsPair) {
  ModelBuilder b;
  b.Input("x", {1, 3, 6, 6});
  Conv(b, "x", "c", 3, 6, 3, 1);
  Pair(b, "c", "cd", 0.02f, 128);
  Conv(b, "cd", "d", 6, 6, 1, 2);
  b.Node("Add", {"d", "c"}, {"y"}).Output("y").Output("c");
  const Both both = Check(b, Samples({{1, 3, 6, 6}}));
  ASSERT_NE(TensorNamed(both.integer, "c"), nullptr);
  EXPECT_EQ(TensorNamed(both.integer, "c")->quantization, (Quantization{{0.02f}, {0}, -1}));
}

}  // namespace
}  // namespace plumb
