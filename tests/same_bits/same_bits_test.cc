// Random layers have the same bits on every kernel family of this CPU, for 1, 2 and 3 threads, alone or in a batch, and
// whatever floating-point environment the caller has.
#include <gtest/gtest.h>

#include <cstring>
#include <vector>

#include "plumb/runtime/session.h"
#include "tests/same_bits/hostile_environment.h"
#include "tests/same_bits/random_layers.h"

namespace plumb {
namespace {

#if defined(__x86_64__) && defined(__OPTIMIZE__)
constexpr uint64_t kLayers = 600;
#else
constexpr uint64_t kLayers = 150;  // slow: under an emulator, a sanitizer or without optimization
#endif

std::vector<std::byte> Outputs(uint64_t seed, int64_t first_sample, int64_t batch,
                               const runtime::SessionOptions& options, bool hostile = false) {
  const RandomLayer layer = MakeRandomLayer(seed, batch);
  const auto session = [&] {
    const HostileEnvironment environment(hostile);
    return runtime::Session::Create(layer.program, options);
  }();
  if (!session.ok()) {
    ADD_FAILURE() << layer.name << ": " << session.status().message();
    return {};
  }
  for (size_t i = 0; i < layer.program->inputs.size(); ++i) {
    FillInput((*session)->input(i), seed + i, first_sample, batch);
  }
  const HostileEnvironment environment(hostile);
  const Status status = (*session)->Run();
  EXPECT_TRUE(environment.Untouched());
  EXPECT_TRUE(status.ok()) << status.message();
  const ConstTensorView out = (*session)->output(0);
  const auto* bytes = static_cast<const std::byte*>(out.raw);
  return {bytes, bytes + static_cast<size_t>(NumElements(out.shape)) * DTypeSize(out.dtype)};
}

TEST(SameBits, OnEveryInstructionSetAndThreadCount) {
  for (uint64_t seed = 0; seed < kLayers && !testing::Test::HasFailure(); ++seed) {
    const auto expected = Outputs(seed, 0, 1, {.threads = 1, .isa = Isa::kScalar});
    ASSERT_FALSE(expected.empty());
    for (const Isa isa : AvailableIsas()) {
      for (const int threads : {1, 2, 3}) {
        ASSERT_EQ(Outputs(seed, 0, 1, {.threads = threads, .isa = isa}), expected)
            << "layer " << seed << " (" << MakeRandomLayer(seed, 1).name << "), " << IsaName(isa)
            << ", " << threads << " threads";
      }
    }
  }
}

TEST(SameBits, AloneAndInABatch) {
  for (uint64_t seed = 0; seed < kLayers; ++seed) {
    for (const Isa isa : {Isa::kScalar, AvailableIsas().back()}) {
      std::vector<std::byte> expected;
      for (int64_t sample = 0; sample < 4; ++sample) {
        const auto one = Outputs(seed, sample, 1, {.threads = 1, .isa = isa});
        expected.insert(expected.end(), one.begin(), one.end());
      }
      ASSERT_EQ(Outputs(seed, 0, 4, {.threads = 2, .isa = isa}), expected)
          << "layer " << seed << " (" << MakeRandomLayer(seed, 1).name << "), " << IsaName(isa);
    }
  }
}

TEST(SameBits, InAHostileFloatingPointEnvironment) {
  for (uint64_t seed = 0; seed < kLayers; ++seed) {
    const auto expected = Outputs(seed, 0, 1, {.threads = 1, .isa = Isa::kScalar});
    for (const Isa isa : AvailableIsas()) {
      ASSERT_EQ(Outputs(seed, 0, 1, {.threads = 2, .isa = isa}, true), expected)
          << "layer " << seed << " (" << MakeRandomLayer(seed, 1).name << "), " << IsaName(isa);
    }
  }
}

}  // namespace
}  // namespace plumb
