// Element types other than binary32, and weights in files of their own.
#include "plumb/base/half.h"
#include "tests/e2e/end_to_end.h"

namespace plumb {
namespace {

constexpr int kHalfType = 10;
constexpr int kBFloat16Type = 16;

std::string Encoded(const std::vector<float>& values, uint16_t (*encode)(float)) {
  std::string bytes;
  for (float v : values) {
    const uint16_t bits = encode(v);
    bytes.push_back(static_cast<char>(bits & 0xff));
    bytes.push_back(static_cast<char>(bits >> 8));
  }
  return bytes;
}

// x (of `type`) -> conv -> relu -> conv -> y; all weights of `type`.
ModelBuilder Typed(int type, uint16_t (*encode)(float)) {
  ModelBuilder b;
  b.Input("x", {1, 3, 6, 6}, type);
  b.Tensor("w1", {6, 3, 3, 3}, type)->set_raw_data(Encoded(Noise(162, 1, -0.3f, 0.3f), encode));
  b.Tensor("b1", {6}, type)->set_raw_data(Encoded(Noise(6, 2, -0.3f, 0.3f), encode));
  b.Tensor("w2", {4, 6, 1, 1}, type)->set_raw_data(Encoded(Noise(24, 3, -0.7f, 0.7f), encode));
  b.Node("Conv", {"x", "w1", "b1"}, {"c"})
      .Node("Relu", {"c"}, {"r"})
      .Node("Conv", {"r", "w2"}, {"y"})
      .Output("y", type);
  return b;
}

Tensor AsHalf(const Tensor& x) {
  Tensor half(DType::kF16, x.shape());
  for (size_t i = 0; i < static_cast<size_t>(x.size()); ++i) {
    static_cast<uint16_t*>(half.raw())[i] = FloatToHalf(x.values<float>()[i]);
  }
  return half;
}

double Sqnr(const Tensor& a, const Tensor& b, float (*decode)(uint16_t)) {
  std::vector<float> x, y;
  for (int64_t i = 0; i < a.size(); ++i) {
    x.push_back(decode(static_cast<const uint16_t*>(a.raw())[i]));
    y.push_back(decode(static_cast<const uint16_t*>(b.raw())[i]));
  }
  verify::Closeness closeness;
  closeness.Add(x, y);
  EXPECT_GT(closeness.signal, 0);
  return closeness.Sqnr();
}

TEST_F(EndToEnd, HalfInputsOutputsAndWeights) {
  std::vector<std::vector<Tensor>> samples = Samples({{1, 3, 6, 6}});
  for (auto& sample : samples) {
    sample[0] = AsHalf(sample[0]);
  }
  const Both both = Check(Typed(kHalfType, FloatToHalf), samples);
  ASSERT_EQ(both.integer_outputs.size(), 1U);
  ASSERT_EQ(both.integer_outputs[0].tensor.dtype(), DType::kF16);
  EXPECT_EQ(both.integer.program->inputs[0].dtype, DType::kF16);
  EXPECT_GE(Sqnr(both.real_outputs[0].tensor, both.integer_outputs[0].tensor, HalfToFloat), 25);
}

// .npy knows no bfloat16: the samples are binary32.
TEST_F(EndToEnd, BFloat16Weights) {
  const Both both = Check(Typed(kBFloat16Type, FloatToBFloat16), Samples({{1, 3, 6, 6}}));
  ASSERT_EQ(both.integer_outputs.size(), 1U);
  ASSERT_EQ(both.integer_outputs[0].tensor.dtype(), DType::kBF16);
  EXPECT_GE(Sqnr(both.real_outputs[0].tensor, both.integer_outputs[0].tensor, BFloat16ToFloat), 25);
}

TEST_F(EndToEnd, ExternalDataGivesTheSameBits) {
  ModelBuilder inside;
  inside.Input("x", {1, 3, 6, 6});
  Conv(inside, "x", "c", 3, 8, 3, 1);
  inside.Node("Relu", {"c"}, {"r"});
  Conv(inside, "r", "y", 8, 4, 1, 2);
  inside.Output("y");
  const auto samples = Samples({{1, 3, 6, 6}});
  const Both expected = Check(inside, samples);

  ModelBuilder outside = inside;
  std::ofstream data(Path("weights.bin"), std::ios::binary);
  for (onnx::TensorProto& tensor : *outside.model.mutable_graph()->mutable_initializer()) {
    const auto offset = static_cast<long>(data.tellp());
    const auto bytes = static_cast<std::streamsize>(tensor.float_data_size()) * 4;
    data.write(reinterpret_cast<const char*>(tensor.float_data().data()), bytes);
    tensor.clear_float_data();
    tensor.set_data_location(1);
    for (const auto& [key, value] :
         std::vector<std::pair<std::string, std::string>>{{"location", "weights.bin"},
                                                          {"offset", std::to_string(offset)},
                                                          {"length", std::to_string(bytes)}}) {
      auto* entry = tensor.add_external_data();
      entry->set_key(key);
      entry->set_value(value);
    }
  }
  data.close();
  const Both both = Check(outside, samples);
  ASSERT_EQ(both.integer_outputs.size(), 1U);
  EXPECT_EQ(Floats(both.real_outputs[0].tensor), Floats(expected.real_outputs[0].tensor));
  EXPECT_EQ(Floats(both.integer_outputs[0].tensor), Floats(expected.integer_outputs[0].tensor));
}

}  // namespace
}  // namespace plumb
