#include "plumb/vision/preprocess.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "plumb/base/rounding.h"
#include "plumb/numerics/requantize.h"
#include "plumb/vision/pixel_bytes.h"
#include "plumb/vision/resized_rows.h"

namespace plumb::vision {
namespace {

using artifact::Color;
using artifact::PictureInput;
using artifact::PictureLayout;
using artifact::ResizeRule;

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
        const int down = static_cast<int>(FloorDivide(d, 2));
        return d % 2 != 0 && down % 2 != 0 ? down + 1 : down;
      };
      return {nw, nh, -middle(nw, in.width), -middle(nh, in.height)};
    }
  }
  return {in.width, in.height, 0, 0};
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

// (pixel - mean[c]) / std[c] of every pixel value, by channel.
std::array<std::array<float, 256>, 3> ValueTables(const PictureInput& input) {
  std::array<std::array<float, 256>, 3> tables{};
  for (size_t c = 0; c < static_cast<size_t>(input.channels()); ++c) {
    for (int p = 0; p < 256; ++p) {
      tables[c][static_cast<size_t>(p)] = (static_cast<float>(p) - input.mean[c]) / input.std[c];
    }
  }
  return tables;
}

// Whether all three are pixel - 128, as they are where the input is pixel / 255.
bool ShiftsByHalf(const PixelTables& tables) {
  return std::all_of(tables.begin(), tables.end(), [](const auto& table) {
    for (size_t p = 0; p < 256; ++p) {
      if (table[p] != static_cast<int8_t>(p ^ 0x80)) {
        return false;
      }
    }
    return true;
  });
}

}  // namespace

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
  Fitted out{Picture(input.width, input.height, input.channels()),
             PlacementOf(input, picture.width, picture.height)};
  const bool crop = input.resize == ResizeRule::kCrop;
  const auto pad = static_cast<uint8_t>(crop ? 0 : input.pad);
  const auto channels = static_cast<size_t>(input.channels());
  const int x0 = std::max(0, plan.left), x1 = std::min(input.width, plan.left + plan.width);
  ResizedRows rows(picture, input.channels(), plan.width, plan.height);
  for (int y = 0; y < input.height; ++y) {
    uint8_t* const row = out.picture.At(0, y);
    const int from = y - plan.top;
    if (from < 0 || from >= plan.height || x0 >= x1) {
      std::fill_n(row, static_cast<size_t>(input.width) * channels, pad);
      continue;
    }
    std::fill_n(row, static_cast<size_t>(x0) * channels, pad);
    rows.Make(from, x0 - plan.left, x1 - x0, row + static_cast<size_t>(x0) * channels);
    std::fill_n(row + static_cast<size_t>(x1) * channels,
                static_cast<size_t>(input.width - x1) * channels, pad);
  }
  return out;
}

Tensor ToBytes(const Picture& fitted, const PictureInput& input) {
  Tensor out(DType::kU8, ShapeOf(fitted, input));
  uint8_t* dst = out.values<uint8_t>().data();
  ForEachValue(fitted, input, [&](size_t at, int, uint8_t pixel) { dst[at] = pixel; });
  return out;
}

void WriteFloat(const Picture& fitted, const PictureInput& input, std::span<float> to) {
  PLUMB_CHECK(to.size() == fitted.pixels.size())
      << to.size() << " values for " << fitted.pixels.size() << " bytes of a picture";
  const auto table = ValueTables(input);
  float* const dst = to.data();
  ForEachValue(fitted, input, [&](size_t at, int c, uint8_t pixel) {
    dst[at] = table[static_cast<size_t>(c)][pixel];
  });
}

PixelTables MakePixelTables(const PictureInput& input, float scale, int32_t zero_point) {
  const auto values = ValueTables(input);
  PixelTables tables{};
  for (size_t c = 0; c < static_cast<size_t>(input.channels()); ++c) {
    for (size_t p = 0; p < 256; ++p) {
      tables[c][p] =
          static_cast<int8_t>(numerics::Quantize(values[c][p], scale, zero_point, -128, 127));
    }
  }
  return tables;
}

void WriteQuantized(const Picture& fitted, const PictureInput& input, const PixelTables& tables,
                    std::span<int8_t> to) {
  QuantizeBytes(fitted.pixels, input, tables, to);
}

void QuantizeBytes(std::span<const uint8_t> pixels, const PictureInput& input,
                   const PixelTables& tables, std::span<int8_t> to) {
  PLUMB_CHECK(to.size() == pixels.size())
      << to.size() << " bytes for " << pixels.size() << " of a picture";
  const uint8_t* from = pixels.data();
  int8_t* const dst = to.data();
  if (input.channels() == 1) {
    for (size_t i = 0; i < to.size(); ++i) {
      dst[i] = tables[0][from[i]];
    }
    return;
  }
  const bool reversed = input.color == Color::kBgr;
  if (!reversed && ShiftsByHalf(tables)) {
    for (size_t i = 0; i < to.size(); ++i) {
      dst[i] = static_cast<int8_t>(from[i] ^ 0x80);
    }
    return;
  }
  const std::array<int8_t, 256>&first = tables[0], &second = tables[1], &third = tables[2];
  for (size_t i = 0; i < to.size(); i += 3) {
    dst[i] = first[from[reversed ? i + 2 : i]];
    dst[i + 1] = second[from[i + 1]];
    dst[i + 2] = third[from[reversed ? i : i + 2]];
  }
}

Tensor ToFloat(const Picture& fitted, const PictureInput& input) {
  Tensor out(DType::kF32, ShapeOf(fitted, input));
  WriteFloat(fitted, input, out.values<float>());
  return out;
}

}  // namespace plumb::vision
