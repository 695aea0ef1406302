#include "plumb/verify/diagnose/box_variants.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "plumb/vision/coco_names.h"
#include "plumb/vision/decode.h"
#include "plumb/vision/nms.h"
#include "plumb/vision/preprocess.h"

namespace plumb::verify {
namespace {

using artifact::DecodeContract;
using artifact::DecodeOutput;
using artifact::Family;
using artifact::OutputLayout;
using artifact::OutputRole;
using vision::Detection;

// Anchors that are published with detectors, finest level first; those of another network are a usual mistake.
struct PublishedAnchors {
  const char* name;
  std::vector<float> values;
};
const std::vector<PublishedAnchors>& Published() {
  static const std::vector<PublishedAnchors> sets = {
      {"YOLOv5", {10, 13, 16, 30, 33, 23, 30, 61, 62, 45, 59, 119, 116, 90, 156, 198, 373, 326}},
      {"YOLOv7", {12, 16, 19, 36, 40, 28, 36, 75, 76, 55, 72, 146, 142, 110, 192, 243, 459, 401}},
      {"YOLOv3-tiny", {10, 14, 23, 27, 37, 58, 81, 82, 135, 169, 344, 319}},
  };
  return sets;
}

using Contract = std::function<void(DecodeContract&)>;

std::function<Result<PictureBoxes>(Case&)> WithContract(Contract change) {
  return [change = std::move(change)](Case& c) -> Result<PictureBoxes> {
    DecodeContract decode = c.input().reference.decode;
    change(decode);
    return c.Boxes(c.input().reference.io, decode, c.reference());
  };
}

// Where the channel axis of an output lies, and which channels are scores.
template <typename F>
void MapValues(const DecodeContract& contract, const DecodeOutput& output, Tensor& tensor,
               const F& change) {
  const Shape& shape = tensor.shape();
  const bool first = output.layout == OutputLayout::kChannelsFirst;
  const size_t axis = first ? 1 : shape.size() - 1;
  if (shape.size() <= axis) {
    return;
  }
  const auto inner = static_cast<size_t>(NumElements(std::span(shape).subspan(axis + 1)));
  const auto channels = static_cast<size_t>(shape[axis]);
  const int64_t box =
      contract.family == Family::kYolov8 && !contract.boxes_decoded ? 4 * contract.reg_max : 4;
  for (size_t i = 0; i < static_cast<size_t>(tensor.size()); ++i) {
    size_t channel = i / inner % channels;
    if (contract.family == Family::kYolov5) {
      channel %= static_cast<size_t>(5 + contract.classes);
    }
    const bool is_box = output.role == OutputRole::kBox || output.role == OutputRole::kKeypoints ||
                        (output.role == OutputRole::kAll && channel < static_cast<size_t>(box));
    tensor.values<float>()[i] = change(tensor.values<float>()[i], is_box, channel);
  }
}

template <typename F>
Result<PictureBoxes> WithValues(Case& c, bool activated, const F& change) {
  SideResults results = c.reference();
  DecodeContract decode = c.input().reference.decode;
  for (auto& picture : results.outputs) {
    for (const DecodeOutput& output : decode.outputs) {
      Tensor& tensor = picture[static_cast<size_t>(output.output)].tensor;
      if (tensor.dtype() == DType::kF32 && output.role != OutputRole::kIgnored) {
        MapValues(decode, output, tensor, change);
      }
    }
  }
  decode.scores_activated = activated;
  return c.Boxes(c.input().reference.io, decode, results);
}

float Sigmoid(float v) { return 1 / (1 + std::exp(-v)); }
float Logit(float p) {
  const float q = std::clamp(p, 1e-6f, 1 - 1e-6f);
  return std::log(q / (1 - q));
}

// In families with anchors the sigmoid is on boxes too, as long as they are raw.
bool ActivatesBoxes(const DecodeContract& d) {
  return !d.boxes_decoded && (d.family == Family::kYolov5 || d.family == Family::kYoloFastestV2);
}

std::function<Result<PictureBoxes>(Case&)> MapBoxes(
    std::function<void(Detection&, const vision::Placement&, const artifact::PictureInput&)> map) {
  return [map = std::move(map)](Case& c) -> Result<PictureBoxes> {
    PictureBoxes boxes = c.reference().boxes;
    const artifact::PictureInput& input = c.input().reference.io.pictures[0];
    for (size_t s = 0; s < boxes.size(); ++s) {
      const Picture& picture = c.input().pictures[s];
      const vision::Placement placement = vision::PlacementOf(input, picture.width, picture.height);
      for (Detection& d : boxes[s]) {
        map(d, placement, input);
      }
    }
    return boxes;
  };
}

// The reference's boxes before suppression, in the network's input.
Result<std::vector<Detection>> Candidates(Case& c, size_t s) {
  const Side& side = c.input().reference;
  const artifact::PictureInput& input = side.io.pictures[0];
  std::vector<ConstTensorView> views;
  for (const runtime::NamedTensor& t : c.reference().outputs[s]) {
    views.push_back(t.tensor.view());
  }
  vision::DecodeOptions options;
  options.score_threshold = side.decode.score_threshold;
  return vision::Decode(side.decode, views, input.width, input.height, options);
}

// In the order given.
std::vector<Detection> Suppressed(const std::vector<Detection>& candidates, float iou,
                                  bool agnostic) {
  std::vector<Detection> kept;
  for (const Detection& d : candidates) {
    const bool covered = std::any_of(kept.begin(), kept.end(), [&](const Detection& k) {
      return (agnostic || k.label == d.label) && vision::Iou(k, d) > iou;
    });
    if (!covered) {
      kept.push_back(d);
    }
  }
  return kept;
}

// Suppression that takes candidates in the order of the decoder, or class by class, and not by score.
Result<PictureBoxes> Unsorted(Case& c, bool agnostic) {
  PictureBoxes all;
  const Side& side = c.input().reference;
  const artifact::PictureInput& input = side.io.pictures[0];
  for (size_t s = 0; s < c.count(); ++s) {
    PLUMB_ASSIGN_OR_RETURN(std::vector<Detection> candidates, Candidates(c, s));
    if (agnostic) {
      std::stable_sort(candidates.begin(), candidates.end(),
                       [](const auto& a, const auto& b) { return a.label < b.label; });
    }
    all.push_back(vision::ToPicture(
        Suppressed(candidates, side.decode.iou_threshold, agnostic),
        vision::PlacementOf(input, c.input().pictures[s].width, c.input().pictures[s].height)));
  }
  return all;
}

// Suppression in whatever order keeps the given boxes: those of the model's candidates that were given come first.
Result<PictureBoxes> InGivenOrder(Case& c) {
  constexpr float kSamePlace = 0.95f, kSameScore = 0.02f;
  PictureBoxes all;
  const Side& side = c.input().reference;
  const artifact::PictureInput& input = side.io.pictures[0];
  for (size_t s = 0; s < c.count(); ++s) {
    PLUMB_ASSIGN_OR_RETURN(std::vector<Detection> candidates, Candidates(c, s));
    candidates = vision::ToPicture(
        std::move(candidates),
        vision::PlacementOf(input, c.input().pictures[s].width, c.input().pictures[s].height));
    const auto given = [&](const Detection& d) {
      return std::any_of(c.subject().boxes[s].begin(), c.subject().boxes[s].end(),
                         [&](const Detection& g) {
                           return g.label == d.label && std::fabs(g.score - d.score) < kSameScore &&
                                  vision::Iou(g, d) > kSamePlace;
                         });
    };
    std::stable_sort(candidates.begin(), candidates.end(),
                     [](const auto& a, const auto& b) { return a.score > b.score; });
    std::stable_partition(candidates.begin(), candidates.end(), given);
    all.push_back(Suppressed(candidates, side.decode.iou_threshold, false));
  }
  return all;
}

void AddActivations(const DecodeContract& d, std::vector<BoxVariant>& list) {
  const bool boxes = ActivatesBoxes(d);
  list.push_back({"sigmoid-twice",
                  "The boxes are read wrongly: a sigmoid is applied to scores that the network has "
                  "already put through one.",
                  [d, boxes](Case& c) {
                    return d.scores_activated
                               ? WithContract(
                                     [](DecodeContract& x) { x.scores_activated = false; })(c)
                               : WithValues(c, false, [boxes](float v, bool box, size_t) {
                                   return !box || boxes ? Sigmoid(v) : v;
                                 });
                  }});
  list.push_back({"sigmoid-missing",
                  "The boxes are read wrongly: raw numbers are taken for scores, the sigmoid is "
                  "missing.",
                  [d, boxes](Case& c) {
                    return d.scores_activated ? WithValues(c, true,
                                                           [boxes](float v, bool box, size_t) {
                                                             return !box || boxes ? Logit(v) : v;
                                                           })
                                              : WithContract([](DecodeContract& x) {
                                                  x.scores_activated = true;
                                                })(c);
                  }});
  if (d.family == Family::kYolov5 || d.family == Family::kYolox) {
    const bool activated = d.scores_activated;
    list.push_back({"objectness-ignored",
                    "The boxes are read wrongly: scores are taken without the objectness.",
                    [activated](Case& c) {
                      return WithValues(c, activated, [activated](float v, bool, size_t channel) {
                        return channel == 4 ? (activated ? 1.0f : 50.0f) : v;
                      });
                    }});
  }
}

void AddAnchors(const DecodeContract& d, std::vector<BoxVariant>& list) {
  std::vector<size_t> order;  // outputs with anchors, finest level first
  for (size_t i = 0; i < d.outputs.size(); ++i) {
    if (!d.outputs[i].anchors.empty()) {
      order.push_back(i);
    }
  }
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return d.outputs[a].stride < d.outputs[b].stride; });
  if (order.empty()) {
    return;
  }
  const auto with = [&](const std::string& what, std::function<void(DecodeContract&)> change) {
    list.push_back({"anchors", StrCat("The boxes are read wrongly: ", what, "."),
                    WithContract(std::move(change))});
  };
  with("the anchors are those of the levels in reverse order", [order](DecodeContract& x) {
    std::vector<std::vector<float>> anchors;
    for (const size_t i : order) {
      anchors.push_back(x.outputs[i].anchors);
    }
    for (size_t k = 0; k < order.size(); ++k) {
      x.outputs[order[k]].anchors = anchors[order.size() - 1 - k];
    }
  });
  for (const float factor : {0.5f, 2.0f}) {
    with(StrCat("the anchors are ", factor, " times the model's"), [factor](DecodeContract& x) {
      for (DecodeOutput& output : x.outputs) {
        for (float& a : output.anchors) {
          a *= factor;
        }
      }
    });
  }
  with("the anchors' widths and heights are exchanged", [](DecodeContract& x) {
    for (DecodeOutput& output : x.outputs) {
      for (size_t i = 0; i + 1 < output.anchors.size(); i += 2) {
        std::swap(output.anchors[i], output.anchors[i + 1]);
      }
    }
  });
  for (const PublishedAnchors& set : Published()) {
    size_t wanted = 0;
    for (const size_t i : order) {
      wanted += d.outputs[i].anchors.size();
    }
    if (set.values.size() != wanted) {
      continue;
    }
    with(StrCat("the anchors are those of ", set.name), [order, &set](DecodeContract& x) {
      size_t at = 0;
      for (const size_t i : order) {
        for (float& a : x.outputs[i].anchors) {
          a = set.values[at++];
        }
      }
    });
  }
}

void AddSuppression(const DecodeContract& d, std::vector<BoxVariant>& list) {
  list.push_back(
      {"nms-scope",
       d.class_agnostic_nms
           ? "The boxes are read wrongly: boxes are suppressed within a class only."
           : "The boxes are read wrongly: boxes are suppressed across classes, so that "
             "neighbours vanish.",
       WithContract([](DecodeContract& x) { x.class_agnostic_nms = !x.class_agnostic_nms; })});
  list.push_back({"nms-missing",
                  "The boxes are read wrongly: overlapping boxes are not suppressed.",
                  WithContract([](DecodeContract& x) {
                    x.iou_threshold = 1.0f;
                    x.max_detections = std::numeric_limits<int32_t>::max();
                  })});
  list.push_back({"nms-unsorted",
                  "The boxes are read wrongly: suppression does not take the best boxes first.",
                  [](Case& c) { return Unsorted(c, false); }});
  list.push_back({"nms-unsorted",
                  "The boxes are read wrongly: suppression does not take the best boxes first.",
                  InGivenOrder});
  list.push_back({"nms-scope",
                  "The boxes are read wrongly: suppression runs class by class over all boxes, as "
                  "older demos do, so that neighbours vanish.",
                  [](Case& c) { return Unsorted(c, true); }});
  for (const float iou : {0.1f, 0.2f, 0.3f, 0.4f, 0.45f, 0.5f, 0.6f, 0.65f, 0.7f, 0.8f, 0.9f}) {
    if (std::fabs(iou - d.iou_threshold) > 0.01f) {
      list.push_back({"nms-threshold",
                      StrCat("The boxes are read wrongly: overlaps are suppressed above ", iou,
                             " instead of ", d.iou_threshold, "."),
                      WithContract([iou](DecodeContract& x) { x.iou_threshold = iou; })});
    }
  }
}

void AddPlaces(std::vector<BoxVariant>& list) {
  const auto add = [&](const char* cause, const std::string& what, auto map) {
    list.push_back({cause, StrCat("The boxes are read wrongly: ", what, "."), MapBoxes(map)});
  };
  using P = const vision::Placement&;
  using I = const artifact::PictureInput&;
  add("box-coordinates", "they are in pixels of the network's input, not of the picture",
      [](Detection& d, P p, I) {
        d.x1 = d.x1 * p.scale_x + p.offset_x;
        d.x2 = d.x2 * p.scale_x + p.offset_x;
        d.y1 = d.y1 * p.scale_y + p.offset_y;
        d.y2 = d.y2 * p.scale_y + p.offset_y;
      });
  add("box-coordinates", "the border of the letterbox is not taken off", [](Detection& d, P p, I) {
    d.x1 += p.offset_x / p.scale_x;
    d.x2 += p.offset_x / p.scale_x;
    d.y1 += p.offset_y / p.scale_y;
    d.y2 += p.offset_y / p.scale_y;
  });
  add("box-coordinates", "they are brought back as if the picture had been stretched",
      [](Detection& d, P p, I in) {
        const float sx = static_cast<float>(p.picture_width) / static_cast<float>(in.width);
        const float sy = static_cast<float>(p.picture_height) / static_cast<float>(in.height);
        d.x1 = (d.x1 * p.scale_x + p.offset_x) * sx;
        d.x2 = (d.x2 * p.scale_x + p.offset_x) * sx;
        d.y1 = (d.y1 * p.scale_y + p.offset_y) * sy;
        d.y2 = (d.y2 * p.scale_y + p.offset_y) * sy;
      });
  add("box-units", "they are shares of the picture's sides, not pixels", [](Detection& d, P p, I) {
    d.x1 /= static_cast<float>(p.picture_width);
    d.x2 /= static_cast<float>(p.picture_width);
    d.y1 /= static_cast<float>(p.picture_height);
    d.y2 /= static_cast<float>(p.picture_height);
  });
  add("box-corners", "centre and size are taken for corners", [](Detection& d, P, I) {
    const float w = d.x2 - d.x1, h = d.y2 - d.y1;
    const float x = (d.x1 + d.x2) / 2, y = (d.y1 + d.y2) / 2;
    d.x1 = x;
    d.y1 = y;
    d.x2 = x + w;
    d.y2 = y + h;
  });
  add("box-axes", "x and y are exchanged", [](Detection& d, P, I) {
    std::swap(d.x1, d.y1);
    std::swap(d.x2, d.y2);
  });
  for (const float k : {0.25f, 0.5f, 2.0f, 4.0f}) {
    add("strides",
        StrCat("all coordinates are ", k, " times what they should be: strides of another model"),
        [k](Detection& d, P p, I) {
          d.x1 = ((d.x1 * p.scale_x + p.offset_x) * k - p.offset_x) / p.scale_x;
          d.x2 = ((d.x2 * p.scale_x + p.offset_x) * k - p.offset_x) / p.scale_x;
          d.y1 = ((d.y1 * p.scale_y + p.offset_y) * k - p.offset_y) / p.scale_y;
          d.y2 = ((d.y2 * p.scale_y + p.offset_y) * k - p.offset_y) / p.scale_y;
        });
  }
  for (const int by : {-1, 1}) {
    add("class-offset", StrCat("class numbers are ", by > 0 ? "one too high" : "one too low"),
        [by](Detection& d, P, I) { d.label += by; });
  }
  add("class-offset", "class numbers are COCO's category ids (1 to 90), not indices",
      [](Detection& d, P, I) { d.label = vision::CocoId(d.label); });
}

// Centres of cells scaled by another stride, sizes right: level by level.
void AddStrides(const DecodeContract& d, std::vector<BoxVariant>& list) {
  if (d.boxes_decoded || d.family == Family::kSsd) {
    return;
  }
  const std::vector<int32_t> strides = d.strides;
  if (strides.size() < 2) {
    return;
  }
  list.push_back(
      {"strides", "The boxes are read wrongly: the levels' strides are in reverse order.",
       [strides](Case& c) -> Result<PictureBoxes> {
         const Side& side = c.input().reference;
         const artifact::PictureInput& input = side.io.pictures[0];
         PictureBoxes all;
         for (size_t s = 0; s < c.count(); ++s) {
           std::vector<Detection> candidates;
           std::vector<ConstTensorView> views;
           for (const runtime::NamedTensor& t : c.reference().outputs[s]) {
             views.push_back(t.tensor.view());
           }
           for (size_t level = 0; level < strides.size(); ++level) {
             DecodeContract one = side.decode;
             std::erase_if(one.outputs,
                           [&](const DecodeOutput& o) { return o.stride != strides[level]; });
             one.strides = {strides[level]};
             vision::DecodeOptions options;
             options.score_threshold = one.score_threshold;
             PLUMB_ASSIGN_OR_RETURN(std::vector<Detection> found,
                                    vision::Decode(one, views, input.width, input.height, options));
             const float k = static_cast<float>(strides[strides.size() - 1 - level]) /
                             static_cast<float>(strides[level]);
             for (Detection& d : found) {
               d.x1 *= k;
               d.x2 *= k;
               d.y1 *= k;
               d.y2 *= k;
               candidates.push_back(d);
             }
           }
           vision::NmsOptions nms;
           nms.iou_threshold = side.decode.iou_threshold;
           nms.max_detections = side.decode.max_detections;
           all.push_back(vision::ToPicture(vision::Nms(std::move(candidates), nms),
                                           vision::PlacementOf(input, c.input().pictures[s].width,
                                                               c.input().pictures[s].height)));
         }
         return all;
       }});
}

}  // namespace

std::vector<BoxVariant> BoxVariants(Case& c) {
  const DecodeContract& d = c.input().reference.decode;
  std::vector<BoxVariant> list;
  AddActivations(d, list);
  AddAnchors(d, list);
  AddStrides(d, list);
  AddPlaces(list);
  AddSuppression(d, list);
  size_t most = 0;
  for (const auto& picture : c.subject().boxes) {
    most = std::max(most, picture.size());
  }
  if (most > 0) {
    list.push_back({"nms-cap",
                    StrCat("The boxes are read wrongly: a picture keeps at most ", most, " boxes."),
                    WithContract([most](DecodeContract& x) {
                      x.max_detections = static_cast<int32_t>(most);
                    })});
  }
  return list;
}

}  // namespace plumb::verify
