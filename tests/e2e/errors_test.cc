// What the user gets wrong, and what a model cannot do: one clear message, the right code, nothing
// written.
#include "plumb/api/run.h"
#include "tests/e2e/end_to_end.h"

namespace plumb {
namespace {

ModelBuilder Small() {
  ModelBuilder b;
  b.Input("x", {1, 3, 4, 4});
  Conv(b, "x", "y", 3, 4, 3, 1);
  b.Output("y");
  return b;
}

void ExpectMessage(const Status& status, Code code, const std::vector<std::string>& parts) {
  EXPECT_EQ(status.code(), code) << status.message();
  for (const std::string& part : parts) {
    EXPECT_NE(status.message().find(part), std::string::npos)
        << "'" << part << "' is not in: " << status.message();
  }
}

TEST_F(EndToEnd, WrongTensorsAreNamedWithExpectedAndFound) {
  const Both both = Check(Small(), Samples({{1, 3, 4, 4}}));
  for (const Model* model : {&both.real, &both.integer}) {
    auto session = runtime::Session::Create(model->program, {1, std::nullopt, false});
    ASSERT_TRUE(session.ok());
    const auto run = [&](Named inputs) { return runtime::RunNamed(**session, inputs).status(); };
    ExpectMessage(run({{"x", NoiseTensor({1, 3, 4, 5}, 1)}}), Code::kUsage,
                  {"'x'", "1x3x4x4", "1x3x4x5"});
    ExpectMessage(run({{"x", NoiseTensor({3, 4, 4}, 1)}}), Code::kUsage,
                  {"'x'", "1x3x4x4", "3x4x4"});
    ExpectMessage(run({{"x", NoiseTensor({4, 3, 4, 4}, 1)}}), Code::kUsage, {"'x'", "4x3x4x4"});
    ExpectMessage(run({{"x", Tensor(DType::kS64, {1, 3, 4, 4})}}), Code::kUsage,
                  {"'x'", "f32", "s64"});
    ExpectMessage(run({{"z", NoiseTensor({1, 3, 4, 4}, 1)}}), Code::kUsage, {"'z'", "x"});
    ExpectMessage(run({}), Code::kUsage, {"'x'", "missing"});
    EXPECT_TRUE(
        run({{"x", NoiseTensor({1, 3, 4, 4}, 1)}}).ok());  // the session is as good as before
  }
}

TEST_F(EndToEnd, SumsThatCouldOverflowAreRefusedByName) {
  constexpr int64_t kDepth = 70000;  // 70000 * 127 * 255 > 2^31
  ModelBuilder b;
  b.Input("x", {1, kDepth}).Floats("w", {2, kDepth}, std::vector<float>(2 * kDepth, 0.01f));
  b.Node("Gemm", {"x", "w"}, {"too_deep"}).With("transB", int64_t{1}).Output("too_deep");
  ConvertOptions options = Options(WriteModel(b), WriteSamples(Samples({{1, kDepth}}, -1, 1, 1)));
  ExpectMessage(Convert(options).status(), Code::kInvalidModel,
                {"too_deep", "--keep-float", "2^31"});
  EXPECT_FALSE(std::filesystem::exists(options.output));
  options.quantize.keep_float.insert("too_deep");  // what the message advises
  const Result<ConvertResult> converted = Convert(options);
  EXPECT_TRUE(converted.ok()) << converted.status().message();
}

TEST_F(EndToEnd, CalibrationLists) {
  const std::string model = WriteModel(Small());
  ASSERT_TRUE(WriteNpy(Path("good.npy"), NoiseTensor({1, 3, 4, 4}, 1).view()).ok());
  ASSERT_TRUE(WriteNpy(Path("other.npy"), NoiseTensor({1, 3, 4, 5}, 1).view()).ok());
  ASSERT_TRUE(WriteNpy(Path("integers.npy"), Tensor(DType::kS64, {1, 3, 4, 4}).view()).ok());
  std::ofstream(Path("text.npy")) << "no tensor";
  const auto convert = [&](const std::string& text) {
    std::ofstream(Path("list.txt")) << text;
    const Status status = Convert(Options(model, Path("list.txt"))).status();
    EXPECT_FALSE(std::filesystem::exists(Path("model.plumb"))) << text;
    return status;
  };
  ExpectMessage(convert("good.npy\n# a note\nmissing.npy\n"), Code::kUsage,
                {"list.txt", "line 3", "missing.npy"});
  ExpectMessage(convert("good.npy\n\ngood.npy good.npy\n"), Code::kUsage,
                {"line 3", "2 files", "expected 1"});
  ExpectMessage(convert("good.npy\nother.npy\n"), Code::kUsage, {"line 2", "1x3x4x4", "1x3x4x5"});
  ExpectMessage(convert("integers.npy\n"), Code::kUsage, {"line 1", "s64", "f32"});
  ExpectMessage(convert("text.npy\n"), Code::kUsage, {"text.npy"});
  ExpectMessage(convert("# nothing\n\n"), Code::kUsage, {"list.txt", "no samples"});
  std::filesystem::create_directory(Path("empty"));
  ExpectMessage(Convert(Options(model, Path("empty"))).status(), Code::kUsage,
                {"empty", "no samples"});
  ExpectMessage(Convert(Options(model, Path("nowhere"))).status(), Code::kUsage, {"nowhere"});
  ExpectMessage(Convert(Options(model, "")).status(), Code::kUsage, {"--calib"});
  std::ofstream(Path("list.txt")) << "  good.npy  # with a note\n";
  EXPECT_TRUE(Convert(Options(model, Path("list.txt"))).ok());
}

TEST_F(EndToEnd, NotFiniteNumbersAreRefused) {
  for (const char* which : {"y_w", "y_b"}) {
    ModelBuilder b = Small();
    for (onnx::TensorProto& tensor : *b.model.mutable_graph()->mutable_initializer()) {
      if (tensor.name() == which) {
        tensor.set_float_data(2, std::nanf(""));
      }
    }
    ConvertOptions options = Options(WriteModel(b), WriteSamples(Samples({{1, 3, 4, 4}})));
    ExpectMessage(Convert(options).status(), Code::kInvalidModel, {"'y'", "not finite"});
    EXPECT_FALSE(std::filesystem::exists(options.output));
  }
}

TEST_F(EndToEnd, NotFiniteSamplesGiveNoArtifact) {
  Tensor x = NoiseTensor({1, 3, 4, 4}, 1);
  x.values<float>()[7] = INFINITY;
  const ConvertOptions options = Options(WriteModel(Small()), WriteSamples({{x}}));
  const Result<ConvertResult> converted = Convert(options);
  EXPECT_TRUE(!converted.ok() || converted->verdict.level == verify::Level::kFailure);
  EXPECT_FALSE(std::filesystem::exists(options.output));
}

}  // namespace
}  // namespace plumb
