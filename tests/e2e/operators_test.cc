// Mixes of operators as networks have them.
#include "tests/e2e/end_to_end.h"

namespace plumb {
namespace {

void Silu(ModelBuilder& b, const std::string& x, const std::string& y) {
  b.Node("Sigmoid", {x}, {y + "_s"}).Node("Mul", {x, y + "_s"}, {y});
}

TEST_F(EndToEnd, SqueezeExciteConcatResize) {
  ModelBuilder b;
  b.Input("x", {1, 3, 16, 12});
  Conv(b, "x", "stem", 3, 8, 3, 1, 2);
  Silu(b, "stem", "a");
  Conv(b, "a", "dw", 8, 8, 3, 2, 1, 8);
  Silu(b, "dw", "d");
  // squeeze and excite: a factor for each channel, [1, 8, 1, 1]
  b.Node("GlobalAveragePool", {"d"}, {"mean"});
  Conv(b, "mean", "down", 8, 4, 1, 3);
  b.Node("Relu", {"down"}, {"down_r"});
  Conv(b, "down_r", "up", 4, 8, 1, 4);
  b.Node("Sigmoid", {"up"}, {"gate"}).Node("Mul", {"d", "gate"}, {"scaled"});
  b.Node("Add", {"a", "scaled"}, {"sum"});
  b.Node("AveragePool", {"sum"}, {"pool"})
      .With("kernel_shape", std::vector<int64_t>{2, 2})
      .With("strides", std::vector<int64_t>{2, 2});
  Conv(b, "pool", "deep", 8, 8, 3, 5);
  Silu(b, "deep", "deep_a");
  b.Floats("scales", {4}, {1, 1, 2, 2});
  b.Node("Resize", {"deep_a", "", "scales"}, {"big"}).With("mode", std::string("nearest"));
  b.Node("Concat", {"big", "sum"}, {"cat"}).With("axis", int64_t{1});
  Conv(b, "cat", "y", 16, 6, 1, 6);
  b.Output("y");
  const Both both = Check(b, Samples({{1, 3, 16, 12}}),
                          22);  // 14 roundings, of which the gate's act on whole channels
  for (const char* op : {"conv", "mul", "add", "average_pool", "resize", "concat"}) {
    EXPECT_GT(IntegerRecords(both.integer, op), 0) << op;
  }
}

// Inside and outside of the range of the data, on either side; and zero, stated.
TEST_F(EndToEnd, PadWithAValue) {
  for (const float value : {0.0f, 0.4f, -3.0f, 5.0f}) {
    SCOPED_TRACE(value);
    ModelBuilder b;
    b.Input("x", {1, 3, 8, 8});
    Conv(b, "x", "c", 3, 8, 3, 1);
    b.Ints("amounts", {0, 0, 1, 2, 0, 0, 2, 1}).Floats("value", {}, {value});
    b.Node("Pad", {"c", "amounts", "value"}, {"p"});
    // Two readers: zeros cannot become the padding of one. Depthwise ones take scales by channel.
    Conv(b, "p", "dw", 8, 8, 3, 3, 1, 8);
    Conv(b, "p", "d", 8, 8, 3, 5, 1, 8);
    b.Node("Add", {"dw", "d"}, {"s"});
    Conv(b, "s", "y", 8, 4, 1, 7);
    b.Output("y");
    EXPECT_EQ(IntegerRecords(Check(b, Samples({{1, 3, 8, 8}})).integer, "pad"), 1);
  }
}

TEST_F(EndToEnd, LeakyReluHardSwishClip) {
  ModelBuilder b(14);
  b.Input("x", {1, 4, 7, 9});
  Conv(b, "x", "c1", 4, 8, 3, 1);
  b.Node("LeakyRelu", {"c1"}, {"l"}).With("alpha", 0.1f);
  Conv(b, "l", "c2", 8, 8, 3, 2);
  b.Node("HardSwish", {"c2"}, {"h"});
  Conv(b, "h", "c3", 8, 8, 3, 3, 1, 2);
  b.Floats("low", {}, {0}).Floats("high", {}, {0.8f}).Node("Clip", {"c3", "low", "high"}, {"k"});
  Conv(b, "k", "y", 8, 5, 1, 4);
  b.Output("y");
  const Both both = Check(b, Samples({{1, 4, 7, 9}}));
  EXPECT_EQ(IntegerRecords(both.integer, "conv"), 2);  // the head gives float
}

TEST_F(EndToEnd, ClassifierWithSoftmaxTail) {
  ModelBuilder b;
  b.Input("x", {1, 3, 8, 8});
  Conv(b, "x", "c", 3, 8, 3, 1, 2);
  b.Node("Relu", {"c"}, {"r"}).Node("Flatten", {"r"}, {"f"}).With("axis", int64_t{1});
  Weights(b, "w1", {16, 128}, 2);
  Bias(b, "b1", 16, 3);
  b.Node("Gemm", {"f", "w1", "b1"}, {"g"}).With("transB", int64_t{1});
  b.Node("Relu", {"g"}, {"gr"});
  b.Floats("w2", {16, 10}, Noise(160, 4, -1, 1));
  b.Node("MatMul", {"gr", "w2"}, {"m"})
      .Node("Softmax", {"m"}, {"y"})
      .With("axis", int64_t{1})
      .Output("y");
  const Both both = Check(b, Samples({{1, 3, 8, 8}}));
  EXPECT_EQ(IntegerRecords(both.integer, "fully_connected"), 1);  // the logits are float
  const std::vector<float> p = Floats(both.integer_outputs.at(0).tensor);
  double sum = 0;
  for (float v : p) {
    sum += v;
  }
  EXPECT_NEAR(sum, 1, 1e-5);  // the softmax is in float
}

// A class that no calibration sample shows must still win when it does show.
TEST_F(EndToEnd, AClassThatCalibrationHasNotSeen) {
  ModelBuilder b;
  b.Input("x", {1, 4});
  std::vector<float> w(16);
  for (size_t i = 0; i < 4; ++i) {
    w[i * 5] = 8;  // class i answers input i
  }
  b.Floats("w", {4, 4}, w).Floats("b", {4}, {-4, -4, -4, -4});
  b.Node("Gemm", {"x", "w", "b"}, {"logits"})
      .Node("Softmax", {"logits"}, {"y"})
      .With("axis", int64_t{1})
      .Output("y");
  std::vector<std::vector<Tensor>> samples;
  for (size_t i = 0; i < 3; ++i) {
    Tensor x(DType::kF32, {1, 4});
    x.values<float>()[i] = 1;
    samples.push_back({x});
  }
  const Both both = Check(b, samples);
  Tensor unseen(DType::kF32, {1, 4});
  unseen.values<float>()[3] = 1;
  const std::vector<float> p = Floats(RunModel(both.integer, {unseen}).at(0).tensor);
  EXPECT_GT(p[3], 0.99f);
}

// A channel without any signal must not stop a conversion.
TEST_F(EndToEnd, DeadChannels) {
  ModelBuilder b;
  b.Input("x", {1, 3, 6, 6});
  std::vector<float> w = Noise(108, 1, -0.3f, 0.3f), bias(4, 0.1f);
  std::fill(w.begin(), w.begin() + 27, 0.0f);         // channel 0: nothing at all
  std::fill(w.begin() + 27, w.begin() + 54, 1e-30f);  // channel 1: nearly nothing
  bias[0] = 0;
  bias[1] = 1e-30f;
  b.Floats("w", {4, 3, 3, 3}, w).Floats("b", {4}, bias).Node("Conv", {"x", "w", "b"}, {"c"});
  std::vector<float> depthwise = Noise(36, 2, -0.5f, 0.5f);
  for (size_t i = 9; i < 18; ++i) {
    depthwise[i] *= 1e-20f;
  }
  b.Floats("dw", {4, 1, 3, 3}, depthwise)
      .Node("Conv", {"c", "dw"}, {"d"})
      .With("group", int64_t{4});
  Conv(b, "d", "y", 4, 3, 1, 5);
  b.Output("y");
  Check(b, Samples({{1, 3, 6, 6}}));
}

TEST_F(EndToEnd, ATensorThatIsAlmostZeroEverywhere) {
  ModelBuilder b;
  b.Input("x", {1, 3, 6, 6});
  std::vector<float> w = Noise(12, 1, -1e-37f, 1e-37f);
  b.Floats("w", {4, 3, 1, 1}, w).Node("Conv", {"x", "w"}, {"c"}).Node("Relu", {"c"}, {"r"});
  Conv(b, "r", "d", 4, 3, 1, 5);
  Conv(b, "x", "e", 3, 3, 1, 6);
  b.Node("Add", {"d", "e"}, {"y"}).Output("y");
  Check(b, Samples({{1, 3, 6, 6}}));
}

}  // namespace
}  // namespace plumb
