// The same model, samples and options give the same bytes.
#include <cstdlib>

#include "tests/e2e/end_to_end.h"

namespace plumb {
namespace {

TEST_F(EndToEnd, SameBytesForEveryThreadCountAndKernelFamily) {
  ModelBuilder b;
  b.Input("x", {1, 3, 16, 16});
  Conv(b, "x", "c", 3, 16, 3, 1, 2);
  b.Node("Sigmoid", {"c"}, {"s"}).Node("Mul", {"c", "s"}, {"a"});
  Conv(b, "a", "d", 16, 16, 3, 2, 1, 16);
  b.Node("HardSwish", {"d"}, {"h"});
  Conv(b, "h", "e", 16, 16, 1, 3);
  b.Node("Add", {"e", "a"}, {"sum"})
      .Node("GlobalAveragePool", {"sum"}, {"g"})
      .Node("Flatten", {"g"}, {"f"});
  Weights(b, "w", {10, 16}, 4);
  b.Node("Gemm", {"f", "w"}, {"logits"})
      .With("transB", int64_t{1})
      .Node("Softmax", {"logits"}, {"y"})
      .Output("y");
  b.model.mutable_opset_import(0)->set_version(14);
  const std::string model = WriteModel(b), samples = WriteSamples(Samples({{1, 3, 16, 16}}));
  std::vector<std::vector<std::byte>> artifacts;
  for (const auto& [threads, isa] : std::vector<std::pair<int, const char*>>{
           {1, ""}, {1, ""}, {2, ""}, {1, "scalar"}, {2, "scalar"}}) {
    ConvertOptions options = Options(model, samples);
    options.threads = threads;
    setenv("PLUMB_ISA", isa, 1);
    const Result<ConvertResult> converted = Convert(options);
    unsetenv("PLUMB_ISA");
    ASSERT_TRUE(converted.ok()) << converted.status().message();
    ASSERT_TRUE(converted->written);
    auto bytes = ReadFileBytes(options.output);
    ASSERT_TRUE(bytes.ok());
    artifacts.push_back(std::move(bytes).value());
    EXPECT_EQ(artifacts.back(), artifacts.front()) << threads << " threads, PLUMB_ISA=" << isa;
  }
}

}  // namespace
}  // namespace plumb
