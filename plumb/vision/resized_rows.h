// Rows of a resized picture, one at a time, by the rule of preprocess.h: what is not asked for is
// not computed, and the resized picture is never held whole.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "plumb/base/picture.h"

namespace plumb::vision {

class ResizedRows {
 public:
  // `picture` has 1 or 3 channels, is not empty and outlives this object; width, height >= 1.
  // `channels` 1 or 3: where it differs, gray is (4899*R + 9617*G + 1868*B + 8192) >> 14, and one
  // channel is repeated.
  ResizedRows(const Picture& picture, int channels, int width, int height);

  // Pixels [x, x + count) of row y of the resized picture; rows are cheapest from the top down.
  void Make(int y, int x, int count, uint8_t* to);

 private:
  struct Tap {
    int first, second;  // source indices
    int w0, w1;         // sum 2048
  };
  static std::vector<Tap> Taps(int from, int to);
  [[nodiscard]] const uint8_t* Source(int y);
  // The horizontally resized row y of the source, (w0 * a + w1 * b) >> 4 of every value; `keep` is
  // a row that stays.
  [[nodiscard]] const uint16_t* Horizontal(int y, int keep);

  const Picture& picture_;
  int channels_, width_, height_;
  bool same_size_;
  std::vector<Tap> xs_, ys_;
  std::vector<uint8_t> converted_;  // a source row in other channels
  std::array<std::vector<uint16_t>, 2> rows_;
  std::array<int, 2> row_of_ = {-1, -1};
};

}  // namespace plumb::vision
