// YOLOX: anchor-free, objectness, box as offset from the cell and logarithm of the size.
#include "plumb/vision/decode_level.h"

namespace plumb::vision {
namespace {

using artifact::DecodeContract;
using artifact::Family;

ChannelPlan Plan(const DecodeContract& c, int) {
  return {.all = 5 + c.classes, .box = 4, .objectness = 1, .classes = c.classes};
}

void DecodeLevel(const DecodeContract& c, const Level& level, int, int,
                 const DecodeOptions& options, Collector& out) {
  const bool activated = c.scores_activated, whole = level.all.present();
  const float below = SurelyBelow(options.score_threshold, activated);
  const Field& boxes = whole ? level.all : level.box;
  const Field& objectness = whole ? level.all : level.objectness;
  const Field& classes = whole ? level.all : level.classes;
  const size_t objectness_at = whole ? 4 : 0, classes_at = whole ? 5 : 0;
  for (size_t cell = 0; cell < level.cells; ++cell) {
    const float raw = objectness(0, cell, objectness_at);
    if (!(raw >= below)) {
      continue;
    }
    const float obj = activated ? raw : Sigmoid(raw);
    auto cls = [&](int k) { return classes(0, cell, classes_at + static_cast<size_t>(k)); };
    out.Add([&](int k) { return cls(k) >= below; },
            [&](int k) { return obj * (activated ? cls(k) : Sigmoid(cls(k))); },
            [&] {
              const float cx = boxes(0, cell, 0), cy = boxes(0, cell, 1), w = boxes(0, cell, 2),
                          h = boxes(0, cell, 3);
              if (c.boxes_decoded) {
                return FromCentre(cx, cy, w, h);
              }
              const float s = static_cast<float>(level.stride);
              const size_t width = static_cast<size_t>(level.grid_width);
              return FromCentre((cx + static_cast<float>(cell % width)) * s,
                                (cy + static_cast<float>(cell / width)) * s, Exp(w) * s,
                                Exp(h) * s);
            });
  }
}

}  // namespace

const FamilyDecoder kYoloxDecoder = {Family::kYolox, Plan, DecodeLevel};

}  // namespace plumb::vision
