// SSD-style heads decoded in the graph (UltraFace) and YuNet.
#include <algorithm>

#include "plumb/vision/decode_level.h"

namespace plumb::vision {
namespace {

using artifact::DecodeContract;
using artifact::Family;

ChannelPlan SsdPlan(const DecodeContract& c, int) { return {.box = 4, .classes = c.classes + 1}; }

void DecodeSsd(const DecodeContract& c, const Level& level, int input_width, int input_height,
               const DecodeOptions&, Collector& out) {
  const float w = static_cast<float>(input_width), h = static_cast<float>(input_height);
  const size_t count = static_cast<size_t>(c.classes) + 1;  // with the background
  std::vector<float> scores(count);
  for (size_t cell = 0; cell < level.cells; ++cell) {
    for (size_t k = 0; k < count; ++k) {
      scores[k] = level.classes(0, cell, k);
    }
    if (!c.scores_activated) {
      const float top = *std::max_element(scores.begin(), scores.end());
      float sum = 0;
      for (float& s : scores) {
        s = Exp(s - top);
        sum += s;
      }
      for (float& s : scores) {
        s /= sum;
      }
    }
    out.Add([](int) { return true; }, [&](int k) { return scores[static_cast<size_t>(k) + 1]; },
            [&]() -> Detection {
              return {level.box(0, cell, 0) * w,
                      level.box(0, cell, 1) * h,
                      level.box(0, cell, 2) * w,
                      level.box(0, cell, 3) * h,
                      0,
                      0,
                      {}};
            });
  }
}

ChannelPlan YunetPlan(const DecodeContract&, int) {
  return {.box = 4, .objectness = 1, .classes = 1, .keypoints = 10};
}

void DecodeYunet(const DecodeContract& c, const Level& level, int, int, const DecodeOptions&,
                 Collector& out) {
  const float s = static_cast<float>(level.stride);
  const size_t width = static_cast<size_t>(level.grid_width);
  for (size_t cell = 0; cell < level.cells; ++cell) {
    auto probability = [&](const Field& f) {
      const float v = f(0, cell, 0);
      return c.scores_activated ? std::clamp(v, 0.0F, 1.0F) : Sigmoid(v);
    };
    const float i = static_cast<float>(cell % width), j = static_cast<float>(cell / width);
    out.Add(
        [](int) { return true; },
        [&](int) { return std::sqrt(probability(level.classes) * probability(level.objectness)); },
        [&] {
          Detection d = FromCentre((level.box(0, cell, 0) + i) * s, (level.box(0, cell, 1) + j) * s,
                                   Exp(level.box(0, cell, 2)) * s, Exp(level.box(0, cell, 3)) * s);
          for (size_t k = 0; level.keypoints.present() && k < 10; k += 2) {
            d.keypoints.push_back((level.keypoints(0, cell, k) + i) * s);
            d.keypoints.push_back((level.keypoints(0, cell, k + 1) + j) * s);
          }
          return d;
        });
  }
}

}  // namespace

const FamilyDecoder kSsdDecoder = {Family::kSsd, SsdPlan, DecodeSsd};
const FamilyDecoder kYunetDecoder = {Family::kYunet, YunetPlan, DecodeYunet};

}  // namespace plumb::vision
