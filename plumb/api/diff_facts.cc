#include "plumb/api/diff_facts.h"

#include <algorithm>
#include <map>

#include "plumb/base/number_text.h"
#include "plumb/vision/decode.h"

namespace plumb {
namespace {

using Lines = std::vector<std::string>;

template <typename T>
std::string ListText(const std::vector<T>& list) {
  std::string text;
  for (const T& item : list) {
    text += (text.empty() ? "" : ",") + NumberText(item);
  }
  return text.empty() ? "none" : text;
}

std::string Shortened(const std::string& text) {
  constexpr size_t kMost = 80;
  return text.size() <= kMost ? text : text.substr(0, kMost) + "...";
}

class FactLines {
 public:
  void Compare(const std::string& what, const std::string& a, const std::string& b) {
    if (a != b) {
      lines.push_back(StrCat(what, " ", Shortened(a), " -> ", Shortened(b)));
    }
  }
  template <typename T>
  requires std::is_arithmetic_v<T>
  void Compare(const std::string& what, T a, T b) { Compare(what, NumberText(a), NumberText(b)); }
  template <typename T>
  void Compare(const std::string& what, const std::vector<T>& a, const std::vector<T>& b) {
    Compare(what, ListText(a), ListText(b));
  }
  void Choice(const std::string& what, bool a, bool b, std::string_view yes, std::string_view no) {
    Compare(what, std::string(a ? yes : no), std::string(b ? yes : no));
  }
  Lines lines;
};

// Lists of names as sets with counts: what is only on one side.
Lines CompareLists(const Lines& a, const Lines& b) {
  std::map<std::string, int> count;
  for (const std::string& item : a) {
    ++count[item];
  }
  for (const std::string& item : b) {
    --count[item];
  }
  Lines lines;
  for (const auto& [item, surplus] : count) {
    if (surplus != 0) {
      lines.push_back(StrCat(surplus > 0 ? "only in a: " : "only in b: ", item));
    }
  }
  if (lines.empty() && a != b) {
    lines.emplace_back("the same ones in another order");
  }
  return lines;
}

std::string Maker(const artifact::Provenance& p) {
  return StrCat(p.tool, " ", p.version, " (", p.commit, ")");
}

// Option by option; those that may be repeated are joined.
std::map<std::string, std::string> OptionMap(const artifact::Provenance& p) {
  std::map<std::string, std::string> map;
  for (const auto& [key, value] : p.options) {
    std::string& text = map[key];
    text += (text.empty() ? "" : ", ") + value;
  }
  return map;
}

Lines CompareRecipe(const artifact::Provenance& a, const artifact::Provenance& b) {
  FactLines facts;
  facts.Compare("made by", Maker(a), Maker(b));
  if (a.model.sha256 != b.model.sha256) {
    facts.lines.push_back(StrCat("made of another model: ", a.model.name, " (",
                                 a.model.sha256.substr(0, 12), "..) -> ", b.model.name, " (",
                                 b.model.sha256.substr(0, 12), "..)"));
  }
  auto left = OptionMap(a), right = OptionMap(b);
  for (const auto& [key, value] : right) {
    left.emplace(key, "not stated");
  }
  for (const auto& [key, value] : left) {
    facts.Compare(key, value, right.contains(key) ? right[key] : "not stated");
  }
  auto notes = b.notes;
  for (const auto& [key, value] : a.notes) {
    facts.Compare(key, value, notes.contains(key) ? notes[key] : "not stated");
    notes.erase(key);
  }
  for (const auto& [key, value] : notes) {
    facts.Compare(key, "not stated", value);
  }
  return facts.lines;
}

Lines CompareCalibration(const artifact::Provenance& a, const artifact::Provenance& b) {
  const auto names = [](const artifact::Provenance& p) {
    Lines files;
    for (const artifact::FileDigest& file : p.calibration) {
      files.push_back(StrCat(file.name, " (", file.sha256.substr(0, 12), "..)"));
    }
    return files;
  };
  Lines lines = CompareLists(names(a), names(b));
  constexpr size_t kShown = 6;
  if (lines.size() > kShown) {
    const size_t more = lines.size() - kShown;
    lines.resize(kShown);
    lines.push_back(StrCat("and ", more, " files more"));
  }
  return lines;
}

Lines CompareQuality(const artifact::Quality& a, const artifact::Quality& b) {
  constexpr std::string_view kOutcomes[] = {"not run", "pass", "warning", "failure"};
  FactLines facts;
  facts.Compare("verdict", std::string(kOutcomes[static_cast<size_t>(a.verdict) & 3]),
                std::string(kOutcomes[static_cast<size_t>(b.verdict) & 3]));
  for (const auto& [key, value] : a.numbers) {
    if (const auto other = b.numbers.find(key); other != b.numbers.end()) {
      facts.Compare(key, StrCat(value), StrCat(other->second));
    }
  }
  const auto kept = [](const artifact::Quality& q) {
    Lines names;
    for (const artifact::KeptFloat& layer : q.kept_float) {
      names.push_back(StrCat("kept in float: ", layer.name));
    }
    return names;
  };
  Lines lines = CompareLists(kept(a), kept(b));
  facts.lines.insert(facts.lines.end(), lines.begin(), lines.end());
  return facts.lines;
}

}  // namespace

std::vector<std::string> CompareIo(const artifact::IoContract& a, const artifact::IoContract& b) {
  if (a.pictures.size() != b.pictures.size()) {
    return {StrCat("picture inputs ", a.pictures.size(), " -> ", b.pictures.size())};
  }
  FactLines facts;
  for (size_t i = 0; i < a.pictures.size(); ++i) {
    const artifact::PictureInput& x = a.pictures[i];
    const artifact::PictureInput& y = b.pictures[i];
    facts.Compare("input", x.input, y.input);
    facts.Compare("width", x.width, y.width);
    facts.Compare("height", x.height, y.height);
    facts.Choice("layout", x.layout == artifact::PictureLayout::kNchw,
                 y.layout == artifact::PictureLayout::kNchw, "nchw", "nhwc");
    facts.Compare("color", std::string(contract::ColorName(x.color)),
                  std::string(contract::ColorName(y.color)));
    facts.Compare("mean", x.mean, y.mean);
    facts.Compare("std", x.std, y.std);
    facts.Compare("resize", contract::ResizeName(x.resize), contract::ResizeName(y.resize));
    facts.Compare("pad", x.pad, y.pad);
    facts.Compare("crop side", x.crop_short, y.crop_short);
  }
  return facts.lines;
}

std::vector<std::string> CompareDecode(const artifact::DecodeContract& a,
                                       const artifact::DecodeContract& b) {
  FactLines facts;
  facts.Compare("family", std::string(vision::FamilyName(a.family)),
                std::string(vision::FamilyName(b.family)));
  facts.Choice("sigmoid", a.scores_activated, b.scores_activated, "in_graph", "raw");
  facts.Choice("boxes", a.boxes_decoded, b.boxes_decoded, "in_graph", "raw");
  facts.Compare("classes", a.classes, b.classes);
  facts.Compare("reg_max", a.reg_max, b.reg_max);
  facts.Compare("strides", a.strides, b.strides);
  facts.Compare("score", a.score_threshold, b.score_threshold);
  facts.Compare("iou", a.iou_threshold, b.iou_threshold);
  facts.Choice("nms", a.class_agnostic_nms, b.class_agnostic_nms, "agnostic", "class");
  facts.Compare("max", a.max_detections, b.max_detections);
  if (a.outputs.size() != b.outputs.size()) {
    facts.Compare("decoded outputs", a.outputs.size(), b.outputs.size());
    return facts.lines;
  }
  for (size_t i = 0; i < a.outputs.size(); ++i) {
    const artifact::DecodeOutput& x = a.outputs[i];
    const artifact::DecodeOutput& y = b.outputs[i];
    const std::string output = StrCat("output ", x.output, " ");
    facts.Compare(output + "is output", x.output, y.output);
    facts.Compare(output + "role", static_cast<int>(x.role), static_cast<int>(y.role));
    facts.Compare(output + "layout", static_cast<int>(x.layout), static_cast<int>(y.layout));
    facts.Compare(output + "stride", x.stride, y.stride);
    facts.Compare(output + "anchors", x.anchors, y.anchors);
  }
  for (size_t i = 0; i < std::min(a.labels.size(), b.labels.size()); ++i) {
    facts.Compare(StrCat("label ", i), a.labels[i], b.labels[i]);
  }
  return facts.lines;
}

std::vector<DiffSection> CompareFacts(const Model& a, const Model& b) {
  std::vector<DiffSection> sections;
  const auto add = [&](std::string title, Lines lines) {
    if (!lines.empty()) {
      sections.push_back({std::move(title), std::move(lines)});
    }
  };
  if (a.is_artifact && b.is_artifact) {
    const artifact::Provenance& x = a.artifact->provenance;
    const artifact::Provenance& y = b.artifact->provenance;
    add("recipe", CompareRecipe(x, y));
    add("calibration", CompareCalibration(x, y));
    add("passes", CompareLists(x.passes, y.passes));
  }
  add("I/O contract", CompareIo(a.io, b.io));
  add("decode contract", CompareDecode(a.decode, b.decode));
  if (a.is_artifact && b.is_artifact) {
    add("quality record", CompareQuality(a.artifact->quality, b.artifact->quality));
  }
  return sections;
}

}  // namespace plumb
