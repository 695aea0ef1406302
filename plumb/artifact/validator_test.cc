#include "plumb/artifact/validator.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <limits>

#include "plumb/artifact/test_artifact.h"

namespace plumb::artifact {
namespace {

using ::testing::HasSubstr;

void ExpectRefused(const std::function<void(Artifact&)>& change, const char* message) {
  Artifact artifact = MakeTestArtifact();
  ASSERT_TRUE(ValidateProgram(artifact.program).ok())
      << ValidateProgram(artifact.program).message();
  ASSERT_TRUE(ValidateContracts(artifact).ok()) << ValidateContracts(artifact).message();
  change(artifact);
  Status status = ValidateProgram(artifact.program);
  if (status.ok()) {
    status = ValidateContracts(artifact);
  }
  EXPECT_EQ(status.code(), Code::kInvalidModel);
  EXPECT_THAT(status.message(), HasSubstr(message));
}

TEST(TensorBytes, MultipliesWithCare) {
  EXPECT_EQ(*TensorBytes(DType::kF32, {2, 3}), 24U);
  EXPECT_EQ(*TensorBytes(DType::kF64, {}), 8U);
  EXPECT_EQ(*TensorBytes(DType::kF64, {0, 5}), 0U);
  EXPECT_FALSE(TensorBytes(DType::kS8, {-1}).ok());
  EXPECT_FALSE(TensorBytes(DType::kS8, {int64_t{1} << 40, int64_t{1} << 40}).ok());
  EXPECT_FALSE(TensorBytes(DType::kS8, {0, int64_t{1} << 40, int64_t{1} << 40}).ok());
  EXPECT_FALSE(TensorBytes(DType::kS8, Shape(17, 1)).ok());
}

TEST(ValidateProgram, RefusesBrokenTensors) {
  auto tensor = [](size_t i, auto change) {
    return [i, change](Artifact& a) { change(a.program.tensors[i]); };
  };
  ExpectRefused(tensor(0, [](TensorInfo& t) { t.dtype = static_cast<DType>(200); }),
                "element type 200");
  ExpectRefused(tensor(0, [](TensorInfo& t) { t.shape[1] = -4; }),
                "tensor 0 'images': negative dimension");
  ExpectRefused(tensor(0, [](TensorInfo& t) { t.quantization.scale[1] = 0; }), "scale 1 is 0");
  ExpectRefused(tensor(0, [](TensorInfo& t) { t.quantization.scale[1] = 1e-40F; }),
                "positive normal");
  ExpectRefused(tensor(0, [](TensorInfo& t) { t.quantization.zero_point[1] = 128; }),
                "zero point 128");
  ExpectRefused(tensor(0, [](TensorInfo& t) { t.quantization.scale.pop_back(); }),
                "expected 3 scales");
  ExpectRefused(tensor(0, [](TensorInfo& t) { t.quantization.axis = 4; }), "axis 4");
  ExpectRefused(tensor(2, [](TensorInfo& t) { t.constant = 9; }), "constant 9 of 4");
  ExpectRefused(tensor(2, [](TensorInfo& t) { t.shape = {7}; }),
                "takes 28 bytes, its constant has 24");
}

TEST(ValidateProgram, RefusesBadOrder) {
  auto program = [](auto change) { return [change](Artifact& a) { change(a.program); }; };
  ExpectRefused(program([](Program& p) { p.records[0].inputs[0] = 1; }),
                "which nothing has written before");
  ExpectRefused(program([](Program& p) { p.records[0].inputs[0] = 99; }), "refers to tensor 99");
  ExpectRefused(program([](Program& p) { p.records[0].outputs[0] = -1; }), "refers to tensor -1");
  ExpectRefused(program([](Program& p) { p.records[0].outputs[0] = 0; }),
                "which has its contents already");
  ExpectRefused(program([](Program& p) { p.records[0].outputs[0] = 2; }),
                "which has its contents already");
  ExpectRefused(program([](Program& p) { p.records.clear(); }), "output 'flat' reads tensor 1");
  ExpectRefused(program([](Program& p) { p.outputs[1].name = "flat"; }),
                "two outputs are named 'flat'");
  ExpectRefused(program([](Program& p) { p.inputs[0].dtype = DType::kNone; }),
                "input 'images': element type 0");
}

TEST(ValidateContracts, RefusesWhatDoesNotFit) {
  auto picture = [](auto change) { return [change](Artifact& a) { change(a.io.pictures[0]); }; };
  ExpectRefused(picture([](PictureInput& p) { p.input = 1; }), "input 1 of 1");
  ExpectRefused(picture([](PictureInput& p) { p.width = 7; }),
                "7x4 and 3 channels does not fit its shape 1x4x6x3");
  ExpectRefused(picture([](PictureInput& p) { p.color = static_cast<Color>(3); }),
                "does not exist");
  ExpectRefused(picture([](PictureInput& p) { p.std[2] = 0; }), "std positive");
  ExpectRefused(picture([](PictureInput& p) { p.mean.pop_back(); }), "expected 3 values");
  ExpectRefused(picture([](PictureInput& p) { p.pad = 256; }), "pad 256");
  auto decode = [](auto change) { return [change](Artifact& a) { change(a.decode); }; };
  ExpectRefused(decode([](DecodeContract& d) { d.outputs[0].output = 3; }), "output 3 of 3");
  ExpectRefused(decode([](DecodeContract& d) { d.outputs[0].anchors.pop_back(); }),
                "3 anchor numbers");
  ExpectRefused(decode([](DecodeContract& d) { d.labels.pop_back(); }), "1 labels for 2 classes");
  ExpectRefused(decode([](DecodeContract& d) {
                  d.score_threshold = std::numeric_limits<float>::quiet_NaN();
                }),
                "outside their ranges");
  ExpectRefused(decode([](DecodeContract& d) { d.strides[0] = 0; }), "stride 0");
  ExpectRefused([](Artifact& a) { a.quality.verdict = static_cast<Outcome>(9); }, "verdict");
}

}  // namespace
}  // namespace plumb::artifact
