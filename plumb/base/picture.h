// A picture in memory: what the reader gives and what preprocessing and drawing take.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace plumb {

// Rows from the top, pixels from the left, `channels` bytes each, no padding: pixels.size() =
// width*height*channels. Three channels are R, G, B unless the owner says otherwise.
struct Picture {
  int width = 0;
  int height = 0;
  int channels = 3;
  std::vector<uint8_t> pixels;

  Picture() = default;
  Picture(int w, int h, int c)  // black
      : width(w),
        height(h),
        channels(c),
        pixels(static_cast<size_t>(w) * static_cast<size_t>(h) * static_cast<size_t>(c)) {}
  [[nodiscard]] uint8_t* At(int x, int y) {
    return pixels.data() +
           (static_cast<size_t>(y) * static_cast<size_t>(width) + static_cast<size_t>(x)) *
               static_cast<size_t>(channels);
  }
  [[nodiscard]] const uint8_t* At(int x, int y) const {
    return pixels.data() +
           (static_cast<size_t>(y) * static_cast<size_t>(width) + static_cast<size_t>(x)) *
               static_cast<size_t>(channels);
  }
};

}  // namespace plumb
