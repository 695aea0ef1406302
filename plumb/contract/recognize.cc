#include "plumb/contract/recognize.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>

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

// Inputs of the shape of a picture; `why_not` when there is none.
std::vector<Place> FindPictureInputs(const ir::Graph& graph, std::string& why_not) {
  std::vector<Place> found;
  why_not = "no input has the shape of a picture";
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
    found.push_back(place);
  }
  return found;
}

// One member of PictureOptions for every input, by index; `neutral` stands for inputs behind the end of a list by position.
struct PerInput {
  std::vector<std::optional<std::string>> values;
  std::set<size_t> stated_alone;  // by name, or by a place in a list
  std::set<size_t> named;
};

// "NAME=VALUE;VALUE;..." as options.h words it.
Result<PerInput> Distribute(const std::optional<std::string>& text, std::string_view what,
                            const std::optional<std::string>& neutral,
                            const std::vector<std::string>& names) {
  PerInput per;
  per.values.resize(names.size());
  if (!text) {
    return per;
  }
  std::vector<std::string> unnamed;
  std::map<std::string, std::string> named;
  for (size_t begin = 0; begin <= text->size();) {
    const size_t end = std::min(text->find(';', begin), text->size());
    const std::string entry = text->substr(begin, end - begin);
    const size_t equals = entry.rfind('=');
    begin = end + 1;
    if (equals == std::string::npos) {
      unnamed.push_back(entry);
      continue;
    }
    const std::string name = entry.substr(0, equals);
    if (std::find(names.begin(), names.end(), name) == names.end()) {
      return UsageError(what, ": the network has no input '", name, "'");
    }
    if (!named.emplace(name, entry.substr(equals + 1)).second) {
      return UsageError(what, ": two values for input '", name, "'");
    }
  }
  if (unnamed.size() > names.size()) {
    return UsageError(what, ": ", unnamed.size(), " values by position; the network has ",
                      names.size(), names.size() == 1 ? " input" : " inputs");
  }
  for (size_t i = 0; i < names.size(); ++i) {
    if (const auto found = named.find(names[i]); found != named.end()) {
      per.values[i] = found->second;
      per.stated_alone.insert(i);
      per.named.insert(i);
    } else if (unnamed.size() == 1) {
      per.values[i] = unnamed[0];
    } else if (i < unnamed.size()) {
      per.values[i] = unnamed[i].empty() ? std::nullopt : std::optional(unnamed[i]);
      per.stated_alone.insert(i);
    } else if (!unnamed.empty()) {
      per.values[i] = neutral;
    }
  }
  return per;
}

// What the user says of each input.
struct Statements {
  std::vector<PictureOptions> inputs;
  bool any = false;
};
Result<Statements> StatementsOf(const PictureOptions& given, const ir::Graph& graph,
                                const std::vector<Place>& places) {
  std::vector<std::string> names;
  for (const ir::Input& input : graph.inputs) {
    names.push_back(graph.value(input.value).name);
  }
  Statements statements;
  statements.inputs.resize(names.size());
  struct Member {
    std::optional<std::string> PictureOptions::*text;
    std::string_view what;
    std::optional<std::string> neutral;
  };
  const Member members[] = {{&PictureOptions::color, "color", std::nullopt},
                            {&PictureOptions::mean, "mean", "0"},
                            {&PictureOptions::std, "std", "1"},
                            {&PictureOptions::resize, "resize", std::nullopt},
                            {&PictureOptions::pad, "pad", std::nullopt}};
  for (const Member& member : members) {
    PLUMB_ASSIGN_OR_RETURN(const PerInput per,
                           Distribute(given.*member.text, member.what, member.neutral, names));
    // To say that values stay as they are does not say that they are pictures.
    const std::optional<std::string>& text = given.*member.text;
    statements.any = statements.any || (text.has_value() && text != member.neutral);
    for (size_t i = 0; i < names.size(); ++i) {
      const auto place = std::find_if(places.begin(), places.end(), [&](const Place& p) {
        return p.input.input == static_cast<int32_t>(i);
      });
      if (place != places.end()) {
        // An order of colours for several inputs is for those that have colours.
        const bool grey = member.text == &PictureOptions::color && place->channels == 1 &&
                          places.size() > 1 && !per.named.contains(i);
        statements.inputs[i].*member.text = grey ? std::nullopt : per.values[i];
        continue;
      }
      // Of an input that takes no pictures only what would change nothing can be said.
      const std::string& value = per.values[i].value_or("");
      std::vector<float> numbers;
      if (per.stated_alone.contains(i) && !value.empty() && member.neutral) {
        PLUMB_ASSIGN_OR_RETURN(numbers, ParseNumbers(value, ',', member.what));
      }
      const float neutral = member.neutral == "1" ? 1.0F : 0.0F;
      if (std::any_of(numbers.begin(), numbers.end(), [&](float n) { return n != neutral; })) {
        return UsageError(
            member.what, ": ", value, " given for input '", names[i],
            "', which does not have the shape of a picture (rank 4, 1 or 3 channels)");
      }
    }
  }
  return statements;
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
  const std::vector<Place> places = FindPictureInputs(graph, why_not);
  PLUMB_ASSIGN_OR_RETURN(const Statements statements, StatementsOf(options.picture, graph, places));
  const bool stated = options.decode.has_value();
  // Of several inputs with such a shape it is the user who says that they take pictures.
  if (places.size() > 1 && !statements.any) {
    why_not = StrCat(places.size(),
                     " inputs have the shape of a picture; --mean, --std or --color "
                     "with NAME= say which take them");
  }
  if (places.empty() || (places.size() > 1 && !statements.any)) {
    if ((stated && options.decode->family != Family::kNone) || statements.any) {
      return UsageError("pictures cannot be fed to this network: ", why_not);
    }
    out.why = why_not;
    return out;
  }
  const bool none = stated && options.decode->family == Family::kNone;
  const Place& first = places.front();
  Evidence evidence{FactsOf(graph), first.input.width, first.input.height,
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
    if (const Status anchors = SettleAnchors(decode); !anchors.ok()) {
      if (stated) {
        return anchors;
      }
      // Outputs that nothing is said of are tensors, as they are.
      out.why = StrCat(out.why, ", but ", anchors.message());
      decode = {};
    } else {
      MarkSources(evidence.given, decode);
    }
  }
  PLUMB_RETURN_IF_ERROR(FillLabels(options, decode));
  for (const Place& place : places) {
    const PictureOptions& given = statements.inputs[static_cast<size_t>(place.input.input)];
    if (places.size() > 1 && !given.color && !given.mean && !given.std && !given.resize &&
        !given.pad) {
      continue;  // a tensor
    }
    PLUMB_RETURN_IF_ERROR(FillPicture(given, place, defaults, decode.family == Family::kClassifier,
                                      out.io.pictures.emplace_back()));
  }
  if (vision::IsDetector(decode.family)) {
    std::vector<Shape> shapes;
    for (const OutputFacts& o : evidence.outputs) {
      shapes.push_back(o.shape);
    }
    if (const Status fits =
            vision::CheckDecode(decode, shapes, first.input.width, first.input.height);
        !fits.ok()) {
      return stated ? UsageError(fits.message()) : fits;
    }
  }
  return out;
}

}  // namespace plumb::contract
