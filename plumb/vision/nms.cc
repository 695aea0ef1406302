#include "plumb/vision/nms.h"

#include <algorithm>
#include <map>
#include <numeric>

namespace plumb::vision {

float Iou(const Detection& a, const Detection& b) {
  const float w = std::min(a.x2, b.x2) - std::max(a.x1, b.x1);
  const float h = std::min(a.y2, b.y2) - std::max(a.y1, b.y1);
  if (!(w > 0 && h > 0)) {
    return 0;
  }
  const float inter = w * h;
  const float join = (a.x2 - a.x1) * (a.y2 - a.y1) + (b.x2 - b.x1) * (b.y2 - b.y1) - inter;
  return join > 0 ? inter / join : 0;
}

std::vector<Detection> Nms(std::vector<Detection> candidates, const NmsOptions& options) {
  std::vector<size_t> order(candidates.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return candidates[a].score > candidates[b].score; });
  std::map<int32_t, std::vector<size_t>> kept_of_label;
  std::vector<Detection> kept;
  for (const size_t i : order) {
    if (static_cast<int64_t>(kept.size()) >= options.max_detections) {
      break;
    }
    std::vector<size_t>& rivals =
        kept_of_label[options.scope == NmsScope::kClassAware ? candidates[i].label : 0];
    const bool suppressed = std::any_of(rivals.begin(), rivals.end(), [&](size_t k) {
      return Iou(kept[k], candidates[i]) > options.iou_threshold;
    });
    if (!suppressed) {
      rivals.push_back(kept.size());
      kept.push_back(std::move(candidates[i]));
    }
  }
  return kept;
}

NmsOptions NmsOf(const artifact::DecodeContract& contract, const BoxOptions& options) {
  NmsOptions nms;
  nms.iou_threshold = options.iou.value_or(contract.iou_threshold);
  nms.scope = contract.class_agnostic_nms ? NmsScope::kClassAgnostic : NmsScope::kClassAware;
  nms.max_detections =
      options.max_detections > 0 ? options.max_detections : contract.max_detections;
  return nms;
}

Result<std::vector<Detection>> Boxes(const artifact::DecodeContract& contract,
                                     std::span<const ConstTensorView> outputs, int input_width,
                                     int input_height, const BoxOptions& options) {
  DecodeOptions decode;
  decode.score_threshold = options.score.value_or(contract.score_threshold);
  decode.class_mode = options.class_mode;
  PLUMB_ASSIGN_OR_RETURN(std::vector<Detection> candidates,
                         Decode(contract, outputs, input_width, input_height, decode));
  return Nms(std::move(candidates), NmsOf(contract, options));
}

}  // namespace plumb::vision
