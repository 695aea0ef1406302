#include "plumb/vision/preprocess.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace plumb::vision {
namespace {

using artifact::Color;
using artifact::PictureInput;
using artifact::PictureLayout;
using artifact::ResizeRule;

constexpr int kWeightOne = 2048;  // 11-bit weights

struct Tap {
  int first, second;  // source indices
  int w0, w1;         // sum 2048
};

int64_t FloorDiv(int64_t a, int64_t b) { return a >= 0 ? a / b : -((-a + b - 1) / b); }

std::vector<Tap> Taps(int from, int to) {
  std::vector<Tap> taps(static_cast<size_t>(to));
  const int64_t den = 2 * static_cast<int64_t>(to);
  for (int i = 0; i < to; ++i) {
    const int64_t num = (2 * static_cast<int64_t>(i) + 1) * from - to;
    const int64_t s = FloorDiv(num, den);
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

// round(a * b / c), ties to even; all positive.
int64_t RoundDiv(int64_t a, int64_t b, int64_t c) {
  const int64_t product = a * b;
  const int64_t quotient = product / c;
  const int64_t twice = 2 * (product % c);
  return quotient + ((twice > c || (twice == c && quotient % 2 != 0)) ? 1 : 0);
}

// The resized sides and where they go.
struct Plan {
  int width, height, left, top;
};

Plan MakePlan(const PictureInput& in, int w, int h) {
  const int64_t W = in.width, H = in.height;
  auto side = [](int64_t v) { return static_cast<int>(std::max<int64_t>(1, v)); };
  switch (in.resize) {
    case ResizeRule::kStretch:
      return {in.width, in.height, 0, 0};
    case ResizeRule::kLetterbox:
    case ResizeRule::kLetterboxCorner: {
      const bool by_width = W * h <= H * w;  // W/w <= H/h
      const bool centre = in.resize == ResizeRule::kLetterbox;
      int nw = in.width, nh = in.height;
      if (by_width) {
        nh = side(centre ? RoundDiv(h, W, w) : h * W / w);
      } else {
        nw = side(centre ? RoundDiv(w, H, h) : w * H / h);
      }
      return {nw, nh, centre ? (in.width - nw) / 2 : 0, centre ? (in.height - nh) / 2 : 0};
    }
    case ResizeRule::kCrop: {
      int64_t shorter = in.crop_short;
      if (shorter == 0) {
        shorter = RoundDiv(std::min(W, H), 256, 224);
      }
      const int nw = w <= h ? side(shorter) : side(shorter * w / h);
      const int nh = w <= h ? side(shorter * h / w) : side(shorter);
      auto middle = [](int from, int to) {
        const int d = from - to;  // half of it, ties to even; negative: the picture is smaller
        const int down = static_cast<int>(FloorDiv(d, 2));
        return d % 2 != 0 && down % 2 != 0 ? down + 1 : down;
      };
      return {nw, nh, -middle(nw, in.width), -middle(nh, in.height)};
    }
  }
  return {in.width, in.height, 0, 0};
}

Picture WithChannels(const Picture& picture, int channels) {
  if (picture.channels == channels) {
    return picture;
  }
  Picture out(picture.width, picture.height, channels);
  const size_t count = static_cast<size_t>(picture.width) * static_cast<size_t>(picture.height);
  for (size_t i = 0; i < count; ++i) {
    if (channels == 1) {
      const uint8_t* p = picture.pixels.data() + 3 * i;
      out.pixels[i] = static_cast<uint8_t>((4899 * p[0] + 9617 * p[1] + 1868 * p[2] + 8192) >> 14);
    } else {
      std::fill_n(out.pixels.data() + 3 * i, 3, picture.pixels[i]);
    }
  }
  return out;
}

// Calls write(index in the tensor, channel in the network's order, pixel value) for every value.
template <typename Write>
void ForEachValue(const Picture& fitted, const PictureInput& in, const Write& write) {
  const int channels = fitted.channels;
  const bool reversed = in.color == Color::kBgr && channels == 3;
  const size_t plane = static_cast<size_t>(fitted.width) * static_cast<size_t>(fitted.height);
  for (size_t i = 0; i < plane; ++i) {
    const uint8_t* p = fitted.pixels.data() + i * static_cast<size_t>(channels);
    for (int c = 0; c < channels; ++c) {
      const size_t at = in.layout == PictureLayout::kNchw
                            ? static_cast<size_t>(c) * plane + i
                            : i * static_cast<size_t>(channels) + static_cast<size_t>(c);
      write(at, c, p[reversed ? channels - 1 - c : c]);
    }
  }
}

Shape ShapeOf(const Picture& fitted, const PictureInput& in) {
  if (in.layout == PictureLayout::kNchw) {
    return {1, fitted.channels, fitted.height, fitted.width};
  }
  return {1, fitted.height, fitted.width, fitted.channels};
}

}  // namespace

Picture Resize(const Picture& picture, int width, int height) {
  PLUMB_CHECK(width > 0 && height > 0 && picture.width > 0 && picture.height > 0)
      << "resize of an empty picture";
  if (width == picture.width && height == picture.height) {
    return picture;
  }
  const size_t channels = static_cast<size_t>(picture.channels);
  const std::vector<Tap> xs = Taps(picture.width, width), ys = Taps(picture.height, height);
  Picture out(width, height, picture.channels);
  const size_t row = static_cast<size_t>(width) * channels;
  // Two horizontally resized rows are enough: `row_of` says which source row each holds.
  std::array<std::vector<int32_t>, 2> rows = {std::vector<int32_t>(row), std::vector<int32_t>(row)};
  std::array<int, 2> row_of = {-1, -1};
  auto need = [&](int y, int keep) -> size_t {
    for (size_t k = 0; k < 2; ++k) {
      if (row_of[k] == y) {
        return k;
      }
    }
    const size_t slot = row_of[0] == keep && keep >= 0 ? 1 : 0;
    const uint8_t* src = picture.At(0, y);
    int32_t* dst = rows[slot].data();
    for (const Tap& t : xs) {
      const uint8_t* a = src + static_cast<size_t>(t.first) * channels;
      const uint8_t* b = src + static_cast<size_t>(t.second) * channels;
      for (size_t c = 0; c < channels; ++c) {
        *dst++ = t.w0 * a[c] + t.w1 * b[c];
      }
    }
    row_of[slot] = y;
    return slot;
  };
  for (int y = 0; y < height; ++y) {
    const Tap& t = ys[static_cast<size_t>(y)];
    const size_t first = need(t.first, t.second);
    const size_t second = need(t.second, t.first);
    const int32_t* h0 = rows[first].data();
    const int32_t* h1 = rows[second].data();
    uint8_t* dst = out.At(0, y);
    for (size_t i = 0; i < row; ++i) {
      dst[i] = static_cast<uint8_t>(
          (((t.w0 * (h0[i] >> 4)) >> 16) + ((t.w1 * (h1[i] >> 4)) >> 16) + 2) >> 2);
    }
  }
  return out;
}

Placement PlacementOf(const PictureInput& input, int width, int height) {
  const Plan plan = MakePlan(input, width, height);
  return {static_cast<float>(plan.width) / static_cast<float>(width),
          static_cast<float>(plan.height) / static_cast<float>(height),
          static_cast<float>(plan.left),
          static_cast<float>(plan.top),
          width,
          height};
}

Status CheckPictureInput(const PictureInput& in) {
  const size_t channels = static_cast<size_t>(in.channels());
  if (in.width < 1 || in.height < 1) {
    return UsageError("picture input: width and height must be positive, found ", in.width, "x",
                      in.height);
  }
  if (in.mean.size() != channels) {
    return UsageError("mean: ", channels, " values expected, one per channel, found ",
                      in.mean.size());
  }
  if (in.std.size() != channels) {
    return UsageError("std: ", channels, " values expected, one per channel, found ",
                      in.std.size());
  }
  for (size_t c = 0; c < channels; ++c) {
    if (!std::isfinite(in.mean[c])) {
      return UsageError("mean: finite values expected, found ", in.mean[c]);
    }
    if (!(std::isnormal(in.std[c]) && in.std[c] > 0)) {
      return UsageError("std: positive values expected, found ", in.std[c]);
    }
  }
  if (in.pad < 0 || in.pad > 255) {
    return UsageError("pad: a pixel value 0..255 expected, found ", in.pad);
  }
  if (in.crop_short < 0) {
    return UsageError("crop: a short side in pixels expected, found ", in.crop_short);
  }
  return {};
}

Result<Fitted> Fit(const Picture& picture, const PictureInput& input) {
  PLUMB_RETURN_IF_ERROR(CheckPictureInput(input));
  if (picture.width < 1 || picture.height < 1 || (picture.channels != 3 && picture.channels != 1)) {
    return UsageError("picture: at least 1x1 pixels of 1 or 3 channels expected, found ",
                      picture.width, "x", picture.height, "x", picture.channels);
  }
  const Plan plan = MakePlan(input, picture.width, picture.height);
  // A crop of a very long picture would resize what nobody sees; the bound keeps memory within
  // reason.
  if (static_cast<int64_t>(plan.width) * plan.height > (int64_t{1} << 28)) {
    return UsageError("picture of ", picture.width, "x", picture.height,
                      " is too long and narrow to be cropped to ", input.width, "x", input.height);
  }
  const Picture resized = Resize(WithChannels(picture, input.channels()), plan.width, plan.height);
  Fitted out{Picture(input.width, input.height, input.channels()),
             PlacementOf(input, picture.width, picture.height)};
  const bool crop = input.resize == ResizeRule::kCrop;
  std::fill(out.picture.pixels.begin(), out.picture.pixels.end(),
            static_cast<uint8_t>(crop ? 0 : input.pad));
  const int x0 = std::max(0, plan.left), x1 = std::min(input.width, plan.left + plan.width);
  for (int y = std::max(0, plan.top); y < std::min(input.height, plan.top + plan.height); ++y) {
    std::copy_n(resized.At(x0 - plan.left, y - plan.top),
                static_cast<size_t>(x1 - x0) * static_cast<size_t>(resized.channels),
                out.picture.At(x0, y));
  }
  return out;
}

Tensor ToBytes(const Picture& fitted, const PictureInput& input) {
  Tensor out(DType::kU8, ShapeOf(fitted, input));
  uint8_t* dst = out.values<uint8_t>().data();
  ForEachValue(fitted, input, [&](size_t at, int, uint8_t pixel) { dst[at] = pixel; });
  return out;
}

Tensor ToFloat(const Picture& fitted, const PictureInput& input) {
  std::array<std::array<float, 256>, 3> table;
  for (int c = 0; c < fitted.channels; ++c) {
    for (int p = 0; p < 256; ++p) {
      table[static_cast<size_t>(c)][static_cast<size_t>(p)] =
          (static_cast<float>(p) - input.mean[static_cast<size_t>(c)]) /
          input.std[static_cast<size_t>(c)];
    }
  }
  Tensor out(DType::kF32, ShapeOf(fitted, input));
  float* dst = out.values<float>().data();
  ForEachValue(fitted, input, [&](size_t at, int c, uint8_t pixel) {
    dst[at] = table[static_cast<size_t>(c)][pixel];
  });
  return out;
}

}  // namespace plumb::vision
