#include "plumb/kernels/transpose/transpose.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <random>
#include <vector>

namespace plumb::kernels {
namespace {

// The definition, element by element.
std::vector<uint8_t> Naive(const std::vector<int64_t>& shape, const std::vector<int64_t>& perm,
                           size_t size, const std::vector<uint8_t>& input) {
  const size_t rank = shape.size();
  std::vector<int64_t> out_shape(rank);
  for (size_t d = 0; d < rank; ++d) {
    out_shape[d] = shape[static_cast<size_t>(perm[d])];
  }
  std::vector<uint8_t> output(input.size());
  for (size_t at = 0; at < input.size() / size; ++at) {
    std::vector<int64_t> index(rank);
    auto rest = static_cast<int64_t>(at);
    for (size_t d = rank; d-- > 0;) {
      index[static_cast<size_t>(perm[d])] = rest % out_shape[d];
      rest /= out_shape[d];
    }
    int64_t from = 0;
    for (size_t d = 0; d < rank; ++d) {
      from = from * shape[d] + index[d];
    }
    std::copy_n(input.begin() + from * static_cast<int64_t>(size), size,
                output.begin() + static_cast<int64_t>(at * size));
  }
  return output;
}

void Check(const std::vector<int64_t>& shape, const std::vector<int64_t>& perm,
           std::mt19937& random) {
  for (size_t size : {1, 2, 4, 8}) {
    int64_t count = 1;
    for (int64_t d : shape) {
      count *= d;
    }
    std::vector<uint8_t> input(static_cast<size_t>(count) * size);
    std::generate(input.begin(), input.end(), [&] { return static_cast<uint8_t>(random()); });
    const std::vector<uint8_t> expected = Naive(shape, perm, size, input);
    for (int threads : {1, 2, 3}) {
      ThreadPool pool(threads);
      constexpr size_t kGuard = 64;
      std::vector<uint8_t> output(input.size() + kGuard, 0xA5);
      Transpose(MakeTransposePlan(shape, perm, static_cast<int64_t>(size)), input.data(),
                output.data(), pool);
      EXPECT_TRUE(std::equal(expected.begin(), expected.end(), output.begin())) << size << " bytes";
      EXPECT_TRUE(
          std::all_of(output.end() - kGuard, output.end(), [](uint8_t b) { return b == 0xA5; }));
    }
  }
}

TEST(Transpose, LayoutsOfPictures) {
  std::mt19937 random(1);
  for (int64_t c : {1, 3, 4, 16, 17, 85}) {
    for (const auto& [h, w] :
         std::vector<std::pair<int64_t, int64_t>>{{1, 1}, {7, 9}, {40, 33}, {64, 80}}) {
      SCOPED_TRACE(testing::Message() << "c " << c << " h " << h << " w " << w);
      Check({2, c, h, w}, {0, 2, 3, 1}, random);
      Check({2, h, w, c}, {0, 3, 1, 2}, random);
    }
  }
}

TEST(Transpose, AnyPermutationOfAnyRank) {
  std::mt19937 random(2);
  for (int repeat = 0; repeat < 200; ++repeat) {
    const size_t rank = random() % 7;
    std::vector<int64_t> shape(rank);
    for (int64_t& d : shape) {
      d = static_cast<int64_t>(random() % 6) + (random() % 20 == 0 ? 0 : 1);
    }
    std::vector<int64_t> perm(rank);
    std::iota(perm.begin(), perm.end(), 0);
    std::shuffle(perm.begin(), perm.end(), random);
    SCOPED_TRACE(testing::Message() << "repeat " << repeat);
    Check(shape, perm, random);
  }
}

}  // namespace
}  // namespace plumb::kernels
