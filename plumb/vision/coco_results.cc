#include "plumb/vision/coco_results.h"

#include <array>
#include <charconv>

#include "plumb/vision/coco_names.h"

namespace plumb::vision {
namespace {

void AppendNumber(std::string& out, float value) {
  char text[32];
  const auto [end, error] = std::to_chars(text, text + sizeof(text), value);
  out.append(text, error == std::errc() ? end : text);
}

void AppendString(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      constexpr char kHex[] = "0123456789abcdef";
      out += "\\u00";
      out += kHex[static_cast<unsigned char>(c) >> 4];
      out += kHex[static_cast<unsigned char>(c) & 15];
    } else {
      out += c;
    }
  }
  out += '"';
}

void AppendList(std::string& out, std::span<const float> values) {
  out += '[';
  for (size_t i = 0; i < values.size(); ++i) {
    out += i == 0 ? "" : ", ";
    AppendNumber(out, values[i]);
  }
  out += ']';
}

}  // namespace

int32_t CategoryId(int32_t label, int32_t classes) {
  return classes == kCocoClasses ? CocoId(label) : label + 1;
}

std::string CocoResultsJson(std::span<const CocoResult> results) {
  std::string out = "[";
  for (const CocoResult& r : results) {
    out += &r == results.data() ? "\n{" : ",\n{";
    if (r.image_id.has_value()) {
      out += "\"image_id\": " + std::to_string(*r.image_id) + ", ";
    }
    out += "\"file_name\": ";
    AppendString(out, r.file_name);
    out += ", \"category_id\": " + std::to_string(r.category_id) + ", \"bbox\": ";
    const Detection& d = r.detection;
    AppendList(out, std::array<float, 4>{d.x1, d.y1, d.x2 - d.x1, d.y2 - d.y1});
    out += ", \"score\": ";
    AppendNumber(out, d.score);
    if (!d.keypoints.empty()) {
      out += ", \"keypoints\": ";
      AppendList(out, d.keypoints);
    }
    out += '}';
  }
  return out + (results.empty() ? "]" : "\n]");
}

}  // namespace plumb::vision
