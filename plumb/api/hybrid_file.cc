#include "plumb/api/hybrid_file.h"

#include <cmath>

#include "plumb/api/yaml_tree.h"
#include "plumb/base/npy.h"
#include "plumb/base/number_text.h"

namespace plumb {
namespace {

using Kind = YamlNode::Kind;

constexpr uint64_t kMostBytes = uint64_t{16} << 20;

template <typename... Args>
Status Wrong(const YamlNode& node, const Args&... args) {
  return UsageError("line ", node.line, ": ", args...);
}

Status TakeTypes(const YamlNode& map, quant::QuantizeOptions& options) {
  for (size_t i = 0; i < map.items.size(); ++i) {
    const YamlNode& node = map.items[i];
    const std::string type = node.text == "float16" ? "float" : node.text;
    const auto parsed = quant::LayerTypeFromName(node.kind == Kind::kText ? type : "");
    if (!parsed.ok()) {
      return Wrong(node, "'", map.keys[i], "': expected int8, int16 or float, found '",
                   node.text.substr(0, 40), "'");
    }
    options.hybrid[map.keys[i]] = *parsed;
  }
  return {};
}

Status TakeRanges(const YamlNode& map, quant::QuantizeOptions& options) {
  for (size_t i = 0; i < map.items.size(); ++i) {
    const YamlNode& node = map.items[i];
    quant::Range range;
    const bool two = node.kind == Kind::kList && node.items.size() == 2 &&
                     NumberFrom(node.items[0].text, range.lo) &&
                     NumberFrom(node.items[1].text, range.hi);
    if (!two || !std::isfinite(range.lo) || !std::isfinite(range.hi) || !(range.lo < range.hi)) {
      return Wrong(node, "range of '", map.keys[i],
                   "': expected [lowest, highest], two finite numbers, the first less than the "
                   "second");
    }
    options.grids.ranges[map.keys[i]] = range;
  }
  return {};
}

}  // namespace

Status ParseHybrid(std::string_view text, quant::QuantizeOptions& options) {
  PLUMB_ASSIGN_OR_RETURN(const YamlNode root, ParseYaml(text));
  if (root.kind != Kind::kMap) {
    return Wrong(root,
                 "expected 'layers:' with names and types, and 'ranges:' where you want them");
  }
  for (size_t i = 0; i < root.items.size(); ++i) {
    const std::string& key = root.keys[i];
    const YamlNode& node = root.items[i];
    const bool types = key == "layers" || key == "custom_quantize_layers";
    if (!types && key != "ranges") {
      return Wrong(node, "'", key.substr(0, 60),
                   "' is not known; expected layers (or custom_quantize_layers) and ranges");
    }
    if (node.kind == Kind::kText && node.text.empty()) {
      continue;  // nothing below the key
    }
    if (node.kind != Kind::kMap) {
      return Wrong(node, "'", key, "': expected names, each with its ",
                   types ? "type: int8, int16 or float" : "[lowest, highest]");
    }
    PLUMB_RETURN_IF_ERROR(types ? TakeTypes(node, options) : TakeRanges(node, options));
  }
  return {};
}

Status ReadHybridFile(const std::string& path, quant::QuantizeOptions& options) {
  PLUMB_ASSIGN_OR_RETURN(const std::vector<std::byte> bytes, ReadFileBytes(path, kMostBytes));
  return ParseHybrid({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, options)
      .WithContext(StrCat("--hybrid ", path));
}

}  // namespace plumb
