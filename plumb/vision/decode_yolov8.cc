// YOLOv8 and YOLO11: anchor-free, box distances as distributions (DFL), no objectness.
#include <algorithm>
#include <array>

#include "plumb/vision/decode_level.h"

namespace plumb::vision {
namespace {

using artifact::DecodeContract;
using artifact::Family;

constexpr size_t kLanes = 16;  // compared side by side

int BoxChannels(const DecodeContract& c) { return c.boxes_decoded ? 4 : 4 * c.reg_max; }

ChannelPlan Plan(const DecodeContract& c, int) {
  return {.all = BoxChannels(c) + c.classes, .box = BoxChannels(c), .classes = c.classes};
}

// The expected bin: sum of k * exp(v[k] - max) over sum of exp(v[k] - max), summed in the order of
// k.
float Distance(const Field& f, size_t cell, size_t first, size_t bins) {
  if (bins == 1) {
    return f(0, cell, first);
  }
  float top = f(0, cell, first);
  for (size_t k = 1; k < bins; ++k) {
    top = std::max(top, f(0, cell, first + k));
  }
  float sum = 0, weighted = 0;
  for (size_t k = 0; k < bins; ++k) {
    const float e = Exp(f(0, cell, first + k) - top);
    sum += e;
    weighted += e * static_cast<float>(k);
  }
  return weighted / sum;
}

// The greatest class value of every cell, so that cells without a candidate cost one comparison.
// Channel after channel where a channel's values stand side by side.
std::vector<float> ClassMaxima(const Field& classes, size_t first, size_t count, size_t cells) {
  std::vector<float> maxima(cells, -INFINITY);
  float* const to = maxima.data();
  if (classes.cell_step == 1) {
    for (size_t k = 0; k < count; ++k) {
      const float* const from = classes.data + (first + k) * classes.channel_step;
      for (size_t cell = 0; cell < cells; ++cell) {
        to[cell] = to[cell] < from[cell] ? from[cell] : to[cell];
      }
    }
    return maxima;
  }
  for (size_t cell = 0; cell < cells; ++cell) {
    const float* const from =
        classes.data + cell * classes.cell_step + first * classes.channel_step;
    std::array<float, kLanes> best;
    best.fill(-INFINITY);
    size_t k = 0;
    for (; classes.channel_step == 1 && k + kLanes <= count; k += kLanes) {
      for (size_t lane = 0; lane < kLanes; ++lane) {
        best[lane] = best[lane] < from[k + lane] ? from[k + lane] : best[lane];
      }
    }
    for (; k < count; ++k) {
      const float v = from[k * classes.channel_step];
      best[0] = best[0] < v ? v : best[0];
    }
    to[cell] = *std::max_element(best.begin(), best.end());
  }
  return maxima;
}

void DecodeLevel(const DecodeContract& c, const Level& level, int, int,
                 const DecodeOptions& options, Collector& out) {
  const bool activated = c.scores_activated, whole = level.all.present();
  const float below = SurelyBelow(options.score_threshold, activated);
  const Field& boxes = whole ? level.all : level.box;
  const Field& classes = whole ? level.all : level.classes;
  const size_t classes_at = whole ? static_cast<size_t>(BoxChannels(c)) : 0;
  const size_t bins = static_cast<size_t>(c.reg_max);
  const std::vector<float> maxima =
      ClassMaxima(classes, classes_at, static_cast<size_t>(c.classes), level.cells);
  for (size_t cell = 0; cell < level.cells; ++cell) {
    if (!(maxima[cell] >= below)) {
      continue;
    }
    auto cls = [&](int k) { return classes(0, cell, classes_at + static_cast<size_t>(k)); };
    out.Add([&](int k) { return cls(k) >= below; },
            [&](int k) { return activated ? cls(k) : Sigmoid(cls(k)); },
            [&]() -> Detection {
              if (c.boxes_decoded) {
                return FromCentre(boxes(0, cell, 0), boxes(0, cell, 1), boxes(0, cell, 2),
                                  boxes(0, cell, 3));
              }
              const float s = static_cast<float>(level.stride);
              const size_t width = static_cast<size_t>(level.grid_width);
              const float x = static_cast<float>(cell % width) + 0.5F,
                          y = static_cast<float>(cell / width) + 0.5F;
              const float l = Distance(boxes, cell, 0, bins), t = Distance(boxes, cell, bins, bins);
              const float r = Distance(boxes, cell, 2 * bins, bins),
                          b = Distance(boxes, cell, 3 * bins, bins);
              return {(x - l) * s, (y - t) * s, (x + r) * s, (y + b) * s, 0, 0, {}};
            });
  }
}

}  // namespace

const FamilyDecoder kYolov8Decoder = {Family::kYolov8, Plan, DecodeLevel};

}  // namespace plumb::vision
