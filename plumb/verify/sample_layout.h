// In which order the values of a picture lie in a tensor that somebody else prepared.
#pragma once

#include <span>
#include <string>

#include "plumb/artifact/io_contract.h"

namespace plumb::verify {

enum class PixelLayout { kUnknown, kPlanar, kInterleaved };  // NCHW, NHWC

// Read either way, values of neighbouring rows differ by this much on average. In a picture rows are like their
// neighbours; read the wrong way, what are taken for neighbours lie a third of the width, or two rows, apart.
struct LayoutEvidence {
  double planar = 0, interleaved = 0;
};

[[nodiscard]] LayoutEvidence MeasureLayout(std::span<const float> values, int width, int height,
                                           int channels);

// Where one reading is clearly the smoother one. Requires more than one channel to know anything.
[[nodiscard]] PixelLayout LayoutOf(const LayoutEvidence& evidence);

// "0 to 1" of tensors, and which normalization of pixels 0 to 255 covers just that.
struct ValueSpan {
  double low = 0, high = 0;
  // Shared with the values that pictures take as stated in `input`, as a share of what either covers.
  [[nodiscard]] double Overlap(const artifact::PictureInput& input) const;
};

}  // namespace plumb::verify
