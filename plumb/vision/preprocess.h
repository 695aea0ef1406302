// From a picture to a network's input, in integer arithmetic, so that every machine makes the same
// pixels.
//
// Bilinear resize of 8-bit pixels from n to m along one axis. Half-pixel centres, 11-bit weights:
//   num   = (2*i + 1) * n - m          den = 2*m            (output pixel i, 0 <= i < m; exact
//   integers) s     = floor(num / den)           w1 = floor(((num - s*den) * 4096 + den) / (2 *
//   den))   (ties up)   w0 = 2048 - w1 s < 0:      s = 0,     w1 = 0, w0 = 2048               s >=
//   n - 1: s = n - 1, w1 = 0, w0 = 2048
// Horizontally first, kept unrounded:   h = w0*p[s] + w1*p[s+1] (0..522240) then vertically: y =
// (((v0 * (h0 >> 4)) >> 16) + ((v1 * (h1 >> 4)) >> 16) + 2) >> 2 A picture of the right size is not
// touched. No smoothing before shrinking. These are the pixels that OpenCV's INTER_LINEAR makes,
// except where it computes a weight's tie in floating point or takes its 2:1 shortcut (by 1 at
// most).
//
// Sizes and placing, picture w x h into input W x H (exact integers; every side at least 1):
//   letterbox         s = min(W/w, H/h); new sides round(w*s), round(h*s) (ties to even); left = (W
//   - nw) / 2 and
//                     top = (H - nh) / 2 rounded down, as YOLOv5's letterbox places it
//   letterbox-corner  new sides floor(w*s), floor(h*s); left = top = 0, as YOLOX places it
//   stretch           new sides W, H
//   crop              short side of the picture to `crop_short`, the other
//   floor(crop_short*long/short); the middle W x H
//                     of it: left = (nw - W) / 2, top = (nh - H) / 2, rounded to even at .5; where
//                     the picture is smaller than the input, pad value 0
#pragma once

#include <array>
#include <span>

#include "plumb/artifact/io_contract.h"
#include "plumb/base/picture.h"
#include "plumb/base/status.h"
#include "plumb/base/tensor.h"

namespace plumb::vision {

// Resized by the rule above. Sides at least 1.
[[nodiscard]] Picture Resize(const Picture& picture, int width, int height);

// input = picture * scale + offset, for coordinates measured from the picture's top left corner
// (not pixel centres).
struct Placement {
  float scale_x = 1, scale_y = 1;
  float offset_x = 0, offset_y = 0;
  int picture_width = 0, picture_height = 0;  // of the picture given
};

// Where Fit puts a picture of these sides.
[[nodiscard]] Placement PlacementOf(const artifact::PictureInput& input, int width, int height);

struct Fitted {
  Picture picture;  // the input's width and height, still R, G, B (or one channel when the input is
                    // gray)
  Placement placement;
};
// Resizes and pads by the input's rule. `picture` has 3 channels, R, G, B, or 1. Gray from colour:
// (4899*R + 9617*G + 1868*B + 8192) >> 14. One channel given for a colour input is repeated.
[[nodiscard]] Result<Fitted> Fit(const Picture& picture, const artifact::PictureInput& input);

// Pixel values of a fitted picture in the input's channel order and layout, not normalised: u8 of
// shape [1,C,H,W] or [1,H,W,C].
[[nodiscard]] Tensor ToBytes(const Picture& fitted, const artifact::PictureInput& input);
// (pixel - mean[c]) / std[c], each operation rounded to binary32: f32 of the same shape.
[[nodiscard]] Tensor ToFloat(const Picture& fitted, const artifact::PictureInput& input);
// The same into memory of the caller: width * height * channels values.
void WriteFloat(const Picture& fitted, const artifact::PictureInput& input, std::span<float> to);

// The quantized form of every pixel value, by channel in the network's order: Quantize of the value
// that WriteFloat gives, so that pixels need not become f32 on their way into a network of integers.
using PixelTables = std::array<std::array<int8_t, 256>, 3>;
[[nodiscard]] PixelTables MakePixelTables(const artifact::PictureInput& input, float scale,
                                          int32_t zero_point);
// Pixels of a fitted picture through the tables, in the input's channel order, [H,W,C] whatever the
// input's layout. `to`: width * height * channels bytes.
void WriteQuantized(const Picture& fitted, const artifact::PictureInput& input,
                    const PixelTables& tables, std::span<int8_t> to);

// Sizes positive, mean and std as many as channels, std positive, pad 0..255: else a usage error
// naming the field.
Status CheckPictureInput(const artifact::PictureInput& input);

}  // namespace plumb::vision
