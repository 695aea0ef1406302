// YAML from strangers as a tree: lists, maps with plain keys, texts. No anchors, aliases or tags, so
// that a small file stays small in memory; depth and number of nodes are limited.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "plumb/base/status.h"

namespace plumb {

struct YamlNode {
  enum class Kind { kText, kList, kMap };
  Kind kind = Kind::kText;
  int line = 0;                   // from 1
  std::string text;               // kText
  std::vector<std::string> keys;  // kMap: one each an item, all different
  std::vector<YamlNode> items;    // kList, kMap

  // The value of a key of a map; nullptr when absent, or when this is no map.
  [[nodiscard]] const YamlNode* Find(std::string_view key) const;
};

// One document. Errors (usage) say where and what.
[[nodiscard]] Result<YamlNode> ParseYaml(std::string_view text);

}  // namespace plumb
