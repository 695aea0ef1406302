#include "plumb/verify/diagnose/program_part.h"

#include <gtest/gtest.h>

namespace plumb::verify {
namespace {

using artifact::Program;

// x -> neg -> a -> abs -> b, and c = a + b; the output is c.
Program Small() {
  Program p;
  const auto tensor = [&](const char* name) {
    return p.AddTensor({name, DType::kF32, {2}, {}, -1});
  };
  const int32_t x = tensor("x"), a = tensor("a"), b = tensor("b"), c = tensor("c");
  p.records = {{"neg", 1, "n", {x}, {a}, {}},
               {"abs", 1, "m", {a}, {b}, {}},
               {"add", 1, "s", {a, b}, {c}, {}}};
  p.inputs = {{"x", x, DType::kF32}};
  p.outputs = {{"c", c, DType::kF32}};
  return p;
}

std::vector<float> Between(const Program& p, const std::vector<int32_t>& inputs,
                           const std::vector<int32_t>& outputs, const std::vector<Tensor>& values) {
  const auto part = ExtractPart(p, inputs, outputs);
  EXPECT_TRUE(part.ok()) << part.status().message();
  const auto made = RunPart(*part, values, 1);
  EXPECT_TRUE(made.ok()) << made.status().message();
  const auto span = std::as_const((*made)[0]).values<float>();
  return {span.begin(), span.end()};
}

Tensor Two(float a, float b) { return Tensor::Of<float>({2}, std::vector<float>{a, b}); }

TEST(ProgramPart, RunsBetweenTensors) {
  EXPECT_EQ(Between(Small(), {0}, {3}, {Two(1, -2)}), (std::vector<float>{0, 4}));
  EXPECT_EQ(Between(Small(), {1, 2}, {3}, {Two(1, 2), Two(10, 20)}), (std::vector<float>{11, 22}));
}

TEST(ProgramPart, NeedsWhatNobodyMakes) {
  const int32_t inputs[] = {2}, outputs[] = {3};
  EXPECT_EQ(ExtractPart(Small(), inputs, outputs).status().code(), Code::kUsage);
}

TEST(ProgramPart, KnowsWhatIsAliveAtACut) {
  EXPECT_EQ(LiveAt(Small(), 0), (std::vector<int32_t>{0}));
  EXPECT_EQ(LiveAt(Small(), 2), (std::vector<int32_t>{1, 2}));
  EXPECT_EQ(LiveAt(Small(), 3), (std::vector<int32_t>{3}));
}

TEST(ProgramPart, BlocksEndAtKnownTensors) {
  const std::vector<Block> blocks = BlocksOf(Small(), [](int32_t t) { return t != 2; });
  ASSERT_EQ(blocks.size(), 2u);
  EXPECT_EQ(blocks[1].output, 3);
  EXPECT_EQ(blocks[1].inputs, (std::vector<int32_t>{1}));
  EXPECT_EQ(blocks[1].records, (std::vector<size_t>{1, 2}));
}

TEST(ProgramPart, TransplantsALayer) {
  const auto known = [](int32_t) { return true; };
  Program wrong = Small();
  wrong.records[1].op = "neg";
  const Program right = Small();
  const auto mended =
      Transplant(wrong, BlocksOf(wrong, known)[1], right, BlocksOf(right, known)[1]);
  ASSERT_TRUE(mended.ok()) << mended.status().message();
  EXPECT_EQ(Between(wrong, {0}, {3}, {Two(1, -2)}), (std::vector<float>{0, 0}));
  EXPECT_EQ(Between(**mended, {0}, {3}, {Two(1, -2)}), (std::vector<float>{0, 4}));
}

TEST(ProgramPart, RefusesALayerThatReadsWhatIsNotThere) {
  const auto known = [](int32_t) { return true; };
  Program other = Small();
  other.tensors[1].name = "elsewhere";
  const Program right = Small();
  EXPECT_FALSE(Transplant(right, BlocksOf(right, known)[1], other, BlocksOf(other, known)[1]).ok());
}

TEST(ProgramPart, NamesTheValueBehindATensor) {
  EXPECT_EQ(ValueNameOf("conv1.quantized"), "conv1");
  EXPECT_EQ(ValueNameOf("conv1"), "conv1");
}

}  // namespace
}  // namespace plumb::verify
