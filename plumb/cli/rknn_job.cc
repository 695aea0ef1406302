#include "plumb/cli/rknn_job.h"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <optional>

#include "plumb/api/yaml_tree.h"
#include "plumb/base/npy.h"
#include "plumb/cli/rknn_spelling.h"

namespace plumb::cli {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMostBytes = size_t{1} << 20;

class Reader {
 public:
  explicit Reader(const std::string& path) : path_(path) {}

  Result<RknnJob> Read(const YamlNode& root) {
    const YamlNode* const models = root.Find("models");
    if (models == nullptr || models->kind != YamlNode::Kind::kMap) {
      return UsageError(path_, ": expected 'models:' with name, platform and the model's file");
    }
    for (size_t i = 0; i < models->keys.size(); ++i) {
      PLUMB_RETURN_IF_ERROR(Take(models->keys[i], models->items[i]));
    }
    return Finish();
  }

 private:
  Status Take(const std::string& key, const YamlNode& node) {
    if (key == "subgraphs" || key == "configs") {
      for (size_t i = 0; i < node.items.size(); ++i) {
        if (node.kind != YamlNode::Kind::kMap) {
          return Wrong(node, key, "expected keys with values");
        }
        PLUMB_RETURN_IF_ERROR(key == "configs" ? TakeConfig(node.keys[i], node.items[i])
                                               : TakeSubgraph(node.keys[i], node.items[i]));
      }
      return {};
    }
    if (node.kind != YamlNode::Kind::kText) {
      return Wrong(node, key, "expected one value");
    }
    if (key == "name") {
      job_.name = node.text;
    } else if (key == "platform") {
      platform_ = node.text;
    } else if (key == "model_file_path") {
      job_.model = Beside(node.text);
    } else if (key == "quantize") {
      return SetFlag(node);
    } else if (key == "dataset") {
      dataset_ = Beside(node.text);
    } else if (!key.ends_with("_path")) {  // of formats that 'platform' tells of
      return Wrong(node, key,
                   "is not known; there are name, platform, model_file_path, subgraphs, quantize, "
                   "dataset, configs");
    }
    return {};
  }

  Status TakeSubgraph(const std::string& key, const YamlNode& node) {
    std::vector<std::string> texts;
    for (const YamlNode& item : node.items) {
      texts.push_back(Text(item));
    }
    if (node.kind == YamlNode::Kind::kText && !node.text.empty()) {
      texts = {node.text};
    }
    if (key == "inputs") {
      job_.inputs = std::move(texts);
    } else if (key == "input_size_list") {
      for (std::string& text : texts) {
        std::erase_if(text, [](char c) { return c == ' ' || c == '[' || c == ']'; });
        std::ranges::replace(text, ',', 'x');
        job_.shapes.push_back(text);
      }
    } else if (key == "outputs") {
      outputs_ = std::move(texts);
    } else {
      return Wrong(node, "subgraphs." + key,
                   "is not known; there are inputs, input_size_list, outputs");
    }
    return {};
  }

  Status TakeConfig(const std::string& key, const YamlNode& node) {
    normalised_ = normalised_ || key == "mean_values" || key == "std_values";
    const auto option = FromRknn(key, Text(node));
    if (!option.ok()) {
      return option.status().WithContext(StrCat(path_, ", line ", node.line));
    }
    if (!*option) {
      return Wrong(node, "configs." + key, "is no option of RKNN.config");
    }
    for (const auto& [name, value] : (*option)->options) {
      job_.words.push_back(StrCat("--", name, "=", value));
    }
    if (!(*option)->note.empty()) {
      job_.notes.push_back((*option)->note);
    }
    return {};
  }

  Status SetFlag(const YamlNode& node) {
    std::string flag = node.text;
    std::ranges::transform(flag, flag.begin(), [](unsigned char c) { return std::tolower(c); });
    if (flag != "true" && flag != "false") {
      return Wrong(node, "quantize", StrCat("expected True or False, found '", node.text, "'"));
    }
    quantize_ = flag == "true";
    return {};
  }

  Result<RknnJob> Finish() {
    if (job_.name.empty() || job_.name.find('/') != std::string::npos) {
      return UsageError(path_, ": models.name: expected a file name without folders, found '",
                        job_.name, "'");
    }
    if (platform_ != "onnx") {
      return InvalidModel(path_, ": models.platform: '", platform_,
                          "' models are not read yet; export the network to ONNX");
    }
    if (job_.model.empty()) {
      return UsageError(path_, ": models.model_file_path is missing");
    }
    if (!quantize_) {
      job_.words.emplace_back("--precision=fp32");
    } else if (dataset_.empty()) {
      return UsageError(path_, ": models.dataset is missing: quantization needs samples");
    } else {
      job_.words.insert(job_.words.end(), {"--calib=" + dataset_, "--raw-samples"});
    }
    if (!normalised_) {  // RKNN assumes nothing of a network's family
      job_.words.insert(job_.words.end(), {"--mean=0", "--std=1"});
    }
    if (!outputs_.empty()) {
      std::string names;
      for (const std::string& name : outputs_) {
        names += (names.empty() ? "" : ",") + name;
      }
      job_.words.push_back("--outputs=" + names);
    }
    return std::move(job_);
  }

  // A scalar as it stands, a list as "[1,2]".
  static std::string Text(const YamlNode& node) {
    if (node.kind != YamlNode::Kind::kList) {
      return node.text;
    }
    std::string text;
    for (const YamlNode& item : node.items) {
      text += (text.empty() ? "" : ",") + Text(item);
    }
    return "[" + text + "]";
  }

  [[nodiscard]] std::string Beside(const std::string& file) const {
    return fs::path(file).is_absolute()
               ? file
               : (fs::path(path_).parent_path() / file).lexically_normal().string();
  }

  [[nodiscard]] Status Wrong(const YamlNode& node, const std::string& key,
                             const std::string& what) const {
    return UsageError(path_, ", line ", node.line, ": ", key, ": ", what);
  }

  std::string path_;
  RknnJob job_;
  std::string platform_, dataset_;
  std::vector<std::string> outputs_;
  bool quantize_ = true, normalised_ = false;
};

}  // namespace

Result<RknnJob> ReadRknnJob(const std::string& path) {
  PLUMB_ASSIGN_OR_RETURN(const std::vector<std::byte> bytes, ReadFileBytes(path, kMostBytes));
  const auto root = ParseYaml({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  if (!root.ok()) {
    return root.status().WithContext(path);
  }
  return Reader(path).Read(*root);
}

}  // namespace plumb::cli
