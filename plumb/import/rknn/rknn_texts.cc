// The texts in a file of the RKNN stack.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "plumb/import/rknn/rknn_parts.h"

namespace plumb::rknn {
namespace {

using Json = nlohmann::json;

Json Parse(std::string_view text) { return Json::parse(text, nullptr, false); }

// Text of a Python literal made of dicts, lists, tuples, strings, numbers, True, False and None, as JSON.
std::string JsonOfPython(std::string_view text) {
  std::string json;
  for (size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '\'' || c == '"') {
      json += '"';
      for (++at; at < text.size() && text[at] != c; ++at) {
        if (text[at] == '\\' && at + 1 < text.size()) {
          ++at;
          json += text[at] == '\'' ? "'" : std::string("\\") + text[at];
        } else {
          json += text[at] == '"' ? "\\\"" : std::string(1, text[at]);
        }
      }
      json += '"';
    } else if (text.substr(at).starts_with("True")) {
      json += "true";
      at += 3;
    } else if (text.substr(at).starts_with("False")) {
      json += "false";
      at += 4;
    } else if (text.substr(at).starts_with("None")) {
      json += "null";
      at += 3;
    } else {
      json += c == '(' ? '[' : c == ')' ? ']' : c;
    }
  }
  return json;
}

// "": the key is missing, or its value no text.
std::string TextAt(const Json& object, const char* key) {
  const auto found = object.is_object() ? object.find(key) : object.end();
  return object.is_object() && found != object.end() && found->is_string()
             ? found->get<std::string>()
             : std::string();
}

template <typename T>
std::vector<T> NumbersAt(const Json& object, const char* key) {
  std::vector<T> numbers;
  if (object.is_object() && object.contains(key) && object[key].is_array()) {
    for (const Json& value : object[key]) {
      if (value.is_number()) {
        numbers.push_back(value.get<T>());
      }
    }
  }
  return numbers;
}

// What the user's calls see, by name.
void AddUserView(std::string_view text, std::vector<Port>& ports, Facts& facts) {
  if (text.empty()) {
    return;
  }
  const Json json = Parse(text);
  if (!json.is_object()) {
    facts.notes.push_back("types and layouts of inputs or outputs are written in an unknown form");
    return;
  }
  for (Port& port : ports) {
    if (json.contains(port.name)) {
      const Json& view = json[port.name];
      const std::string dtype = TextAt(view, "dtype"), layout = TextAt(view, "layout");
      port.dtype = dtype.empty() ? port.dtype : dtype;
      port.layout = layout.empty() ? port.layout : layout;
    }
  }
}

Port PortOf(const Json& tensor) {
  Port port;
  port.name = TextAt(tensor, "url");
  port.shape = NumbersAt<int64_t>(tensor, "size");
  if (tensor.is_object() && tensor.contains("dtype")) {
    const Json& dtype = tensor["dtype"];
    port.dtype = TextAt(dtype, "vx_type");
    port.quantized_type = TextAt(dtype, "qnt_type");
    port.method = TextAt(dtype, "qnt_method");
    port.scale = NumbersAt<float>(dtype, "scale");
    port.zero_point = NumbersAt<int64_t>(dtype, "zero_point");
  }
  return port;
}

// Inputs and outputs of the graph that the description draws; only used where the payload told of none.
void AddPorts(const Json& json, Facts& facts) {
  if (!json.contains("graph") || !json["graph"].is_array() || !json.contains("norm_tensor") ||
      !json["norm_tensor"].is_array()) {
    return;
  }
  for (const Json& edge : json["graph"]) {
    const std::string side = TextAt(edge, "left");
    if (!edge.is_object() || !edge.contains("right_tensor_id") ||
        (side != "input" && side != "output")) {
      continue;
    }
    for (const Json& tensor : json["norm_tensor"]) {
      if (tensor.is_object() && tensor.contains("tensor_id") &&
          tensor["tensor_id"] == edge["right_tensor_id"]) {
        (side == "input" ? facts.inputs : facts.outputs).push_back(PortOf(tensor));
        break;
      }
    }
  }
}

}  // namespace

void AddTrailingJson(std::string_view text, Facts& facts) {
  const Json json = Parse(text);
  if (!json.is_object()) {
    facts.notes.push_back("the description behind the payload is no JSON object");
    return;
  }
  facts.name = TextAt(json, "name");
  if (facts.toolkit.empty()) {
    facts.toolkit = TextAt(json, "version");
  }
  if (json.contains("target_platform") && json["target_platform"].is_array()) {
    for (const Json& target : json["target_platform"]) {
      if (target.is_string() &&
          std::find(facts.targets.begin(), facts.targets.end(), target) == facts.targets.end()) {
        facts.targets.push_back(target);
      }
    }
  }
  for (const char* key : {"ori_network_platform", "network_platform"}) {
    if (facts.framework.empty()) {
      facts.framework = TextAt(json, key);
    }
  }
  if (facts.inputs.empty() && facts.outputs.empty()) {
    AddPorts(json, facts);
  }
  if (facts.nodes.empty() && json.contains("nodes") && json["nodes"].is_array()) {
    for (const Json& node : json["nodes"]) {
      facts.nodes.emplace_back(TextAt(node, "op"), TextAt(node, "name"));
    }
  }
}

void AddPortTexts(std::string_view ports, std::string_view inputs, std::string_view outputs,
                  Facts& facts) {
  AddUserView(inputs, facts.inputs, facts);
  AddUserView(outputs, facts.outputs, facts);
  if (ports.empty()) {
    return;
  }
  const Json json = Parse(JsonOfPython(ports));
  if (!json.is_object() || !json.contains("attrs") || !json["attrs"].is_object()) {
    facts.notes.push_back("mean, std and colour order are written in an unknown form");
    return;
  }
  for (Port& port : facts.inputs) {
    if (!json["attrs"].contains(port.name)) {
      continue;
    }
    const Json& attributes = json["attrs"][port.name];
    port.mean = NumbersAt<double>(attributes, "mean");
    port.std = NumbersAt<double>(attributes, "std");
    if (attributes.is_object() && attributes.contains("rgb2bgr") &&
        attributes["rgb2bgr"].is_boolean()) {
      port.swaps_colors = attributes["rgb2bgr"].get<bool>();
    }
  }
}

}  // namespace plumb::rknn
