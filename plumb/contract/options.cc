#include "plumb/contract/options.h"

#include <charconv>
#include <cmath>

#include "plumb/base/number_text.h"
#include "plumb/vision/decode.h"

namespace plumb::contract {
namespace {

std::vector<std::string_view> Split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (size_t begin = 0;;) {
    const size_t end = text.find(separator, begin);
    parts.push_back(text.substr(begin, end - begin));
    if (end == std::string_view::npos) {
      return parts;
    }
    begin = end + 1;
  }
}

Status ParseInt(std::string_view key, std::string_view text, int32_t least, int32_t most,
                std::optional<int32_t>& out) {
  int32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < least || value > most) {
    return UsageError("decode: ", key, "=: a whole number from ", least, " to ", most,
                      " expected, found '", text, "'");
  }
  out = value;
  return {};
}

Status ParseShare(std::string_view key, std::string_view text, std::optional<float>& out) {
  PLUMB_ASSIGN_OR_RETURN(const std::vector<float> v,
                         ParseNumbers(text, ':', StrCat("decode: ", key, "=")));
  if (v.size() != 1 || v[0] < 0 || v[0] > 1) {
    return UsageError("decode: ", key, "=: a number from 0 to 1 expected, found '", text, "'");
  }
  out = v[0];
  return {};
}

Status ParseChoice(std::string_view key, std::string_view text, std::string_view yes,
                   std::string_view no, std::optional<bool>& out) {
  if (text != yes && text != no) {
    return UsageError("decode: ", key, "=: '", yes, "' or '", no, "' expected, found '", text, "'");
  }
  out = text == yes;
  return {};
}

Status ParseAnchors(std::string_view text, DecodeOptions& out) {
  PLUMB_ASSIGN_OR_RETURN(out.anchors, ParseNumbers(text, ':', "decode: anchors="));
  for (const float a : out.anchors) {
    if (!(a > 0)) {
      return UsageError("decode: anchors=: positive numbers expected, found ", a);
    }
  }
  if (out.anchors.size() % 2 != 0) {
    return UsageError("decode: anchors=: pairs of width and height expected, found ",
                      out.anchors.size(), " numbers");
  }
  return {};
}

Status ParseStrides(std::string_view text, DecodeOptions& out) {
  out.strides.clear();
  for (const std::string_view part : Split(text, ':')) {
    std::optional<int32_t> stride;
    PLUMB_RETURN_IF_ERROR(ParseInt("strides", part, 1, 4096, stride));
    if (!out.strides.empty() && *stride <= out.strides.back()) {
      return UsageError("decode: strides=: ascending numbers expected, found '", text, "'");
    }
    out.strides.push_back(*stride);
  }
  return {};
}

using Out = DecodeOptions;
using Text = std::string_view;

struct KeyRow {
  std::string_view name;
  Status (*parse)(Text value, Out& out);
};

const KeyRow kKeys[] = {
    {"anchors", ParseAnchors},
    {"strides", ParseStrides},
    {"sigmoid",
     [](Text v, Out& o) { return ParseChoice("sigmoid", v, "in_graph", "raw", o.sigmoid); }},
    {"boxes", [](Text v, Out& o) { return ParseChoice("boxes", v, "in_graph", "raw", o.decoded); }},
    {"classes", [](Text v, Out& o) { return ParseInt("classes", v, 1, 100000, o.classes); }},
    {"reg_max", [](Text v, Out& o) { return ParseInt("reg_max", v, 1, 1024, o.reg_max); }},
    {"score", [](Text v, Out& o) { return ParseShare("score", v, o.score); }},
    {"iou", [](Text v, Out& o) { return ParseShare("iou", v, o.iou); }},
    {"nms", [](Text v, Out& o) { return ParseChoice("nms", v, "agnostic", "class", o.agnostic); }},
    {"max", [](Text v, Out& o) { return ParseInt("max", v, 1, 100000, o.max_boxes); }},
};

}  // namespace

Result<std::vector<float>> ParseNumbers(std::string_view text, char separator,
                                        std::string_view what) {
  std::vector<float> out;
  for (const std::string_view part : Split(text, separator)) {
    float value = 0;
    const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), value);
    if (error != std::errc() || end != part.data() + part.size() || !std::isfinite(value)) {
      return UsageError(what, ": numbers separated by '", separator, "' expected, found '", text,
                        "'");
    }
    out.push_back(value);
  }
  return out;
}

Result<DecodeOptions> ParseDecode(std::string_view text) {
  DecodeOptions out;
  const std::vector<std::string_view> parts = Split(text, ',');
  PLUMB_ASSIGN_OR_RETURN(out.family, vision::FamilyFromName(parts[0]));
  for (size_t i = 1; i < parts.size(); ++i) {
    const size_t equals = parts[i].find('=');
    const std::string_view key = parts[i].substr(0, equals);
    const KeyRow* found = nullptr;
    std::string known;
    for (const KeyRow& row : kKeys) {
      found = row.name == key ? &row : found;
      known += (known.empty() ? "" : ", ") + std::string(row.name);
    }
    if (found == nullptr || equals == std::string_view::npos) {
      return UsageError("decode: key=value expected, found '", parts[i], "'; keys are ", known);
    }
    PLUMB_RETURN_IF_ERROR(found->parse(parts[i].substr(equals + 1), out));
  }
  return out;
}

std::string DecodeText(const DecodeOptions& options) {
  std::string text(vision::FamilyName(options.family));
  const auto add = [&](std::string_view key, const std::string& value) {
    text += StrCat(",", key, "=", value);
  };
  const auto list = [&](std::string_view key, const auto& numbers) {
    std::string joined;
    for (const auto& number : numbers) {
      joined += (joined.empty() ? "" : ":") + NumberText(number);
    }
    if (!joined.empty()) {
      add(key, joined);
    }
  };
  const auto number = [&](std::string_view key, const auto& value) {
    if (value) {
      add(key, NumberText(*value));
    }
  };
  const auto choice = [&](std::string_view key, std::optional<bool> value, std::string_view yes,
                          std::string_view no) {
    if (value) {
      add(key, std::string(*value ? yes : no));
    }
  };
  list("anchors", options.anchors);
  list("strides", options.strides);
  choice("sigmoid", options.sigmoid, "in_graph", "raw");
  choice("boxes", options.decoded, "in_graph", "raw");
  number("classes", options.classes);
  number("reg_max", options.reg_max);
  number("score", options.score);
  number("iou", options.iou);
  choice("nms", options.agnostic, "agnostic", "class");
  number("max", options.max_boxes);
  return text;
}

}  // namespace plumb::contract
