#include "plumb/api/yaml_tree.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <sstream>
#include <utility>

namespace plumb {
namespace {

constexpr size_t kMostDepth = 16;
constexpr size_t kMostNodes = size_t{1} << 19;
constexpr size_t kMostKeys = 64;  // of one map: they are looked for one by one

class Builder : public YAML::EventHandler {
 public:
  void OnDocumentStart(const YAML::Mark& mark) override {
    Refuse(mark, std::exchange(started_, true), "a second document");
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    Add(mark, anchor, YamlNode::Kind::kText);
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    Refuse(mark, true, "an alias (*name)");
  }
  void OnScalar(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                const std::string& value) override {
    if (!open_.empty() && open_.back()->kind == YamlNode::Kind::kMap && !has_key_) {
      Refuse(mark, anchor != 0, "an anchor (&name)");
      const auto& keys = open_.back()->keys;
      Refuse(mark, std::find(keys.begin(), keys.end(), value) != keys.end(),
             "a key that is there already");
      Refuse(mark, keys.size() >= kMostKeys, "more keys than any lock has");
      open_.back()->keys.push_back(value);
      has_key_ = true;
      return;
    }
    Add(mark, anchor, YamlNode::Kind::kText)->text = value;
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    Open(mark, anchor, YamlNode::Kind::kList);
  }
  void OnSequenceEnd() override { Close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    Open(mark, anchor, YamlNode::Kind::kMap);
  }
  void OnMapEnd() override { Close(); }

  YamlNode root;

 private:
  static void Refuse(const YAML::Mark& mark, bool refused, const char* what) {
    if (refused) {
      throw YAML::ParserException(mark, std::string("found ") + what);
    }
  }
  YamlNode* Add(const YAML::Mark& mark, YAML::anchor_t anchor, YamlNode::Kind kind) {
    Refuse(mark, anchor != 0, "an anchor (&name)");
    Refuse(mark, ++nodes_ > kMostNodes, "more entries than any lock has");
    YamlNode* node = &root;
    if (!open_.empty()) {
      Refuse(mark, open_.back()->kind == YamlNode::Kind::kMap && !has_key_,
             "a key that is no plain text");
      has_key_ = false;
      node = &open_.back()->items.emplace_back();
    }
    node->kind = kind;
    node->line = mark.line + 1;
    return node;
  }
  // Nodes that are open stay where they are: only the last item of each is open.
  void Open(const YAML::Mark& mark, YAML::anchor_t anchor, YamlNode::Kind kind) {
    YamlNode* node = Add(mark, anchor, kind);
    Refuse(mark, open_.size() >= kMostDepth, "lists within lists deeper than any lock has");
    open_.push_back(node);
  }
  void Close() { open_.pop_back(); }

  std::vector<YamlNode*> open_;
  bool has_key_ = false;  // of the innermost map: a key without its value
  bool started_ = false;
  size_t nodes_ = 0;
};

}  // namespace

const YamlNode* YamlNode::Find(std::string_view key) const {
  for (size_t i = 0; i < keys.size(); ++i) {
    if (keys[i] == key) {
      return &items[i];
    }
  }
  return nullptr;
}

Result<YamlNode> ParseYaml(std::string_view text) {
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    Builder builder;
    while (parser.HandleNextDocument(builder)) {
    }
    return std::move(builder.root);
  } catch (const YAML::Exception& error) {
    return UsageError("not valid YAML: ", error.what());
  }
}

}  // namespace plumb
