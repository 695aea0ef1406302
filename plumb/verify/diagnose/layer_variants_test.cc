#include "plumb/verify/diagnose/layer_variants.h"

#include <gtest/gtest.h>

#include <numeric>

#include "plumb/ir/text.h"
#include "plumb/lower/lower.h"

namespace plumb::verify {
namespace {

constexpr std::string_view kNetwork = R"(graph "small"
input %x: f32[1x2x2x2]
%y: f32[1x2x2x2] = relu(%x)
const %s: f32[4] = {1, 2, 2, 1}
%z: f32[1x4x4x2] = resize(%y, _, %s) {mode = "nearest", coordinate_transformation_mode = "asymmetric", nearest_mode = "floor"}
output "z" = %z
)";

ir::Graph Network() {
  auto graph = ir::Parse(kNetwork);
  EXPECT_TRUE(graph.ok()) << graph.status().message();
  return std::move(*graph);
}

// A program's block from "x" to "z", of which nothing but its tensors is known: steps of a tenth, zero in the middle.
artifact::Program OnTenths() {
  artifact::Program p;
  const Quantization tenth{{0.1f}, {0}, -1};
  p.AddTensor({"x.quantized", DType::kS8, {1, 2, 2, 2}, tenth, -1});
  p.AddTensor({"z", DType::kS8, {1, 4, 4, 2}, tenth, -1});
  return p;
}
const Block kBlock{1, {0}, {}};

const std::vector<float> kInput = {-3, 1, 2, -0.5f, 0, 4, 5, -6};

std::vector<float> Made(const Donor& donor) {
  const auto part = ExtractPart(*donor.program, donor.block.inputs, {{donor.block.output}});
  EXPECT_TRUE(part.ok()) << part.status().message();
  const Tensor input = OnGrid(kInput, OnTenths().tensors[0]);
  const auto made = RunPart(*part, {{input}}, 1);
  EXPECT_TRUE(made.ok()) << made.status().message();
  std::vector<float> real;
  for (const int8_t q : std::as_const((*made)[0]).values<int8_t>()) {
    real.push_back(static_cast<float>(q) / 10);
  }
  return real;
}

Donor DonorFrom(const ir::Graph& part) {
  auto donor = DonorOf(part, OnTenths(), kBlock);
  EXPECT_TRUE(donor.ok()) << donor.status().message();
  return std::move(*donor);
}

TEST(FloatDonor, ComputesTheModelsPartOnTheBlocksIntegers) {
  const std::vector<float> made = Made(DonorFrom(*ModelPart(Network(), OnTenths(), kBlock)));
  const std::vector<float> first_row = {0, 1, 0, 1, 2, 0, 2, 0};
  ASSERT_EQ(made.size(), 32u);
  EXPECT_EQ(std::vector<float>(made.begin(), made.begin() + 8), first_row);
  EXPECT_EQ(std::vector<float>(made.begin() + 8, made.begin() + 16), first_row);
}

TEST(FloatDonor, RefusesABlockThatReadsOtherValuesThanTheModelNeeds) {
  artifact::Program p = OnTenths();
  p.AddTensor({"elsewhere", DType::kS8, {1, 2, 2, 2}, p.tensors[0].quantization, -1});
  EXPECT_FALSE(ModelPart(Network(), p, {1, {2}, {}}).ok());
  EXPECT_FALSE(ModelPart(Network(), p, {1, {}, {}}).ok());
}

TEST(FloatDonor, VariantsComputeEachSomethingElse) {
  const ir::Graph part = *ModelPart(Network(), OnTenths(), kBlock);
  size_t dropped = 0, resized = 0;
  for (const PartVariant& variant : VariantsOf(part)) {
    const std::vector<float> made = Made(DonorFrom(variant.part));
    dropped += variant.cause == "activation-dropped";
    resized += variant.cause == "resize-kernel";
    if (variant.cause == "activation-dropped") {
      EXPECT_EQ(made[0], -3);
    }
  }
  EXPECT_EQ(dropped, 1u);
  EXPECT_EQ(resized,
            19u);  // 4 rules by 4 roundings, and 4 rules of linear, without the one that is right
}

// A case whose subject makes "z" from "x" by a variant of the model.
struct Trial {
  explicit Trial(const std::string& cause) : graph(Network()) {
    const ir::Graph part = *ModelPart(graph, OnTenths(), kBlock);
    Donor wrong = DonorFrom(part);
    for (const PartVariant& variant : VariantsOf(part)) {
      if (variant.cause == cause) {
        wrong = DonorFrom(variant.part);
      }
    }
    subject = *wrong.program;
    block = wrong.block;
    input.reference.program = *lower::Lower(graph);
    input.graph = &graph;
    input.samples = {{}};
    input.samples[0].push_back(Tensor::Of<float>({1, 2, 2, 2}, kInput));
  }
  std::optional<LayerFault> Found() {
    auto c = Case::Create(input);
    EXPECT_TRUE(c.ok()) << c.status().message();
    const auto values = (*c)->Values();
    EXPECT_TRUE(values.ok()) << values.status().message();
    const PartialRuns runs(**c, subject, **values);
    return FaultyOperator(runs, subject, block, *ModelPart(graph, subject, block));
  }
  ir::Graph graph;
  artifact::Program subject;
  Block block;
  CaseInput input;
};

TEST(LayerVariants, NamesWhatTheLayerComputesInstead) {
  for (const char* cause : {"activation-dropped", "resize-kernel"}) {
    const auto fault = Trial(cause).Found();
    ASSERT_TRUE(fault.has_value()) << cause;
    EXPECT_EQ(fault->cause, cause);
  }
}

TEST(LayerVariants, SaysNothingOfALayerThatIsRight) {
  EXPECT_FALSE(Trial("nothing").Found().has_value());
}

}  // namespace
}  // namespace plumb::verify
