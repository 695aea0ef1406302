#include "plumb/vision/resized_rows.h"

#include <algorithm>

#include "plumb/base/check.h"
#include "plumb/base/rounding.h"
#include "plumb/vision/preprocess.h"

namespace plumb::vision {
namespace {

constexpr int kWeightOne = 2048;  // 11-bit weights

// Three values in one number, 21 bits apart: a weighted sum of two pixels needs 20 bits each.
uint64_t Packed(const uint8_t* p) {
  return p[0] | static_cast<uint64_t>(p[1]) << 21 | static_cast<uint64_t>(p[2]) << 42;
}

// (((v0 * h0) >> 16) + ((v1 * h1) >> 16) + 2) >> 2; v1 may be 0, and then `h1` is any row.
void Vertical(const uint16_t* h0, const uint16_t* h1, uint16_t v0, uint16_t v1, size_t n,
              uint8_t* to) {
  for (size_t i = 0; i < n; ++i) {
    const auto a = static_cast<uint16_t>((uint32_t{v0} * h0[i]) >> 16);
    const auto b = static_cast<uint16_t>((uint32_t{v1} * h1[i]) >> 16);
    to[i] = static_cast<uint8_t>(static_cast<uint16_t>(a + b + 2) >> 2);
  }
}

}  // namespace

ResizedRows::ResizedRows(const Picture& picture, int channels, int width, int height)
    : picture_(picture),
      channels_(channels),
      width_(width),
      height_(height),
      same_size_(width == picture.width && height == picture.height) {
  PLUMB_CHECK(width > 0 && height > 0 && picture.width > 0 && picture.height > 0)
      << "resize of an empty picture";
  if (picture.channels != channels) {
    converted_.resize(static_cast<size_t>(picture.width) * static_cast<size_t>(channels));
  }
  if (!same_size_) {
    xs_ = Taps(picture.width, width);
    ys_ = Taps(picture.height, height);
    for (std::vector<uint16_t>& row : rows_) {
      row.resize(static_cast<size_t>(width) * static_cast<size_t>(channels));
    }
  }
}

std::vector<ResizedRows::Tap> ResizedRows::Taps(int from, int to) {
  std::vector<Tap> taps(static_cast<size_t>(to));
  const int64_t den = 2 * static_cast<int64_t>(to);
  for (int i = 0; i < to; ++i) {
    const int64_t num = (2 * static_cast<int64_t>(i) + 1) * from - to;
    const int64_t s = FloorDivide(num, den);
    Tap& tap = taps[static_cast<size_t>(i)];
    if (s < 0 || s >= from - 1) {
      const int edge = s < 0 ? 0 : from - 1;
      tap = {edge, edge, kWeightOne, 0};
      continue;
    }
    const int w1 = static_cast<int>(((num - s * den) * (2 * kWeightOne) + den) / (2 * den));
    tap = {static_cast<int>(s), static_cast<int>(s) + 1, kWeightOne - w1, w1};
  }
  return taps;
}

const uint8_t* ResizedRows::Source(int y) {
  const uint8_t* const row = picture_.At(0, y);
  if (converted_.empty()) {
    return row;
  }
  for (size_t i = 0; i < static_cast<size_t>(picture_.width); ++i) {
    if (channels_ == 1) {
      const uint8_t* p = row + 3 * i;
      converted_[i] = static_cast<uint8_t>((4899 * p[0] + 9617 * p[1] + 1868 * p[2] + 8192) >> 14);
    } else {
      std::fill_n(converted_.data() + 3 * i, 3, row[i]);
    }
  }
  return converted_.data();
}

const uint16_t* ResizedRows::Horizontal(int y, int keep) {
  for (size_t k = 0; k < 2; ++k) {
    if (row_of_[k] == y) {
      return rows_[k].data();
    }
  }
  const size_t slot = row_of_[0] == keep ? 1 : 0;
  const uint8_t* const source = Source(y);
  uint16_t* to = rows_[slot].data();
  if (channels_ == 3) {
    for (const Tap& t : xs_) {
      const uint64_t sum = static_cast<uint64_t>(t.w0) * Packed(source + 3 * t.first) +
                           static_cast<uint64_t>(t.w1) * Packed(source + 3 * t.second);
      to[0] = static_cast<uint16_t>(sum >> 4 & 0x7fff);
      to[1] = static_cast<uint16_t>(sum >> 25 & 0x7fff);
      to[2] = static_cast<uint16_t>(sum >> 46 & 0x7fff);
      to += 3;
    }
  } else {
    for (const Tap& t : xs_) {
      *to++ = static_cast<uint16_t>((t.w0 * source[t.first] + t.w1 * source[t.second]) >> 4);
    }
  }
  row_of_[slot] = y;
  return rows_[slot].data();
}

void ResizedRows::Make(int y, int x, int count, uint8_t* to) {
  const size_t first = static_cast<size_t>(x) * static_cast<size_t>(channels_);
  const size_t n = static_cast<size_t>(count) * static_cast<size_t>(channels_);
  if (same_size_) {
    std::copy_n(Source(y) + first, n, to);
    return;
  }
  const Tap& t = ys_[static_cast<size_t>(y)];
  const uint16_t* const h0 = Horizontal(t.first, t.second);
  const uint16_t* const h1 = t.w1 == 0 ? h0 : Horizontal(t.second, t.first);
  Vertical(h0 + first, h1 + first, static_cast<uint16_t>(t.w0), static_cast<uint16_t>(t.w1), n, to);
}

Picture Resize(const Picture& picture, int width, int height) {
  Picture out(width, height, picture.channels);
  ResizedRows rows(picture, picture.channels, width, height);
  for (int y = 0; y < height; ++y) {
    rows.Make(y, 0, width, out.At(0, y));
  }
  return out;
}

}  // namespace plumb::vision
