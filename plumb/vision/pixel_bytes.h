// Pixels of a fitted picture in somebody else's memory, so that they need not be copied into a Picture first.
#pragma once

#include <cstdint>
#include <span>

#include "plumb/vision/preprocess.h"

namespace plumb::vision {

// WriteQuantized of a picture whose pixels these are, with as many channels as the input takes.
void QuantizeBytes(std::span<const uint8_t> pixels, const artifact::PictureInput& input,
                   const PixelTables& tables, std::span<int8_t> to);

}  // namespace plumb::vision
