// YOLOv5, YOLOv7, and YOLO-FastestV2, whose boxes follow the same formula.
#include "plumb/vision/decode_level.h"

namespace plumb::vision {
namespace {

using artifact::DecodeContract;
using artifact::Family;

// Box of anchor `a` at `cell` from four values through `t`.
template <typename T>
Detection AnchorBox(const Level& level, size_t a, size_t cell, const T& t) {
  const float s = static_cast<float>(level.stride);
  const size_t width = static_cast<size_t>(level.grid_width);
  const float i = static_cast<float>(cell % width), j = static_cast<float>(cell / width);
  const float w = 2.0F * t(2), h = 2.0F * t(3);
  return FromCentre((2.0F * t(0) - 0.5F + i) * s, (2.0F * t(1) - 0.5F + j) * s,
                    w * w * level.anchors[2 * a], h * h * level.anchors[2 * a + 1]);
}

ChannelPlan Yolov5Plan(const DecodeContract& c, int) {
  const bool split = c.boxes_decoded;
  return {.all = 5 + c.classes,
          .box = split ? 4 : -1,
          .objectness = split ? 1 : -1,
          .classes = split ? c.classes : -1,
          .anchors_in_all = !c.boxes_decoded};
}

void DecodeYolov5(const DecodeContract& c, const Level& level, int, int,
                  const DecodeOptions& options, Collector& out) {
  const bool activated = c.scores_activated;
  const size_t anchors = c.boxes_decoded ? 1 : level.anchors.size() / 2;
  const float below = SurelyBelow(options.score_threshold, activated);
  const bool whole = level.all.present();
  const Field& objectness = whole ? level.all : level.objectness;
  const Field& classes = whole ? level.all : level.classes;
  const Field& boxes = whole ? level.all : level.box;
  const size_t objectness_at = whole ? 4 : 0, classes_at = whole ? 5 : 0;
  for (size_t a = 0; a < anchors; ++a) {
    for (size_t cell = 0; cell < level.cells; ++cell) {
      const float raw = objectness(a, cell, objectness_at);
      if (!(raw >= below)) {
        continue;
      }
      const float obj = activated ? raw : Sigmoid(raw);
      auto value = [&](size_t k) {
        const float v = boxes(a, cell, k);
        return activated ? v : Sigmoid(v);
      };
      auto cls = [&](int k) { return classes(a, cell, classes_at + static_cast<size_t>(k)); };
      out.Add([&](int k) { return cls(k) >= below; },
              [&](int k) { return obj * (activated ? cls(k) : Sigmoid(cls(k))); },
              [&] {
                if (c.boxes_decoded) {
                  return FromCentre(boxes(a, cell, 0), boxes(a, cell, 1), boxes(a, cell, 2),
                                    boxes(a, cell, 3));
                }
                return AnchorBox(level, a, cell, value);
              });
    }
  }
}

ChannelPlan FastestPlan(const DecodeContract& c, int anchors) {
  return {.all = 5 * anchors + c.classes,
          .box = 4 * anchors,
          .objectness = anchors,
          .classes = c.classes};
}

void DecodeFastest(const DecodeContract& c, const Level& level, int, int,
                   const DecodeOptions& options, Collector& out) {
  const bool activated = c.scores_activated;
  const size_t anchors = level.anchors.size() / 2, classes_count = static_cast<size_t>(c.classes);
  const float below = SurelyBelow(options.score_threshold, activated);
  const bool whole = level.all.present();
  const Field& boxes = whole ? level.all : level.box;
  const Field& objectness = whole ? level.all : level.objectness;
  const Field& classes = whole ? level.all : level.classes;
  const size_t objectness_at = whole ? 4 * anchors : 0, classes_at = whole ? 5 * anchors : 0;
  std::vector<float> scores(classes_count);
  for (size_t cell = 0; cell < level.cells; ++cell) {
    bool have_scores = false;
    for (size_t a = 0; a < anchors; ++a) {
      const float raw = objectness(0, cell, objectness_at + a);
      if (!(raw >= below)) {
        continue;
      }
      if (!have_scores) {
        have_scores = true;
        float top = -INFINITY, sum = 0;
        for (size_t k = 0; k < classes_count; ++k) {
          scores[k] = classes(0, cell, classes_at + k);
          top = std::max(top, scores[k]);
        }
        for (size_t k = 0; !activated && k < classes_count; ++k) {
          scores[k] = Exp(scores[k] - top);
          sum += scores[k];
        }
        for (size_t k = 0; !activated && k < classes_count; ++k) {
          scores[k] /= sum;
        }
      }
      const float obj = activated ? raw : Sigmoid(raw);
      auto value = [&](size_t k) {
        const float v = boxes(0, cell, 4 * a + k);
        return activated ? v : Sigmoid(v);
      };
      out.Add([](int) { return true; }, [&](int k) { return obj * scores[static_cast<size_t>(k)]; },
              [&] { return AnchorBox(level, a, cell, value); });
    }
  }
}

}  // namespace

const FamilyDecoder kYolov5Decoder = {Family::kYolov5, Yolov5Plan, DecodeYolov5};
const FamilyDecoder kYoloFastestV2Decoder = {Family::kYoloFastestV2, FastestPlan, DecodeFastest};

}  // namespace plumb::vision
