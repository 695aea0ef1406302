#include "plumb/artifact/golden.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <random>

#include "plumb/artifact/reader.h"
#include "plumb/artifact/test_artifact.h"
#include "plumb/artifact/validator.h"
#include "plumb/artifact/writer.h"

namespace plumb::artifact {
namespace {

using ::testing::HasSubstr;

// Slopes, edges, a flat part and noise.
Picture Scene(int width, int height, int channels, uint32_t seed) {
  Picture picture(width, height, channels);
  std::mt19937 random(seed);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      for (int c = 0; c < channels; ++c) {
        const int flat = y >= height / 2 && y < 3 * height / 4;
        const int value = x * 3 + y * (c + 1) + (x > width / 3 ? 90 : 0) +
                          static_cast<int>(random() % (c == 2 ? 256 : 5));
        picture.At(x, y)[c] = static_cast<uint8_t>(flat ? 114 : value);
      }
    }
  }
  return picture;
}

TEST(GoldenPicture, ComesBackAsItWas) {
  for (int channels : {1, 3}) {
    for (const auto& [width, height] :
         {std::pair{1, 1}, {1, 9}, {9, 1}, {2, 2}, {33, 17}, {64, 40}}) {
      for (uint32_t seed = 0; seed < 4; ++seed) {
        const Picture picture = Scene(width, height, channels, seed);
        const auto code = EncodePicture(picture);
        const auto again = DecodePicture(code, width, height, channels);
        ASSERT_TRUE(again.ok()) << again.status().message();
        ASSERT_EQ(again->pixels, picture.pixels) << width << "x" << height << "x" << channels;
      }
    }
  }
}

// The code is part of the format: these bytes stay.
TEST(GoldenPicture, HasTheBytesOfTheSpecification) {
  Picture picture(2, 2, 1);
  picture.pixels = {128, 130, 128, 130};
  // Row 0: not the row above (0). 128: guess 128, error 0, k = 2 (1 << 2 >= 4): 0 00. 130: guess 128, the same context,
  // magnitude 4, count 2, k = 1, error 2, mapped 4: 110 0. Row 1: as the row above (1).
  // 0 000 1100 | 1 and seven zeros.
  EXPECT_EQ(EncodePicture(picture), (std::vector<uint8_t>{0x0C, 0x80}));
}

TEST(GoldenPicture, TakesLittleRoomForFlatParts) {
  // The first row, then a bit for each row that is the one above; a bit for each value would be 3200 bytes.
  EXPECT_LT(EncodePicture(Picture(160, 160, 1)).size(), 160U);
}

TEST(GoldenPicture, RefusesWhatIsNone) {
  auto code = EncodePicture(Scene(33, 17, 3, 1));
  const auto message = [&] { return DecodePicture(code, 33, 17, 3).status().message(); };
  code.push_back(0);
  EXPECT_THAT(message(), HasSubstr("behind the end"));
  code.pop_back();
  code.pop_back();
  EXPECT_FALSE(DecodePicture(code, 33, 17, 3).ok());
  code.clear();
  EXPECT_THAT(message(), HasSubstr("cannot be a picture"));
  EXPECT_FALSE(DecodePicture(code, 0, 17, 3).ok());
  EXPECT_FALSE(DecodePicture(code, 33, 1 << 20, 3).ok());
  EXPECT_FALSE(DecodePicture(code, 33, 17, 2).ok());
}

TEST(GoldenPicture, AnyBytesAreAPictureOrAnError) {
  std::mt19937 random(7);
  int pictures = 0;
  for (int i = 0; i < 3000; ++i) {
    std::vector<uint8_t> code(1 + random() % 40);
    for (uint8_t& byte : code) {
      byte = static_cast<uint8_t>(random() % 3 == 0 ? 0xFF : random());
    }
    const auto picture = DecodePicture(code, 5, 4, 1);
    if (picture.ok()) {
      ++pictures;
      EXPECT_TRUE(DecodePicture(EncodePicture(*picture), 5, 4, 1).ok());
    }
  }
  EXPECT_GT(pictures, 0);
}

TEST(GoldenNoise, HasTheNumbersOfTheSpecification) {
  GoldenInput input;
  input.seed = 1;
  input.low = -3, input.high = 3;
  Tensor integers(DType::kS8, {4}), reals(DType::kF32, {2});
  FillNoise(input, integers.view());
  FillNoise(input, reals.view());
  // SplitMix64 from 1: 910a2dec89025cc1, beeb8da1658eec67, f893a2eefb32555e, 71c18690ee42c90b. Modulo 7: 2, 0, 1, 0.
  EXPECT_THAT(integers.values<int8_t>(), ::testing::ElementsAre(-1, -3, -2, -3));
  // -3 + 6 * (0x910a2d / 2^24), each operation rounded.
  EXPECT_EQ(reals.values<float>()[0], -3.0F + 6.0F * (9505325.0F / 16777216.0F));
}

TEST(DefinitionHash, FollowsWhatARecordComputes) {
  const Artifact artifact = MakeTestArtifact();
  const uint64_t hash = DefinitionHash(artifact.program, 0);
  const auto changed = [&](const std::function<void(Program&)>& change) {
    Program program = artifact.program;
    change(program);
    return DefinitionHash(program, 0) != hash;
  };
  EXPECT_FALSE(changed([](Program& p) { p.records[0].name = "other"; }));
  EXPECT_FALSE(changed([](Program& p) { p.tensors[0].name = "other"; }));
  EXPECT_TRUE(changed([](Program& p) { p.tensors[0].quantization.scale[2] *= 2; }));
  EXPECT_TRUE(changed([](Program& p) { p.tensors[1].quantization.zero_point[0] = 1; }));
  EXPECT_TRUE(changed([](Program& p) { p.records[0].attributes.Set("slope", 0.2F); }));
  EXPECT_TRUE(changed([](Program& p) { p.records[0].op = "other"; }));
  EXPECT_TRUE(changed([](Program& p) { p.records[0].version = 2; }));
  const uint64_t contracts = ContractsHash(artifact.io, artifact.decode);
  IoContract io = artifact.io;
  io.pictures[0].mean[1] += 1;
  EXPECT_NE(ContractsHash(io, artifact.decode), contracts);
  DecodeContract decode = artifact.decode;
  decode.labels[1] = "tricycle";
  EXPECT_NE(ContractsHash(artifact.io, decode), contracts);
}

// The test artifact's input is s8: noise is what it may have.
Artifact WithGolden() {
  Artifact artifact = MakeTestArtifact();
  GoldenVector vector;
  vector.inputs.resize(1);
  vector.inputs[0].seed = 5;
  vector.inputs[0].low = -128, vector.inputs[0].high = 127;
  vector.inputs[0].hash = 0x0123456789abcdefU;
  vector.hashes = {42};
  vector.result = GoldenResult::kBoxes;
  vector.objects = {{3, {1, 2, 3, 4, 5}}, {-1, {}}};
  artifact.golden.vectors = {vector, vector};
  artifact.golden.vectors[1].result = GoldenResult::kNone;
  artifact.golden.definitions = {43};
  artifact.golden.contracts = 44;
  return artifact;
}

TEST(Golden, TravelsInTheArtifact) {
  const Artifact artifact = WithGolden();
  const auto bytes = SerializeArtifact(artifact);
  ASSERT_TRUE(bytes.ok()) << bytes.status().message();
  const auto read = ReadArtifact(*bytes);
  ASSERT_TRUE(read.ok()) << read.status().message();
  EXPECT_EQ((*read)->golden, artifact.golden);
}

TEST(ValidateGolden, RefusesWhatDoesNotFit) {
  const auto refused = [](const std::function<void(Golden&, Artifact&)>& change) {
    Artifact artifact = WithGolden();
    EXPECT_TRUE(ValidateGolden(artifact).ok());
    change(artifact.golden, artifact);
    const Status status = ValidateGolden(artifact);
    EXPECT_EQ(status.code(), Code::kInvalidModel);
    return status.message();
  };
  EXPECT_THAT(refused([](Golden& g, Artifact&) { g.vectors.resize(5, g.vectors[0]); }),
              HasSubstr("5 vectors"));
  EXPECT_THAT(refused([](Golden& g, Artifact&) { g.definitions.clear(); }),
              HasSubstr("0 definitions"));
  EXPECT_THAT(refused([](Golden& g, Artifact&) { g.vectors[1].hashes.push_back(1); }),
              HasSubstr("2 hashes"));
  EXPECT_THAT(refused([](Golden& g, Artifact&) { g.vectors[0].inputs.clear(); }),
              HasSubstr("0 inputs"));
  EXPECT_THAT(refused([](Golden& g, Artifact&) { g.vectors[0].inputs[0].high = 128; }),
              HasSubstr("noise within -128..128 for input 'images', which is s8"));
  EXPECT_THAT(refused([](Golden& g, Artifact&) { g.vectors[0].inputs[0].low = 0.5; }),
              HasSubstr("noise"));
  EXPECT_THAT(refused([](Golden& g, Artifact&) {
                g.vectors[0].inputs[0].low = std::numeric_limits<double>::quiet_NaN();
              }),
              HasSubstr("noise"));
  EXPECT_THAT(refused([](Golden& g, Artifact&) {
                g.vectors[0].inputs[0].source = GoldenSource::kPicture;
                g.vectors[0].inputs[0].width = g.vectors[0].inputs[0].height = 2;
              }),
              HasSubstr("a picture of 2x2 for input 'images', a s8 tensor"));
  EXPECT_THAT(refused([](Golden& g, Artifact& a) {
                g.vectors[0].inputs[0].source = GoldenSource::kPicture;
                a.io.pictures.clear();
              }),
              HasSubstr("no picture in the I/O contract"));
  EXPECT_THAT(
      refused([](Golden& g, Artifact&) { g.vectors[0].result = static_cast<GoldenResult>(3); }),
      HasSubstr("result"));
  EXPECT_THAT(refused([](Golden& g, Artifact&) {
                g.vectors[0].inputs[0].source = static_cast<GoldenSource>(2);
              }),
              HasSubstr("kind of input"));
}

}  // namespace
}  // namespace plumb::artifact
