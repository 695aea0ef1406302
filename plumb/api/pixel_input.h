// A network of integers whose picture input is f32 only because its training was: the first thing
// that happens to it is a quantization. TakePixels leaves that step out, so that pixels go in as
// bytes through a table, with the same bits.
#pragma once

#include <memory>
#include <optional>

#include "plumb/artifact/io_contract.h"
#include "plumb/artifact/program.h"
#include "plumb/vision/preprocess.h"

namespace plumb {

struct PixelInput {
  std::shared_ptr<const artifact::Program> program;  // its input is s8, [1,H,W,C]
  vision::PixelTables tables;
};

// Empty when the input is read by anything but one quantization to a grid of s8.
[[nodiscard]] std::optional<PixelInput> TakePixels(const artifact::Program& program,
                                                   const artifact::PictureInput& input);

}  // namespace plumb
