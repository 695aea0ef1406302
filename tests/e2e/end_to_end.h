// Small ONNX models through the whole path: file -> float program; file + samples -> Convert ->
// artifact -> program read back.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>

#include "plumb/api/convert.h"
#include "plumb/base/npy.h"
#include "plumb/import/onnx/model_builder.h"
#include "plumb/verify/closeness.h"
#include "plumb/verify/kernel_agreement.h"

namespace plumb {

using onnx::ModelBuilder;
using Named = std::vector<runtime::NamedTensor>;

// Numbers that look random and are the same everywhere.
inline std::vector<float> Noise(size_t count, uint32_t seed, float low, float high) {
  std::vector<float> values(count);
  uint32_t state = seed * 2654435761U + 12345U;
  for (float& v : values) {
    state = state * 1664525U + 1013904223U;
    v = low + (high - low) * static_cast<float>(state >> 8) * 0x1p-24f;
  }
  return values;
}

inline Tensor NoiseTensor(const Shape& shape, uint32_t seed, float low = -1, float high = 1) {
  return Tensor::Of<float>(shape, Noise(static_cast<size_t>(NumElements(shape)), seed, low, high));
}

// Weights whose sums keep the scale of what they multiply.
inline ModelBuilder& Weights(ModelBuilder& b, const std::string& name, const Shape& shape,
                             uint32_t seed) {
  const auto count = static_cast<size_t>(NumElements(shape));
  const float bound = std::sqrt(3.0f * static_cast<float>(shape[0]) / static_cast<float>(count));
  return b.Floats(name, shape, Noise(count, seed, -bound, bound));
}
inline ModelBuilder& Bias(ModelBuilder& b, const std::string& name, int64_t count, uint32_t seed) {
  return b.Floats(name, {count}, Noise(static_cast<size_t>(count), seed, -0.3f, 0.3f));
}
// y = Conv(x) with weights [out, in / groups, kernel, kernel] and a bias.
inline ModelBuilder& Conv(ModelBuilder& b, const std::string& x, const std::string& y, int64_t in,
                          int64_t out, int64_t kernel, uint32_t seed, int64_t stride = 1,
                          int64_t groups = 1) {
  Weights(b, y + "_w", {out, in / groups, kernel, kernel}, seed);
  Bias(b, y + "_b", out, seed + 1);
  const int64_t pad = kernel / 2;
  return b.Node("Conv", {x, y + "_w", y + "_b"}, {y})
      .With("kernel_shape", std::vector<int64_t>{kernel, kernel})
      .With("strides", std::vector<int64_t>{stride, stride})
      .With("pads", std::vector<int64_t>{pad, pad, pad, pad})
      .With("group", groups);
}

class EndToEnd : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto* info = ::testing::UnitTest::GetInstance()->current_test_info();
    folder_ =
        std::filesystem::path(::testing::TempDir()) / (std::string("plumb_e2e_") + info->name());
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  [[nodiscard]] std::string Path(const std::string& name) const {
    return (folder_ / name).string();
  }

  std::string WriteModel(const ModelBuilder& b) const {
    std::ofstream(Path("model.onnx"), std::ios::binary) << b.Bytes();
    return Path("model.onnx");
  }

  // One line a sample, one file an input.
  std::string WriteSamples(const std::vector<std::vector<Tensor>>& samples) const {
    std::ofstream list(Path("dataset.txt"));
    for (size_t s = 0; s < samples.size(); ++s) {
      for (size_t i = 0; i < samples[s].size(); ++i) {
        const std::string name = StrCat("s", s, "_", i, ".npy");
        EXPECT_TRUE(WriteNpy(Path(name), samples[s][i].view()).ok());
        list << name << (i + 1 < samples[s].size() ? " " : "\n");
      }
    }
    return Path("dataset.txt");
  }

  [[nodiscard]] ConvertOptions Options(const std::string& model, const std::string& calib) const {
    ConvertOptions options;
    options.model = model;
    options.calib = calib;
    options.output = Path("model.plumb");
    options.judge = false;
    return options;
  }

  static Model Load(const std::string& path) {
    Result<Model> model = LoadModel(path, {});
    EXPECT_TRUE(model.ok()) << model.status().message();
    return model.ok() ? std::move(model).value() : Model();
  }

  // Runs on tensors in port order.
  static Named RunModel(const Model& model, const std::vector<Tensor>& inputs, int threads = 1) {
    auto session = runtime::Session::Create(model.program, {threads, std::nullopt, false});
    EXPECT_TRUE(session.ok()) << session.status().message();
    Named named;
    for (size_t i = 0; i < inputs.size(); ++i) {
      named.push_back({model.program->inputs[i].name, inputs[i]});
    }
    auto outputs = runtime::RunNamed(**session, named);
    EXPECT_TRUE(outputs.ok()) << outputs.status().message();
    return outputs.ok() ? std::move(outputs).value() : Named();
  }

  // The same bits in every record, for each kernel family of this machine, with 1 and 2 threads.
  static void ExpectOneResult(const Model& model, const std::vector<Tensor>& inputs) {
    std::vector<Tensor> own;  // in the program's own types
    for (size_t i = 0; i < inputs.size(); ++i) {
      const artifact::TensorInfo& info =
          model.program->tensors[static_cast<size_t>(model.program->inputs[i].tensor)];
      own.push_back(inputs[i].dtype() == info.dtype ? inputs[i] : NoiseTensor(info.shape, 5));
    }
    const std::vector<std::vector<Tensor>> samples = {std::move(own)};
    for (int threads : {1, 2}) {
      const auto agreement = verify::CompareKernels(model.program, samples, {.threads = threads});
      ASSERT_TRUE(agreement.ok()) << agreement.status().message();
      EXPECT_TRUE(agreement->agree) << agreement->difference;
      EXPECT_EQ(agreement->records, model.program->records.size());
    }
  }

  static std::vector<float> Floats(const Tensor& t) {
    EXPECT_EQ(t.dtype(), DType::kF32);
    return {t.values<float>().begin(), t.values<float>().end()};
  }

  struct Both {
    Model real, integer;
    Named real_outputs, integer_outputs;
    ConvertResult conversion;
  };

  // Converts, and runs the float model and the artifact on samples[0]. `least_sqnr` (dB) holds for
  // every float output; 0: not compared. Samples of a range of r make steps of r / 255, an error of
  // r^2 / (12 * 255^2) against a signal of about r^2 / 12: 48 dB, and 38 dB for values that use a
  // third of their range. Weights cost about as much; n roundings in a row lose 10 log10(n). So 25
  // dB leaves room for 20 roundings, while a zero point that is off by two steps, a wrong channel
  // order or a missing bias gives less than 25 dB in any of these nets.
  Both Check(const ModelBuilder& b, const std::vector<std::vector<Tensor>>& samples,
             double least_sqnr = 25, const std::function<void(ConvertOptions&)>& change = nullptr) {
    Both both;
    const std::string path = WriteModel(b);
    both.real = Load(path);
    if (both.real.program == nullptr) {
      return both;
    }
    both.real_outputs = RunModel(both.real, samples[0]);
    ConvertOptions options = Options(path, WriteSamples(samples));
    if (change) {
      change(options);
    }
    Result<ConvertResult> converted = Convert(options);
    EXPECT_TRUE(converted.ok()) << converted.status().message();
    if (!converted.ok()) {
      return both;
    }
    both.conversion = std::move(converted).value();
    for (const verify::Finding& finding : both.conversion.verdict.findings) {
      EXPECT_NE(finding.level, verify::Level::kFailure) << finding.code << ": " << finding.text;
    }
    EXPECT_TRUE(both.conversion.written);
    both.integer = Load(options.output);
    if (both.integer.program == nullptr) {
      return both;
    }
    EXPECT_TRUE(both.integer.is_artifact);
    both.integer_outputs = RunModel(both.integer, samples[0]);
    EXPECT_FALSE(both.real_outputs.empty());
    EXPECT_EQ(both.real_outputs.size(), both.integer_outputs.size());
    for (size_t i = 0; i < std::min(both.real_outputs.size(), both.integer_outputs.size()); ++i) {
      const Tensor& x = both.real_outputs[i].tensor;
      const Tensor& y = both.integer_outputs[i].tensor;
      EXPECT_EQ(both.real_outputs[i].name, both.integer_outputs[i].name);
      EXPECT_EQ(x.dtype(), y.dtype());
      EXPECT_EQ(x.shape(), y.shape());
      if (x.dtype() == DType::kF32 && y.dtype() == DType::kF32 && least_sqnr > 0) {
        verify::Closeness closeness;
        closeness.Add(x.values<float>(), y.values<float>());
        EXPECT_GT(closeness.signal, 0) << both.real_outputs[i].name;
        EXPECT_GE(closeness.Sqnr(), least_sqnr) << both.real_outputs[i].name;
      }
    }
    ExpectOneResult(both.real, samples[0]);
    ExpectOneResult(both.integer, samples[0]);
    return both;
  }

  // How many records of the artifact make an int8 tensor with this operator.
  static int IntegerRecords(const Model& model, const std::string& op) {
    int count = 0;
    for (const artifact::Record& record : model.program->records) {
      count += record.op == op &&
               model.program->tensors[static_cast<size_t>(record.outputs[0])].dtype == DType::kS8;
    }
    return count;
  }

  std::filesystem::path folder_;
};

inline std::vector<std::vector<Tensor>> Samples(const std::vector<Shape>& shapes, float low = -1,
                                                float high = 1, uint32_t count = 4) {
  std::vector<std::vector<Tensor>> samples(count);
  for (uint32_t s = 0; s < count; ++s) {
    for (const Shape& shape : shapes) {
      samples[s].push_back(
          NoiseTensor(shape, 100 * s + static_cast<uint32_t>(samples[s].size()) + 7, low, high));
    }
  }
  return samples;
}

}  // namespace plumb
