// The self-test: passes where nothing is wrong, and names what is.
#include "plumb/runtime/self_test.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plumb/runtime/record_hash.h"
#include "plumb/runtime/session.h"
#include "tests/same_bits/random_layers.h"

namespace plumb::runtime {
namespace {

using ::testing::HasSubstr;

// A layer with its golden case.
struct Tested {
  RandomLayer layer;
  std::vector<uint64_t> hashes;
  std::vector<SelfTestCase> cases;

  explicit Tested(uint64_t seed) : layer(MakeRandomLayer(seed, 1)), cases(1) {
    const auto session = Session::Create(layer.program, {.threads = 1, .isa = Isa::kScalar});
    EXPECT_TRUE(session.ok());
    for (size_t i = 0; i < layer.program->inputs.size(); ++i) {
      const TensorView to = (*session)->input(i);
      FillInput(to, seed + i, 0, 1);
      Tensor input(to.dtype, Shape(to.shape.begin(), to.shape.end()));
      std::memcpy(input.raw(), to.raw, to.bytes());
      cases[0].inputs.push_back(std::move(input));
    }
    EXPECT_TRUE((*session)
                    ->Run([&](size_t, const artifact::Record&, std::span<const TensorView> y) {
                      hashes.push_back(HashOutputs(y));
                    })
                    .ok());
    cases[0].hashes = hashes;
  }
  [[nodiscard]] SelfTestReport Run(bool full = false) const {
    const auto report = SelfTest(layer.program, cases, {.threads = 2, .isa = {}, .full = full});
    EXPECT_TRUE(report.ok()) << report.status().message();
    return report.ok() ? *report : SelfTestReport();
  }
};

TEST(SelfTest, PassesWhereNothingIsWrong) {
  for (uint64_t seed = 0; seed < 60; ++seed) {
    Tested tested(seed);
    for (bool full : {false, true}) {
      const SelfTestReport report = tested.Run(full);
      ASSERT_FALSE(report.difference)
          << seed << ": " << DescribeDifference(*tested.layer.program, *report.difference);
      EXPECT_EQ(report.records, 1U);
      EXPECT_GE(report.variants.size(), full ? 3U : 2U);
      if (!full && AvailableIsas().size() > 1) {
        EXPECT_EQ(report.whole_records + report.sampled_records, 1U);
        EXPECT_GT(report.sampled_elements, 0);
      }
    }
    tested.cases[0].hashes = {};  // nothing stored: kernels are compared with each other
    ASSERT_FALSE(tested.Run().difference);
  }
}

TEST(SelfTest, TellsThatAllKernelsAgreeOnSomethingElse) {
  Tested tested(3);
  tested.hashes[0] ^= 1;
  for (bool full : {false, true}) {
    const SelfTestReport report = tested.Run(full);
    ASSERT_TRUE(report.difference);
    EXPECT_EQ(report.difference->cause, DifferenceCause::kProgram);
    EXPECT_EQ(report.difference->found_hash, tested.hashes[0] ^ 1);
    EXPECT_FALSE(report.difference->has_element);
    EXPECT_THAT(DescribeDifference(*tested.layer.program, *report.difference),
                HasSubstr("record 0 'the layer'"));
  }
}

TEST(SelfTest, GivesOutputsToTheObserver) {
  const Tested tested(3);
  size_t calls = 0;
  const auto observer = [&](size_t i, std::span<const ConstTensorView> outputs) {
    EXPECT_EQ(i, 0U);
    EXPECT_EQ(outputs.size(), 1U);
    EXPECT_EQ(HashTensor(outputs[0]), tested.hashes[0]);
    ++calls;
    return Status();
  };
  ASSERT_TRUE(SelfTest(tested.layer.program, tested.cases, {.threads = 2}, observer).ok());
  EXPECT_EQ(calls, 1U);
  const auto refuse = [](size_t, std::span<const ConstTensorView>) { return UsageError("enough"); };
  EXPECT_EQ(SelfTest(tested.layer.program, tested.cases, {.threads = 2}, refuse).status().message(),
            "enough");
}

}  // namespace
}  // namespace plumb::runtime
