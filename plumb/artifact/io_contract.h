// The I/O contract: how a picture becomes an input of the network. Names, shapes, element types and
// grids stand in the program's ports; this is what a graph does not say.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace plumb::artifact {

// Where a fact of a contract comes from. Values are stored: never renumber.
enum class Source : uint8_t {
  kUnknown = 0,
  kAssumed = 1,     // the recognised family's published default
  kRecognized = 2,  // read from the graph: shapes, activations, constants
  kGiven = 3,       // stated by the user
};

enum class Color : uint8_t { kRgb = 0, kBgr = 1, kGray = 2 };

enum class PictureLayout : uint8_t { kNchw = 0, kNhwc = 1 };

// plumb/vision/preprocess.h states the arithmetic of each.
enum class ResizeRule : uint8_t {
  kLetterbox = 0,        // keep the aspect, centre, pad both sides (YOLOv5, v8, 11)
  kLetterboxCorner = 1,  // keep the aspect, top left corner, pad right and bottom (YOLOX, YuNet)
  kStretch = 2,          // both sides to the network's, aspect lost
  kCrop = 3,             // short side to crop_short, centre crop
};

// One input that takes pictures. value = (pixel - mean[c]) / std[c], pixel 0..255, channels in the
// order of `color`.
struct PictureInput {
  int32_t input = 0;  // index into the program's inputs
  int32_t width = 0, height = 0;
  PictureLayout layout = PictureLayout::kNchw;
  Color color = Color::kRgb;  // kGray: 1 channel, else 3
  std::vector<float> mean;    // one per channel, in pixel units; "/255" is mean 0, std 255
  std::vector<float> std;     // one per channel, positive
  ResizeRule resize = ResizeRule::kLetterbox;
  int32_t pad = 114;  // 0..255, every channel; letterbox forms only
  int32_t crop_short =
      0;  // kCrop: short side in pixels before the crop; 0: the input's short side * 256 / 224
  Source color_source = Source::kUnknown;
  Source mean_source = Source::kUnknown;
  Source std_source = Source::kUnknown;
  Source resize_source = Source::kUnknown;
  Source pad_source = Source::kUnknown;

  [[nodiscard]] int channels() const { return color == Color::kGray ? 1 : 3; }
  bool operator==(const PictureInput&) const = default;
};

struct IoContract {
  std::vector<PictureInput> pictures;  // inputs not listed take tensors only
  bool operator==(const IoContract&) const = default;
};

}  // namespace plumb::artifact
