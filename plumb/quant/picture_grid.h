// The grid of a picture input: from its contract, never from calibration.
#pragma once

#include "plumb/artifact/io_contract.h"
#include "plumb/base/quantization.h"

namespace plumb::quant {

// One grid spanning the values of 0..255 over all channels, and zero. For "/255" it is scale 1/255, zero point -128: the
// integer is pixel - 128, without loss. Zero lies on it, and the pad value to within half a step.
[[nodiscard]] Quantization PictureGrid(const artifact::PictureInput& input);

}  // namespace plumb::quant
