#include "plumb/import/rknn/rknn_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plumb/import/rknn/rknn_test_file.h"

namespace plumb::rknn {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

Result<Facts> ReadText(std::string_view text) {
  return Read(std::as_bytes(std::span(text.data(), text.size())));
}

TEST(RknnFile, TellsWhatTheToolkitWrote) {
  const auto facts = ReadText(TestFile());
  ASSERT_TRUE(facts.ok()) << facts.status().message();
  EXPECT_EQ(facts->container_version, 6U);
  EXPECT_EQ(facts->generation, 6);
  EXPECT_EQ(facts->name, "blend");
  EXPECT_THAT(facts->toolkit, testing::StartsWith("2.3.2-source_code(compiler version"));
  EXPECT_THAT(facts->targets, ElementsAre("rk3588", "rk3588s"));
  EXPECT_EQ(facts->npu, "RKNPU v2");
  EXPECT_EQ(facts->framework, "ONNX");
  EXPECT_THAT(facts->notes, IsEmpty());
  ASSERT_EQ(facts->inputs.size(), 2U);
  const Port& picture = facts->inputs[0];
  EXPECT_EQ(picture.name, "picture");
  EXPECT_EQ(picture.dtype, "uint8");  // as the calls see it, not as the NPU stores it
  EXPECT_EQ(picture.layout, "NHWC");
  EXPECT_THAT(picture.shape, ElementsAre(1, 3, 4, 4));
  EXPECT_THAT(picture.scale, ElementsAre(1.0f));
  EXPECT_THAT(picture.zero_point, ElementsAre(-128));
  EXPECT_THAT(picture.mean, ElementsAre(127.5, 0, 1));
  EXPECT_THAT(picture.std, ElementsAre(255, 255, 2));
  EXPECT_EQ(picture.swaps_colors, true);
  EXPECT_EQ(facts->inputs[1].dtype, "int8");
  EXPECT_THAT(facts->inputs[1].mean, IsEmpty());
  ASSERT_EQ(facts->outputs.size(), 1U);
  EXPECT_EQ(facts->outputs[0].min[0], 0.25f * (-128 - 20));
  EXPECT_THAT(facts->nodes, Contains(Pair("ConvRelu", "Conv:Conv_0")));
  EXPECT_EQ(facts->nodes.size(), 5U);
  EXPECT_THAT(facts->custom_operators, ElementsAre("cstBlend"));
  EXPECT_EQ(facts->constant_bytes, 32U);
  EXPECT_EQ(facts->command_bytes, 4U * 126 * kCommandBytes);
  EXPECT_EQ(facts->task_bytes, 3 * kTaskBytes);
  EXPECT_EQ(facts->weight_memory, 2176U);
  EXPECT_EQ(facts->internal_memory, 9920U);
  EXPECT_THAT(facts->core_variants, ElementsAre(0, 0, 0, 1, 2));
  EXPECT_EQ(Describe(*facts),
            "a model for Rockchip's NPU, made by RKNN-Toolkit2 2.3.2 for rk3588, rk3588s");
}

TEST(RknnFile, TellsVariantsByTheirFirstBytes) {
  EXPECT_EQ(ReadText(TestPayload())->variant, Variant::kBare);
  EXPECT_EQ(ReadText(TestPayload())->targets, std::vector<std::string>{"rk3588"});
  EXPECT_EQ(ReadText("CYPTRKNN and what follows")->variant, Variant::kEncrypted);
  EXPECT_EQ(ReadText("RKNX....")->variant, Variant::kThird);
  EXPECT_EQ(ReadText("VPMN....")->variant, Variant::kToolkit1Binary);
  EXPECT_EQ(ReadText("\x08\x07onnx").status().code(), Code::kInvalidModel);
  EXPECT_EQ(ReadText("").status().code(), Code::kInvalidModel);
  const auto first =
      ReadText(TestContainer(2, "", R"({"version": "1.7.5", "target_platform": ["RV1126"],
    "graph": [{"left": "input", "right_tensor_id": 4}, {"left": "output", "right_tensor_id": 9}],
    "norm_tensor": [{"tensor_id": 4, "url": "x", "size": [1, 3, 8, 8],
      "dtype": {"vx_type": "u8", "qnt_type": "asymmetric", "scale": [0.5], "zero_point": [3]}}]})"));
  ASSERT_TRUE(first.ok()) << first.status().message();
  EXPECT_EQ(first->what, "made by RKNN-Toolkit 1");
  ASSERT_EQ(first->inputs.size(), 1U);
  EXPECT_EQ(first->inputs[0].zero_point, std::vector<int64_t>{3});
  EXPECT_THAT(first->outputs, IsEmpty());
}

TEST(RknnFile, SaysWhatIsMissingOfAFileCutOff) {
  const std::string file = TestFile();
  const auto facts = ReadText(std::string_view(file).substr(0, 200));
  EXPECT_EQ(facts.status().code(), Code::kInvalidModel);
  EXPECT_THAT(facts.status().message(), HasSubstr("the file has 200"));
  for (size_t size = 0; size < file.size(); ++size) {
    const auto part = ReadText(std::string_view(file).substr(0, size));
    EXPECT_TRUE(!part.ok() || !part->notes.empty()) << size;
  }
}

TEST(RknnFile, PassesOverTextsOfAnotherForm) {
  const auto facts = ReadText(TestContainer(6, TestPayload(), "[1, 2"));
  ASSERT_TRUE(facts.ok());
  EXPECT_THAT(facts->notes, ElementsAre(HasSubstr("no JSON object")));
  EXPECT_EQ(facts->inputs.size(), 2U);
}

}  // namespace
}  // namespace plumb::rknn
