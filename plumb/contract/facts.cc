// The contracts in words.
#include <algorithm>

#include "plumb/contract/recognize.h"
#include "plumb/vision/decode.h"

namespace plumb::contract {
namespace {

using artifact::Color;
using artifact::DecodeContract;
using artifact::Family;
using artifact::OutputRole;
using artifact::PictureInput;
using artifact::ResizeRule;
using artifact::Source;

template <typename T>
std::string List(const std::vector<T>& values, std::string_view separator) {
  std::string out;
  for (const T& v : values) {
    out += (out.empty() ? "" : std::string(separator)) + StrCat(v);
  }
  return out;
}

// One number where all channels have the same.
std::string PerChannel(const std::vector<float>& values) {
  const bool same =
      std::all_of(values.begin(), values.end(), [&](float v) { return v == values[0]; });
  return same && !values.empty() ? StrCat(values[0]) : List(values, ",");
}

void PictureFacts(const PictureInput& in, std::vector<Fact>& out) {
  const bool nchw = in.layout == artifact::PictureLayout::kNchw;
  out.push_back({"input size", StrCat(in.width, "x", in.height, " ", nchw ? "nchw" : "nhwc"),
                 Source::kRecognized, ""});
  out.push_back({"color", std::string(ColorName(in.color)), in.color_source, ""});
  out.push_back(
      {"mean", PerChannel(in.mean), in.mean_source, "subtracted from pixel values 0..255"});
  out.push_back({"std", PerChannel(in.std), in.std_source, "divides what is left"});
  std::string resize = ResizeName(in.resize);
  if (in.crop_short != 0) {
    resize += StrCat(":", in.crop_short);
  }
  out.push_back({"resize", resize, in.resize_source, ""});
  if (in.resize == ResizeRule::kLetterbox || in.resize == ResizeRule::kLetterboxCorner) {
    out.push_back({"pad", StrCat(in.pad), in.pad_source, ""});
  }
}

void DetectorFacts(const DecodeContract& d, std::vector<Fact>& out) {
  out.push_back({"scores", d.scores_activated ? "sigmoid or softmax in the graph" : "raw",
                 d.scores_source, ""});
  out.push_back({"boxes", d.boxes_decoded ? "decoded in the graph" : "decoded by Plumb",
                 d.family_source, ""});
  if (!d.strides.empty()) {
    out.push_back({"strides", List(d.strides, ":"), d.strides_source, ""});
  }
  std::vector<float> anchors;
  for (const auto& o : d.outputs) {
    anchors.insert(anchors.end(), o.anchors.begin(), o.anchors.end());
  }
  if (!anchors.empty()) {
    out.push_back({"anchors", List(anchors, ":"), d.anchors_source, "pixels of the input"});
  }
}

}  // namespace

std::string_view SourceName(Source source) {
  switch (source) {
    case Source::kAssumed:
      return "assumed";
    case Source::kRecognized:
      return "recognised";
    case Source::kGiven:
      return "given";
    case Source::kUnknown:
      break;
  }
  return "unknown";
}

std::string_view ColorName(Color color) {
  switch (color) {
    case Color::kRgb:
      return "rgb";
    case Color::kBgr:
      return "bgr";
    case Color::kGray:
      return "gray";
  }
  return "unknown";
}

std::string ResizeName(ResizeRule rule) {
  switch (rule) {
    case ResizeRule::kLetterbox:
      return "letterbox";
    case ResizeRule::kLetterboxCorner:
      return "letterbox-corner";
    case ResizeRule::kStretch:
      return "stretch";
    case ResizeRule::kCrop:
      return "crop";
  }
  return "unknown";
}

std::vector<Fact> Facts(const artifact::IoContract& io, const DecodeContract& decode) {
  std::vector<Fact> out;
  for (const PictureInput& in : io.pictures) {
    PictureFacts(in, out);
  }
  if (decode.family != Family::kNone) {
    out.push_back(
        {"family", std::string(vision::FamilyName(decode.family)), decode.family_source, ""});
    if (vision::IsDetector(decode.family)) {
      DetectorFacts(decode, out);
    }
    out.push_back({"classes", StrCat(decode.classes), decode.classes_source, ""});
    out.push_back({"labels",
                   decode.labels.empty()
                       ? ""
                       : StrCat(decode.labels.front(), decode.labels.size() > 1 ? ", ..." : ""),
                   decode.labels_source, ""});
  }
  return out;
}

}  // namespace plumb::contract
