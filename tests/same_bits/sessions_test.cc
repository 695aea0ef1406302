// Several sessions side by side, from several threads, over shared programs: the bits of one alone. The thread sanitizer
// runs this too. One session is for one thread at a time: a second Run is refused.
#include <gtest/gtest.h>

#include <atomic>
#include <cstring>
#include <thread>
#include <vector>

#include "plumb/runtime/session.h"
#include "tests/same_bits/random_layers.h"

namespace plumb {
namespace {

using Bytes = std::vector<std::byte>;
using Program = std::shared_ptr<const artifact::Program>;

constexpr uint64_t kLayers = 24;

Bytes RunOnce(runtime::Session& session, uint64_t seed) {
  for (size_t i = 0; i < session.program().inputs.size(); ++i) {
    FillInput(session.input(i), seed + i, 0, 1);
  }
  const Status status = session.Run();
  EXPECT_TRUE(status.ok()) << status.message();
  const ConstTensorView out = session.output(0);
  const auto* bytes = static_cast<const std::byte*>(out.raw);
  return {bytes, bytes + static_cast<size_t>(NumElements(out.shape)) * DTypeSize(out.dtype)};
}

TEST(Sessions, SideBySideGiveTheBitsOfOneAlone) {
  std::vector<Program> programs;
  std::vector<Bytes> expected;
  for (uint64_t seed = 0; seed < kLayers; ++seed) {
    programs.push_back(MakeRandomLayer(seed, 1).program);
    const auto session = runtime::Session::Create(programs.back(), {});
    ASSERT_TRUE(session.ok()) << session.status().message();
    expected.push_back(RunOnce(**session, seed));
  }
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (uint64_t seed = 0; seed < kLayers; ++seed) {
        const auto session = runtime::Session::Create(programs[seed], {.threads = 1 + t % 2});
        ASSERT_TRUE(session.ok()) << session.status().message();
        for (int round = 0; round < 3; ++round) {
          EXPECT_EQ(RunOnce(**session, seed), expected[seed]) << "layer " << seed;
        }
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
}

TEST(Sessions, ASecondRunOfOneSessionIsRefused) {
  const auto session = runtime::Session::Create(MakeRandomLayer(1, 1).program, {});
  ASSERT_TRUE(session.ok()) << session.status().message();
  std::atomic<int> ran = 0, refused = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int round = 0; round < 200; ++round) {
        const Status status = (*session)->Run();
        status.ok() ? ++ran : ++refused;
        EXPECT_TRUE(status.ok() || status.code() == Code::kUsage) << status.message();
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(ran + refused, 800);
  EXPECT_GE(ran, 1);
}

}  // namespace
}  // namespace plumb
