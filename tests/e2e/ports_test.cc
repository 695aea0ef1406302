// Inputs and outputs in all the forms that models have them.
#include "tests/e2e/end_to_end.h"

namespace plumb {
namespace {

TEST_F(EndToEnd, SeveralInputsAndOutputs) {
  ModelBuilder b;
  b.Input("a", {1, 3, 8, 8}).Input("b", {1, 2, 8, 8});
  Conv(b, "a", "ca", 3, 6, 3, 1);
  Conv(b, "b", "cb", 2, 6, 1, 2);
  b.Node("Add", {"ca", "cb"}, {"sum"}).Node("Relu", {"sum"}, {"relu"});
  Conv(b, "relu", "last", 6, 4, 3, 3);
  Conv(b, "cb", "other", 6, 5, 1, 4);
  b.Output("last").Output("relu").Output("other");  // "relu" feeds further nodes
  const Both both = Check(b, Samples({{1, 3, 8, 8}, {1, 2, 8, 8}}));
  EXPECT_EQ(IntegerRecords(both.integer, "conv"), 2);  // the two heads give float
  ASSERT_EQ(both.integer_outputs.size(), 3U);
  EXPECT_EQ(both.integer_outputs[1].name, "relu");
  EXPECT_EQ(both.integer_outputs[1].tensor.shape(), (Shape{1, 6, 8, 8}));
}

TEST_F(EndToEnd, NhwcInputAndOutput) {
  ModelBuilder b;
  b.Input("x", {1, 9, 7, 3})
      .Node("Transpose", {"x"}, {"t"})
      .With("perm", std::vector<int64_t>{0, 3, 1, 2});
  Conv(b, "t", "c", 3, 8, 3, 1, 2);
  b.Node("Relu", {"c"}, {"r"});
  Conv(b, "r", "d", 8, 5, 3, 2);
  b.Node("Transpose", {"d"}, {"y"}).With("perm", std::vector<int64_t>{0, 2, 3, 1}).Output("y");
  const Both both = Check(b, Samples({{1, 9, 7, 3}}));
  EXPECT_EQ(IntegerRecords(both.integer, "transpose"), 0);  // NHWC inside too
}

TEST_F(EndToEnd, OneChannelNotSquare) {
  ModelBuilder b;
  b.Input("x", {1, 1, 12, 20});
  Conv(b, "x", "c", 1, 5, 5, 1, 2);
  b.Node("MaxPool", {"c"}, {"p"})
      .With("kernel_shape", std::vector<int64_t>{2, 2})
      .With("strides", std::vector<int64_t>{2, 2});
  Conv(b, "p", "y", 5, 3, 1, 2);
  b.Output("y");
  const Both both = Check(b, Samples({{1, 1, 12, 20}}));
  ASSERT_EQ(both.integer_outputs.size(), 1U);
  EXPECT_EQ(both.integer_outputs[0].tensor.shape(), (Shape{1, 3, 3, 5}));
}

ModelBuilder Batched(int64_t batch) {
  ModelBuilder b;
  b.Input("x", {batch, 3, 6, 5});
  Conv(b, "x", "c", 3, 8, 3, 1);
  b.Node("Relu", {"c"}, {"r"});
  Conv(b, "r", "y", 8, 4, 3, 2);
  b.Output("y");
  return b;
}

// Four samples in one tensor.
Tensor Stacked(const std::vector<std::vector<Tensor>>& samples) {
  Shape shape = samples[0][0].shape();
  shape[0] = static_cast<int64_t>(samples.size());
  Tensor all(samples[0][0].dtype(), shape);
  for (size_t i = 0; i < samples.size(); ++i) {
    std::memcpy(static_cast<std::byte*>(all.raw()) + i * samples[i][0].bytes(), samples[i][0].raw(),
                samples[i][0].bytes());
  }
  return all;
}

// Sample i of `all` is what `model` makes of samples[i] alone.
void ExpectSampleBySample(
    const Model& model, const Tensor& all, const std::vector<std::vector<Tensor>>& samples,
    const std::function<Named(const Model&, const std::vector<Tensor>&)>& run) {
  for (size_t i = 0; i < samples.size(); ++i) {
    const Named one = run(model, samples[i]);
    ASSERT_EQ(one.size(), 1U);
    ASSERT_EQ(one[0].tensor.bytes() * samples.size(), all.bytes());
    EXPECT_EQ(std::memcmp(static_cast<const std::byte*>(all.raw()) + i * one[0].tensor.bytes(),
                          one[0].tensor.raw(), one[0].tensor.bytes()),
              0)
        << "sample " << i;
  }
}

TEST_F(EndToEnd, BatchOfFour) {
  const auto four = Samples({{4, 3, 6, 5}});
  const Both both = Check(Batched(4), four);
  ASSERT_EQ(both.real_outputs.size(), 1U);
  EXPECT_EQ(both.integer_outputs[0].tensor.shape(), (Shape{4, 4, 6, 5}));
  // The float network gives every sample what it gives it alone.
  std::vector<std::vector<Tensor>> single;
  for (int64_t i = 0; i < 4; ++i) {
    Tensor one(DType::kF32, {1, 3, 6, 5});
    std::memcpy(
        one.raw(),
        static_cast<const std::byte*>(four[0][0].raw()) + static_cast<size_t>(i) * one.bytes(),
        one.bytes());
    single.push_back({std::move(one)});
  }
  const Model alone = Load(WriteModel(Batched(1)));
  ExpectSampleBySample(alone, both.real_outputs[0].tensor, single,
                       [](const Model& m, const auto& x) { return RunModel(m, x); });
}

TEST_F(EndToEnd, SymbolicBatchGivesEverySampleItsOwnBits) {
  const auto samples = Samples({{1, 3, 6, 5}});
  const Both both = Check(Batched(-2), samples);
  for (const Model* model : {&both.real, &both.integer}) {
    const Named all = RunModel(*model, {Stacked(samples)}, 2);
    ASSERT_EQ(all.size(), 1U);
    EXPECT_EQ(all[0].tensor.shape(), (Shape{4, 4, 6, 5}));
    ExpectSampleBySample(*model, all[0].tensor, samples,
                         [](const Model& m, const auto& x) { return RunModel(m, x); });
  }
}

TEST_F(EndToEnd, ConstantAndPassedThroughOutputs) {
  ModelBuilder b;
  b.Input("x", {1, 3, 4, 4}).Floats("k", {2, 2}, {1, -2, 3.5f, 0.25f});
  Conv(b, "x", "y", 3, 4, 3, 1);
  b.Node("Identity", {"k"}, {"constant"}).Node("Identity", {"x"}, {"same"});
  b.Output("constant").Output("y").Output("same");
  const auto samples = Samples({{1, 3, 4, 4}});
  const Both both = Check(b, samples);
  ASSERT_EQ(both.integer_outputs.size(), 3U);
  for (const Named* outputs : {&both.real_outputs, &both.integer_outputs}) {
    EXPECT_EQ(Floats((*outputs)[0].tensor), (std::vector<float>{1, -2, 3.5f, 0.25f}));
  }
  EXPECT_EQ(Floats(both.real_outputs[2].tensor), Floats(samples[0][0]));
}

}  // namespace
}  // namespace plumb
