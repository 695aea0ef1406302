// The coded picture of a golden vector. format.md states the method; this file and tools/read_artifact.py follow it.
#include <algorithm>
#include <array>
#include <cstdlib>

#include "plumb/artifact/golden.h"
#include "plumb/base/rounding.h"

namespace plumb::artifact {
namespace {

constexpr int kUnaryLimit = 24;  // ones before an escape
constexpr int kMaxCount = 64;    // of a context, before it forgets half

// Bits, the most significant of a byte first.
class BitWriter {
 public:
  void Put(uint32_t bits, int count) {
    for (int i = count - 1; i >= 0; --i) {
      if (used_ == 0) {
        bytes_.push_back(0);
      }
      bytes_.back() = static_cast<uint8_t>(bytes_.back() | ((bits >> i & 1u) << (7 - used_)));
      used_ = (used_ + 1) % 8;
    }
  }
  std::vector<uint8_t> Take() { return std::move(bytes_); }

 private:
  std::vector<uint8_t> bytes_;
  int used_ = 0;  // bits of the last byte
};

class BitReader {
 public:
  explicit BitReader(std::span<const uint8_t> bytes) : bytes_(bytes) {}
  // Zeros behind the end, which overrun() tells.
  uint32_t Get(int count) {
    uint32_t bits = 0;
    for (int i = 0; i < count; ++i, ++at_) {
      const size_t byte = at_ / 8;
      bits = bits << 1 | (byte < bytes_.size() ? bytes_[byte] >> (7 - at_ % 8) & 1u : 0u);
    }
    return bits;
  }
  [[nodiscard]] bool overrun() const { return at_ > bytes_.size() * 8; }
  // Nothing is left but the zeros that fill the last byte.
  bool AtEnd() {
    if (overrun() || bytes_.size() * 8 - at_ >= 8) {
      return false;
    }
    return Get(static_cast<int>(bytes_.size() * 8 - at_)) == 0;
  }

 private:
  std::span<const uint8_t> bytes_;
  size_t at_ = 0;
};

// How errors were distributed where the neighbourhood looked alike.
struct Context {
  int magnitude = 4, count = 1, bias = 0, correction = 0;

  [[nodiscard]] int RiceParameter() const {
    int k = 0;
    while (count << k < magnitude) {
      ++k;
    }
    return k;
  }
  void Learn(int error) {
    magnitude += std::abs(error);
    bias += error;
    if (count == kMaxCount) {
      magnitude /= 2;
      bias = static_cast<int>(FloorDivide(bias, 2));
      count /= 2;
    }
    ++count;
    if (bias <= -count) {
      bias = std::max(bias + count, 1 - count);
      correction = std::max(correction - 1, -128);
    } else if (bias > 0) {
      bias = std::min(bias - count, 0);
      correction = std::min(correction + 1, 127);
    }
  }
};

// One plane while it is coded: what is known of a value before it is read.
class PlaneModel {
 public:
  explicit PlaneModel(int width) : width_(width), above_(Size(width), 128), row_(Size(width)) {}

  void StartRow(bool first) { first_row_ = first; }
  void EndRow() { above_ = row_; }
  uint8_t& At(int x) { return row_[Size(x)]; }
  [[nodiscard]] const std::vector<uint8_t>& above() const { return above_; }
  std::vector<uint8_t>& row() { return row_; }

  struct Guess {
    Context* context;
    int sign;
    int value;
  };
  Guess Predict(int x) {
    const int left = x > 0 ? row_[Size(x - 1)] : (first_row_ ? 128 : above_[0]);
    const int up = first_row_ ? left : above_[Size(x)];
    const int corner = first_row_ ? left : (x > 0 ? above_[Size(x - 1)] : above_[0]);
    const int next = first_row_ ? left : above_[Size(std::min(x + 1, width_ - 1))];
    const int smaller = std::min(left, up), larger = std::max(left, up);
    int value = corner >= larger ? smaller : corner <= smaller ? larger : left + up - corner;
    int index = (Level(next - up) * 9 + Level(up - corner)) * 9 + Level(corner - left);
    const int sign = index < 0 ? -1 : 1;
    Context& context = contexts_[Size(index * sign)];
    value = std::clamp(value + sign * context.correction, 0, 255);
    return {&context, sign, value};
  }

 private:
  static size_t Size(int n) { return static_cast<size_t>(n); }
  // -4..4
  static int Level(int difference) {
    const int d = std::abs(difference);
    const int level = d == 0 ? 0 : d < 3 ? 1 : d < 7 ? 2 : d < 21 ? 3 : 4;
    return difference < 0 ? -level : level;
  }
  int width_;
  bool first_row_ = true;
  std::vector<uint8_t> above_, row_;
  std::array<Context, 365> contexts_{};
};

// -128..127, which is the same as `difference` modulo 256.
int Wrap(int difference) { return static_cast<int8_t>(static_cast<uint8_t>(difference)); }

void EncodePlane(std::span<const uint8_t> plane, int width, int height, BitWriter& bits) {
  PlaneModel model(width);
  for (int y = 0; y < height; ++y) {
    const auto row = plane.subspan(static_cast<size_t>(y) * static_cast<size_t>(width),
                                   static_cast<size_t>(width));
    model.StartRow(y == 0);
    const bool same = std::equal(row.begin(), row.end(), model.above().begin());
    bits.Put(same ? 1 : 0, 1);
    for (int x = 0; x < width; ++x) {
      const uint8_t value = row[static_cast<size_t>(x)];
      model.At(x) = value;
      if (same) {
        continue;
      }
      const PlaneModel::Guess guess = model.Predict(x);
      const int error = Wrap(guess.sign * (value - guess.value));
      const int mapped = error >= 0 ? 2 * error : -2 * error - 1;
      const int k = guess.context->RiceParameter();
      const int unary = mapped >> k;
      if (unary < kUnaryLimit) {
        bits.Put((1u << (unary + 1)) - 2u, unary + 1);
        bits.Put(static_cast<uint32_t>(mapped) & ((1u << k) - 1u), k);
      } else {
        bits.Put((1u << kUnaryLimit) - 1u, kUnaryLimit);
        bits.Put(static_cast<uint32_t>(mapped), 8);
      }
      guess.context->Learn(error);
    }
    model.EndRow();
  }
}

// False where the bits are none of a plane.
bool DecodePlane(BitReader& bits, int width, int height, std::span<uint8_t> plane) {
  PlaneModel model(width);
  for (int y = 0; y < height && !bits.overrun(); ++y) {
    model.StartRow(y == 0);
    if (bits.Get(1) != 0) {
      model.row() = model.above();
    } else {
      for (int x = 0; x < width; ++x) {
        const PlaneModel::Guess guess = model.Predict(x);
        const int k = guess.context->RiceParameter();
        int unary = 0;
        while (unary < kUnaryLimit && bits.Get(1) != 0) {
          ++unary;
        }
        const uint32_t mapped =
            unary < kUnaryLimit ? static_cast<uint32_t>(unary) << k | bits.Get(k) : bits.Get(8);
        if (mapped > 255) {
          return false;
        }
        const int half = static_cast<int>(mapped / 2);
        const int error = mapped % 2 == 0 ? half : -half - 1;
        model.At(x) = static_cast<uint8_t>(guess.value + guess.sign * error);
        guess.context->Learn(error);
      }
    }
    std::copy(model.row().begin(), model.row().end(),
              plane.begin() + static_cast<std::ptrdiff_t>(y) * width);
    model.EndRow();
  }
  return !bits.overrun();
}

// Planes of a picture: G, R - G + 128, B - G + 128, modulo 256; or the only channel.
uint8_t Plain(const uint8_t* pixel, int plane) {
  return plane == 0 ? pixel[1] : static_cast<uint8_t>(pixel[plane == 1 ? 0 : 2] - pixel[1] + 128);
}

}  // namespace

std::vector<uint8_t> EncodePicture(const Picture& picture) {
  BitWriter bits;
  const size_t pixels = static_cast<size_t>(picture.width) * static_cast<size_t>(picture.height);
  std::vector<uint8_t> plane(pixels);
  for (int p = 0; p < picture.channels; ++p) {
    for (size_t i = 0; i < pixels; ++i) {
      const uint8_t* pixel = picture.pixels.data() + i * static_cast<size_t>(picture.channels);
      plane[i] = picture.channels == 1 ? *pixel : Plain(pixel, p);
    }
    EncodePlane(plane, picture.width, picture.height, bits);
  }
  return bits.Take();
}

Result<Picture> DecodePicture(std::span<const uint8_t> code, int32_t width, int32_t height,
                              int32_t channels) {
  if (width < 1 || height < 1 || width > kMaxGoldenSide || height > kMaxGoldenSide ||
      (channels != 1 && channels != 3)) {
    return InvalidModel("golden vectors: a coded picture of ", width, "x", height, " and ",
                        channels, " channels; expected sides within 1..", kMaxGoldenSide,
                        " and 1 or 3 channels");
  }
  // A row takes one bit at least.
  if (code.size() > static_cast<size_t>(width) * static_cast<size_t>(height) * 16 ||
      code.size() * 8 < static_cast<size_t>(height) * static_cast<size_t>(channels)) {
    return InvalidModel("golden vectors: ", code.size(), " bytes cannot be a picture of ", width,
                        "x", height);
  }
  BitReader bits(code);
  Picture picture(width, height, channels);
  const size_t pixels = static_cast<size_t>(width) * static_cast<size_t>(height);
  std::vector<uint8_t> planes(picture.pixels.size());
  for (size_t p = 0; p < static_cast<size_t>(channels); ++p) {
    if (!DecodePlane(bits, width, height, std::span(planes).subspan(p * pixels, pixels))) {
      return InvalidModel("golden vectors: the coded picture is damaged");
    }
  }
  if (!bits.AtEnd()) {
    return InvalidModel("golden vectors: bytes behind the end of a coded picture");
  }
  if (channels == 1) {
    picture.pixels = std::move(planes);
    return picture;
  }
  for (size_t i = 0; i < pixels; ++i) {
    uint8_t* pixel = picture.pixels.data() + i * 3;
    pixel[1] = planes[i];
    pixel[0] = static_cast<uint8_t>(planes[pixels + i] + pixel[1] - 128);
    pixel[2] = static_cast<uint8_t>(planes[2 * pixels + i] + pixel[1] - 128);
  }
  return picture;
}

}  // namespace plumb::artifact
