#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <numeric>
#include <random>
#include <vector>

#include "plumb/kernels/common/copy_rows.h"
#include "plumb/kernels/common/index_map.h"
#include "plumb/kernels/common/strided_copy.h"
#include "plumb/kernels/copy/arrange.h"
#include "plumb/kernels/copy/concat.h"
#include "plumb/kernels/copy/gather.h"
#include "plumb/kernels/copy/pad.h"

namespace plumb::kernels {
namespace {

using ::testing::ElementsAre;

std::vector<uint8_t> RandomBytes(int64_t count, std::mt19937& random) {
  std::vector<uint8_t> bytes(static_cast<size_t>(count));
  std::generate(bytes.begin(), bytes.end(), [&] { return static_cast<uint8_t>(random()); });
  return bytes;
}

// Short rows, and rows that are shared out in chunks.
TEST(ConcatAndSplit, AreEachOthersInverse) {
  std::mt19937 random(1);
  for (const auto& [outer, parts] :
       std::vector<std::pair<int64_t, std::vector<int64_t>>>{{1, {5}},
                                                             {3, {4, 4, 4}},
                                                             {100, {64, 0, 64, 21}},
                                                             {5000, {4, 1, 7}},
                                                             {5001, {24, 24}},
                                                             {777, {3, 3, 3, 3, 99}},
                                                             {2, {100000, 3, 70000}},
                                                             {0, {4}},
                                                             {3, {0}}}) {
    const int64_t row = std::accumulate(parts.begin(), parts.end(), int64_t{0});
    std::vector<std::vector<uint8_t>> pieces;
    std::vector<const void*> inputs;
    for (int64_t bytes : parts) {
      pieces.push_back(RandomBytes(outer * bytes, random));
    }
    for (const auto& piece : pieces) {
      inputs.push_back(piece.data());
    }
    std::vector<uint8_t> expected;
    for (int64_t r = 0; r < outer; ++r) {
      for (size_t i = 0; i < parts.size(); ++i) {
        expected.insert(expected.end(), pieces[i].begin() + r * parts[i],
                        pieces[i].begin() + (r + 1) * parts[i]);
      }
    }
    for (int threads : {1, 2, 3}) {
      ThreadPool pool(threads);
      std::vector<uint8_t> whole(expected.size());
      Concat({outer, row, parts}, inputs, whole.data(), pool);
      EXPECT_EQ(whole, expected);
      std::vector<std::vector<uint8_t>> back(parts.size());
      std::vector<void*> outputs;
      for (size_t i = 0; i < parts.size(); ++i) {
        back[i].resize(pieces[i].size());
        outputs.push_back(back[i].data());
      }
      Split({outer, row, parts}, whole.data(), outputs, pool);
      EXPECT_EQ(back, pieces);
    }
  }
}

// Every length up to beyond the longest that is not left to memcpy; nothing else is written.
TEST(CopyRows, EveryLength) {
  std::mt19937 random(3);
  for (int64_t bytes = 0; bytes < 300; ++bytes) {
    for (const auto& [to_gap, from_gap] :
         {std::pair<int64_t, int64_t>{0, 0}, {7, 0}, {0, 5}, {1, 130}}) {
      constexpr int64_t kRows = 5;
      const int64_t to_step = bytes + to_gap, from_step = bytes + from_gap;
      const auto from = RandomBytes(kRows * from_step, random);
      std::vector<uint8_t> to = RandomBytes(kRows * to_step, random);
      std::vector<uint8_t> expected = to;
      for (int64_t row = 0; row < kRows; ++row) {
        std::copy_n(from.begin() + row * from_step, bytes, expected.begin() + row * to_step);
      }
      CopyRows(reinterpret_cast<std::byte*>(to.data()), to_step,
               reinterpret_cast<const std::byte*>(from.data()), from_step, kRows, bytes);
      EXPECT_EQ(to, expected) << bytes << " bytes";
    }
  }
}

// Any maps at all, of any rank and element size, against one element at a time.
TEST(IndexMapCopy, EqualsElementByElement) {
  std::mt19937 random(2);
  for (int repeat = 0; repeat < 200; ++repeat) {
    const size_t rank = random() % 5;
    std::vector<int64_t> in(rank);
    std::vector<std::vector<int64_t>> maps(rank);
    for (size_t d = 0; d < rank; ++d) {
      in[d] = static_cast<int64_t>(random() % 6 + 1);
      const auto kind = random() % 3;  // untouched, stretched, or anything
      const auto size = kind == 0 ? in[d] : static_cast<int64_t>(random() % 9);
      for (int64_t i = 0; i < size; ++i) {
        maps[d].push_back(
            kind == 0   ? i
            : kind == 1 ? std::min(i / 2, in[d] - 1)
                        : static_cast<int64_t>(random() % static_cast<uint64_t>(in[d] + 1)) - 1);
      }
    }
    const int64_t size = int64_t{1} << (random() % 4);
    int64_t in_count = 1;
    int64_t out_count = 1;
    for (size_t d = 0; d < rank; ++d) {
      in_count *= in[d];
      out_count *= static_cast<int64_t>(maps[d].size());
    }
    const auto input = RandomBytes(in_count * size, random);
    const auto fill = RandomBytes(8, random);
    std::vector<uint8_t> expected(static_cast<size_t>(out_count * size));
    for (int64_t at = 0; at < out_count; ++at) {
      int64_t rest = at;
      int64_t from = 0;
      int64_t step = 1;
      bool inside = true;
      for (size_t d = rank; d-- > 0;) {
        const int64_t source = maps[d][static_cast<size_t>(rest) % maps[d].size()];
        rest /= static_cast<int64_t>(maps[d].size());
        inside = inside && source >= 0;
        from += source * step;
        step *= in[d];
      }
      std::memcpy(expected.data() + at * size, inside ? input.data() + from * size : fill.data(),
                  static_cast<size_t>(size));
    }
    for (int threads : {1, 2, 3}) {
      ThreadPool pool(threads);
      std::vector<uint8_t> output(expected.size());
      IndexMapCopy(MakeIndexMapPlan(in, maps, size), input.data(), fill.data(), output.data(),
                   pool);
      EXPECT_EQ(output, expected) << "repeat " << repeat;
    }
  }
}

TEST(PadMap, EveryMode) {
  EXPECT_THAT(PadMap(3, 2, 1, PadMode::kConstant), ElementsAre(-1, -1, 0, 1, 2, -1));
  EXPECT_THAT(PadMap(3, 5, 2, PadMode::kReflect), ElementsAre(1, 0, 1, 2, 1, 0, 1, 2, 1, 0));
  EXPECT_THAT(PadMap(3, 4, 1, PadMode::kWrap), ElementsAre(2, 0, 1, 2, 0, 1, 2, 0));
  EXPECT_THAT(PadMap(1, 2, 2, PadMode::kReflect), ElementsAre(0, 0, 0, 0, 0));
  EXPECT_THAT(PadMap(4, -2, 1, PadMode::kEdge), ElementsAre(2, 3, 3));
  EXPECT_THAT(PadMap(2, -3, 3, PadMode::kConstant), ElementsAre(-1, -1));
}

TEST(StridedCopy, WalksBackwardsAndRepeats) {
  ThreadPool pool(2);
  const std::vector<uint32_t> input = {1, 2, 3, 4, 5, 6};
  std::vector<uint32_t> output(6);
  StridedCopyPlan plan;
  plan.element_size = 4;
  plan.nest.offset = {0, 5};
  plan.nest.Add(2, {3, -3});
  plan.nest.Add(3, {1, -1});
  plan.Finish();
  EXPECT_EQ(plan.nest.rank, 1);
  StridedCopy(plan, input.data(), output.data(), pool);
  EXPECT_THAT(output, ElementsAre(6, 5, 4, 3, 2, 1));
}

TEST(StridedCopy, RowsOfEveryLengthAndStep) {
  std::mt19937 random(4);
  ThreadPool pool(2);
  for (const int64_t size : {1, 2, 4, 8}) {
    for (int64_t n = 1; n < 70; n += n < 40 ? 1 : 7) {
      for (const int64_t step : {-1, 0, 1, 2, 3}) {
        constexpr int64_t kRows = 3;
        const int64_t row = std::abs(step) * (n - 1) + 1;  // nothing behind the last element
        const auto input = RandomBytes(kRows * row * size, random);
        StridedCopyPlan plan;
        plan.element_size = size;
        plan.nest.offset[1] = step < 0 ? row - 1 : 0;
        plan.nest.Add(kRows, {n, row});
        plan.nest.Add(n, {1, step});
        plan.Finish();
        std::vector<uint8_t> expected(static_cast<size_t>(kRows * n * size)), output = expected;
        for (int64_t i = 0; i < kRows * n; ++i) {
          const int64_t from = plan.nest.offset[1] + i / n * row + i % n * step;
          std::copy_n(input.begin() + from * size, size, expected.begin() + i * size);
        }
        StridedCopy(plan, input.data(), output.data(), pool);
        EXPECT_EQ(output, expected) << n << " elements of " << size << " bytes, step " << step;
      }
    }
  }
}

TEST(Gather, SinglesAndBlocksWithIndicesOutOfRange) {
  ThreadPool pool(2);
  const std::vector<uint8_t> data = {10, 11, 12, 20, 21, 22};
  const std::vector<int32_t> narrow = {2, -1, 7, -9};
  std::vector<uint8_t> out(8);
  Gather({2, 3, 4, 1}, data.data(), {narrow.data(), false}, out.data(), pool);
  EXPECT_THAT(out, ElementsAre(12, 12, 12, 10, 22, 22, 22, 20));
  const std::vector<int64_t> wide = {1, INT64_MIN, INT64_MAX};
  out.resize(9);
  Gather({1, 2, 3, 3}, data.data(), {wide.data(), true}, out.data(), pool);
  EXPECT_THAT(out, ElementsAre(20, 21, 22, 10, 11, 12, 20, 21, 22));
  out.assign(9, 1);
  Gather({1, 0, 3, 3}, nullptr, {wide.data(), true}, out.data(), pool);
  EXPECT_THAT(out, ElementsAre(0, 0, 0, 0, 0, 0, 0, 0, 0));
}

TEST(ScatterCombine, EveryReduction) {
  const auto run = [](ScatterReduction reduction, float a, float b) {
    FindScatterCombine(reduction, DType::kF32)(&a, &b, 1);
    return a;
  };
  EXPECT_EQ(run(ScatterReduction::kNone, 2, 3), 3);
  EXPECT_EQ(run(ScatterReduction::kAdd, 2, 3), 5);
  EXPECT_EQ(run(ScatterReduction::kMul, 2, 3), 6);
  EXPECT_EQ(run(ScatterReduction::kMin, 2, 3), 2);
  EXPECT_EQ(run(ScatterReduction::kMax, 2, 3), 3);
  EXPECT_EQ(FindScatterCombine(ScatterReduction::kAdd, DType::kBool), nullptr);
  EXPECT_NE(FindScatterCombine(ScatterReduction::kNone, DType::kF64), nullptr);
}

TEST(Trilu, BothTriangles) {
  ThreadPool pool(1);
  const std::vector<uint8_t> data = {1, 2, 3, 4, 5, 6};
  std::vector<uint8_t> out(6);
  const auto run = [&](int64_t k, bool upper) {
    Trilu({1, 2, 3, 1, k, upper}, data.data(), out.data(), pool);
    return out;
  };
  EXPECT_THAT(run(0, true), ElementsAre(1, 2, 3, 0, 5, 6));
  EXPECT_THAT(run(1, true), ElementsAre(0, 2, 3, 0, 0, 6));
  EXPECT_THAT(run(0, false), ElementsAre(1, 0, 0, 4, 5, 0));
  EXPECT_THAT(run(INT64_MAX, true), ElementsAre(0, 0, 0, 0, 0, 0));
  EXPECT_THAT(run(INT64_MIN, true), ElementsAre(1, 2, 3, 4, 5, 6));
}

TEST(ReverseSequence, EitherLayout) {
  ThreadPool pool(2);
  const std::vector<uint8_t> data = {0, 1, 2, 3, 4, 5, 6, 7};
  const std::vector<int64_t> lengths = {3, 99};
  std::vector<uint8_t> out(8);
  ReverseSequence({4, 2, 1, 4, 1}, data.data(), {lengths.data(), true}, out.data(),
                  pool);  // [batch, time]
  EXPECT_THAT(out, ElementsAre(2, 1, 0, 3, 7, 6, 5, 4));
  ReverseSequence({4, 2, 2, 1, 1}, data.data(), {lengths.data(), true}, out.data(),
                  pool);  // [time, batch]
  EXPECT_THAT(out, ElementsAre(4, 7, 2, 5, 0, 3, 6, 1));
}

TEST(OneHot, IndexOutOfRangePointsNowhere) {
  ThreadPool pool(1);
  const std::vector<int64_t> indices = {1, -1, 3, -4};
  const std::vector<float> values = {0.5f, 2};
  std::vector<float> out(12);
  OneHot({4, 3, 1, 4}, {indices.data(), true}, values.data(), out.data(), pool);
  EXPECT_THAT(out, ElementsAre(0.5f, 2, 0.5f, 0.5f, 0.5f, 2, 0.5f, 0.5f, 0.5f, 0.5f, 0.5f, 0.5f));
}

}  // namespace
}  // namespace plumb::kernels
