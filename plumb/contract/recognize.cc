#include "plumb/contract/recognize.h"

#include <algorithm>
#include <array>

#include "plumb/contract/families.h"
#include "plumb/vision/coco_names.h"
#include "plumb/vision/decode.h"
#include "plumb/vision/preprocess.h"

namespace plumb::contract {
namespace {

using artifact::Color;
using artifact::DecodeContract;
using artifact::Family;
using artifact::IoContract;
using artifact::PictureInput;
using artifact::PictureLayout;
using artifact::ResizeRule;
using artifact::Source;

constexpr PictureDefaults kUnknownDefaults = {Color::kRgb, 0, 255, ResizeRule::kStretch, 114};
constexpr int kSmallestCrop = 128;  // smaller classifiers are fed the whole picture

struct Place {
  PictureInput input;
  int channels = 0;
  bool bytes = false;  // the input's own type is u8
};

// The graph's picture input; `why_not` when there is none.
std::optional<Place> FindPictureInput(const ir::Graph& graph, std::string& why_not) {
  std::optional<Place> found;
  int count = 0;
  for (size_t i = 0; i < graph.inputs.size(); ++i) {
    const ir::TensorType& type = graph.value(graph.inputs[i].value).type;
    if (!type.ranked || type.dims.size() != 4) {
      continue;
    }
    auto dim = [&](size_t k) { return type.dims[k].known() ? type.dims[k].size : 0; };
    const bool first = dim(1) == 1 || dim(1) == 3;
    const bool last = dim(3) == 1 || dim(3) == 3;
    if (!first && !last) {
      continue;
    }
    ++count;
    const int64_t h = dim(first ? 2 : 1), w = dim(first ? 3 : 2);
    if (h < 1 || w < 1 || h > 65535 || w > 65535) {
      why_not = StrCat("the sides of input '", graph.value(graph.inputs[i].value).name,
                       "' are not known; give them with --input-shape");
      continue;
    }
    Place place;
    place.input.input = static_cast<int32_t>(i);
    place.input.width = static_cast<int32_t>(w);
    place.input.height = static_cast<int32_t>(h);
    place.input.layout = first ? PictureLayout::kNchw : PictureLayout::kNhwc;
    place.channels = static_cast<int>(dim(first ? 1 : 3));
    place.bytes = graph.inputs[i].dtype == DType::kU8;
    found = place;
  }
  if (count != 1) {
    why_not = count == 0 ? "no input has the shape of a picture"
                         : StrCat(count, " inputs have the shape of a picture");
    return std::nullopt;
  }
  return found;
}

Result<Match> MatchFamily(const Evidence& evidence) {
  for (const FamilyRow& row : Families()) {
    if (evidence.forced() && row.family != evidence.given->family) {
      continue;
    }
    std::optional<Match> match = row.match(evidence);
    if (match.has_value()) {
      return std::move(*match);
    }
  }
  if (evidence.forced()) {
    std::string shapes;
    for (const OutputFacts& o : evidence.outputs) {
      shapes += (shapes.empty() ? "" : ", ") + ("'" + o.name + "' ") + ShapeToString(o.shape);
    }
    return UsageError("decode: the outputs (", shapes, ") do not fit ",
                      vision::FamilyName(evidence.given->family), " for an input of ",
                      evidence.width, "x", evidence.height,
                      "; strides=, anchors= and reg_max= say more");
  }
  Match none;
  none.why = "the outputs look like no known detector or classifier; --decode names one";
  return none;
}

Status ApplyDecodeOptions(const DecodeOptions& given, DecodeContract& c) {
  auto take = [](const auto& from, auto& to) {
    if (from.has_value()) {
      to = *from;
    }
  };
  if (given.classes.has_value() && *given.classes != c.classes) {
    return UsageError("decode: classes=", *given.classes, " given, but the outputs have room for ",
                      c.classes);
  }
  take(given.sigmoid, c.scores_activated);
  take(given.decoded, c.boxes_decoded);
  take(given.reg_max, c.reg_max);
  take(given.score, c.score_threshold);
  take(given.iou, c.iou_threshold);
  take(given.agnostic, c.class_agnostic_nms);
  take(given.max_boxes, c.max_detections);
  return {};
}

void MarkSources(const DecodeOptions* given, DecodeContract& c) {
  auto mark = [](bool by_user, Source otherwise) { return by_user ? Source::kGiven : otherwise; };
  c.family_source = mark(given != nullptr, Source::kRecognized);
  c.scores_source = mark(given != nullptr && given->sigmoid.has_value(), Source::kRecognized);
  c.classes_source = mark(given != nullptr && given->classes.has_value(), Source::kRecognized);
  c.strides_source = mark(given != nullptr && !given->strides.empty(), Source::kRecognized);
  const bool anchors = std::any_of(c.outputs.begin(), c.outputs.end(),
                                   [](const auto& o) { return !o.anchors.empty(); });
  c.anchors_source = anchors ? mark(given != nullptr && !given->anchors.empty(), Source::kAssumed)
                             : Source::kUnknown;
}

// Anchors that a decoded graph has no use for are left out; missing ones are an error that says how
// to give them.
Status SettleAnchors(DecodeContract& c) {
  if (c.boxes_decoded) {
    for (auto& o : c.outputs) {
      o.anchors.clear();
    }
    return {};
  }
  const bool needed = c.family == Family::kYolov5 || c.family == Family::kYoloFastestV2;
  if (needed && std::any_of(c.outputs.begin(), c.outputs.end(),
                            [](const auto& o) { return o.anchors.empty(); })) {
    return UsageError("decode: ", vision::FamilyName(c.family), " with strides ",
                      StridesText(c.strides), " has no published anchors; give them: --decode ",
                      vision::FamilyName(c.family), ",anchors=w:h:w:h:...");
  }
  return {};
}

Status FillLabels(const Options& options, DecodeContract& c) {
  if (options.labels.has_value()) {
    if (c.family != Family::kNone && options.labels->size() != static_cast<size_t>(c.classes)) {
      return UsageError("labels: ", c.classes, " expected, one per class, found ",
                        options.labels->size());
    }
    c.labels = *options.labels;
    c.labels_source = Source::kGiven;
    return {};
  }
  const bool detector = vision::IsDetector(c.family);
  c.labels_source = Source::kAssumed;
  if (detector && c.classes == vision::kCocoClasses) {
    c.labels = vision::CocoNames();
  } else if ((c.family == Family::kSsd || c.family == Family::kYunet) && c.classes == 1) {
    c.labels = {"face"};
  } else {
    for (int32_t k = 0; k < c.classes; ++k) {
      c.labels.push_back("class_" + std::to_string(k));
    }
  }
  return {};
}

Status ParseColor(const std::string& text, Color& out) {
  for (const Color color : {Color::kRgb, Color::kBgr, Color::kGray}) {
    if (ColorName(color) == text) {
      out = color;
      return {};
    }
  }
  return UsageError("color: rgb, bgr or gray expected, found '", text, "'");
}

Status ParseResize(const std::string& text, PictureInput& in) {
  const size_t colon = text.find(':');
  const std::string name = text.substr(0, colon);
  for (const ResizeRule rule : {ResizeRule::kLetterbox, ResizeRule::kLetterboxCorner,
                                ResizeRule::kStretch, ResizeRule::kCrop}) {
    if (ResizeName(rule) != name) {
      continue;
    }
    in.resize = rule;
    if (colon == std::string::npos) {
      return {};
    }
    PLUMB_ASSIGN_OR_RETURN(const std::vector<float> side,
                           ParseNumbers(text.substr(colon + 1), ',', "resize"));
    if (rule != ResizeRule::kCrop || side.size() != 1 || side[0] < 1 || side[0] > 65535 ||
        side[0] != static_cast<float>(static_cast<int32_t>(side[0]))) {
      return UsageError("resize: crop:SIDE with a whole number of pixels expected, found '", text,
                        "'");
    }
    in.crop_short = static_cast<int32_t>(side[0]);
    return {};
  }
  return UsageError(
      "resize: letterbox, letterbox-corner, stretch, crop or crop:SIDE expected, found '", text,
      "'");
}

// One number stands for every channel.
Status ParsePerChannel(const std::string& text, std::string_view what, size_t channels,
                       std::vector<float>& out) {
  PLUMB_ASSIGN_OR_RETURN(out, ParseNumbers(text, ',', what));
  if (out.size() == 1) {
    out.resize(channels, out[0]);
  }
  if (out.size() != channels) {
    return UsageError(what, ": ", channels, " numbers expected, one per channel, found '", text,
                      "'");
  }
  return {};
}

Status FillPicture(const PictureOptions& given, const Place& place, const PictureDefaults& defaults,
                   bool classifier, PictureInput& in) {
  in = place.input;
  in.color = place.channels == 1 ? Color::kGray : defaults.color;
  in.color_source = place.channels == 1 ? Source::kRecognized : Source::kAssumed;
  if (given.color.has_value()) {
    PLUMB_RETURN_IF_ERROR(ParseColor(*given.color, in.color));
    in.color_source = Source::kGiven;
  }
  if (in.channels() != place.channels) {
    return UsageError("color: ", *given.color, " given, but the input has ", place.channels,
                      " channel", place.channels == 1 ? "" : "s");
  }
  const size_t channels = static_cast<size_t>(place.channels);
  in.mean.assign(channels, place.bytes ? 0 : defaults.mean);
  in.std.assign(channels, place.bytes ? 1 : defaults.std);
  in.mean_source = in.std_source = place.bytes ? Source::kRecognized : Source::kAssumed;
  if (given.mean.has_value()) {
    PLUMB_RETURN_IF_ERROR(ParsePerChannel(*given.mean, "mean", channels, in.mean));
    in.mean_source = Source::kGiven;
  }
  if (given.std.has_value()) {
    PLUMB_RETURN_IF_ERROR(ParsePerChannel(*given.std, "std", channels, in.std));
    in.std_source = Source::kGiven;
  }
  in.resize = classifier && std::min(in.width, in.height) < kSmallestCrop ? ResizeRule::kStretch
                                                                          : defaults.resize;
  in.pad = defaults.pad;
  in.resize_source = in.pad_source = Source::kAssumed;
  if (given.resize.has_value()) {
    PLUMB_RETURN_IF_ERROR(ParseResize(*given.resize, in));
    in.resize_source = Source::kGiven;
  }
  if (given.pad.has_value()) {
    PLUMB_ASSIGN_OR_RETURN(const std::vector<float> pad, ParseNumbers(*given.pad, ',', "pad"));
    if (pad.size() != 1 || pad[0] < 0 || pad[0] > 255 ||
        pad[0] != static_cast<float>(static_cast<int32_t>(pad[0]))) {
      return UsageError("pad: a pixel value 0..255 expected, found '", *given.pad, "'");
    }
    in.pad = static_cast<int32_t>(pad[0]);
    in.pad_source = Source::kGiven;
  }
  return vision::CheckPictureInput(in);
}

}  // namespace

Result<Contracts> Recognize(const ir::Graph& graph, const Options& options) {
  Contracts out;
  std::string why_not;
  const std::optional<Place> place = FindPictureInput(graph, why_not);
  const bool stated = options.decode.has_value();
  if (!place.has_value()) {
    const PictureOptions& p = options.picture;
    if ((stated && options.decode->family != Family::kNone) || p.color || p.mean || p.std ||
        p.resize || p.pad) {
      return UsageError("pictures cannot be fed to this network: ", why_not);
    }
    out.why = why_not;
    return out;
  }
  const bool none = stated && options.decode->family == Family::kNone;
  Evidence evidence{FactsOf(graph), place->input.width, place->input.height,
                    stated ? &*options.decode : nullptr};
  if (none) {
    out.why = "given as none";
  } else if (evidence.outputs.empty()) {
    out.why = "the shapes of the outputs are not known; give the inputs' with --input-shape";
  } else {
    PLUMB_ASSIGN_OR_RETURN(Match match, MatchFamily(evidence));
    out.decode = std::move(match.contract);
    out.why = std::move(match.why);
  }
  DecodeContract& decode = out.decode;
  PictureDefaults defaults = kUnknownDefaults;
  for (const FamilyRow& row : Families()) {
    defaults = row.family == decode.family ? row.picture : defaults;
  }
  if (decode.family != Family::kNone) {
    if (stated) {
      PLUMB_RETURN_IF_ERROR(ApplyDecodeOptions(*options.decode, decode));
    }
    PLUMB_RETURN_IF_ERROR(SettleAnchors(decode));
    MarkSources(evidence.given, decode);
  }
  PLUMB_RETURN_IF_ERROR(FillLabels(options, decode));
  PictureInput input;
  PLUMB_RETURN_IF_ERROR(
      FillPicture(options.picture, *place, defaults, decode.family == Family::kClassifier, input));
  out.io.pictures = {input};
  if (vision::IsDetector(decode.family)) {
    std::vector<Shape> shapes;
    for (const OutputFacts& o : evidence.outputs) {
      shapes.push_back(o.shape);
    }
    if (const Status fits = vision::CheckDecode(decode, shapes, input.width, input.height);
        !fits.ok()) {
      return stated ? UsageError(fits.message()) : fits;
    }
  }
  return out;
}

}  // namespace plumb::contract
