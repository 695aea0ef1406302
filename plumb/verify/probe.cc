#include "plumb/verify/probe.h"

#include <algorithm>
#include <random>

#include "plumb/base/picture.h"
#include "plumb/quant/picture_grid.h"
#include "plumb/vision/preprocess.h"

namespace plumb::verify {

bool CoversLittle(const std::vector<quant::ValueStats>& stats, const ir::Graph& graph,
                  const artifact::IoContract& io) {
  for (const artifact::PictureInput& picture : io.pictures) {
    const quant::ValueStats& seen =
        stats[static_cast<size_t>(graph.inputs[static_cast<size_t>(picture.input)].value)];
    const float whole = quant::PictureGrid(picture).scale[0] * 255.0f;
    if (seen.seen && seen.max - seen.min < 0.5f * whole) {
      return true;
    }
  }
  return false;
}

std::vector<Tensor> Probe(const artifact::Program& program, const artifact::IoContract& io) {
  std::vector<Tensor> inputs;
  for (const artifact::Port& port : program.inputs) {
    const artifact::TensorInfo& info = program.tensors[static_cast<size_t>(port.tensor)];
    inputs.emplace_back(info.dtype, info.shape);
  }
  std::mt19937 random(1);
  for (const artifact::PictureInput& input : io.pictures) {
    Picture picture(input.width, input.height, input.channels());
    for (int y = 0; y < picture.height; ++y) {
      for (int x = 0; x < picture.width; ++x) {
        for (int c = 0; c < picture.channels; ++c) {
          const int gradient = c == 0   ? x * 255 / picture.width
                               : c == 1 ? y * 255 / picture.height
                                        : 255 - x * 255 / picture.width;
          const int bar = (x / 16 + y / 32) % 2 == 0 ? 40 : -40;
          const int noise = static_cast<int>(random() % 61) - 30;
          picture.At(x, y)[c] = static_cast<uint8_t>(std::clamp(gradient + bar + noise, 0, 255));
        }
      }
    }
    Tensor made = vision::ToFloat(picture, input);
    if (made.shape() == inputs[static_cast<size_t>(input.input)].shape()) {
      inputs[static_cast<size_t>(input.input)] = std::move(made);
    }
  }
  return inputs;
}

}  // namespace plumb::verify
