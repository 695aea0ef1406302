#include "plumb/api/inspect_rknn.h"

#include <algorithm>
#include <cstdio>
#include <map>

#include "plumb/base/tensor.h"

namespace plumb {
namespace {

using Json = nlohmann::ordered_json;

template <typename T>
void Add(Json& json, const char* key, const T& value) {
  if (!value.empty()) {
    json[key] = value;
  }
}

Json PortJson(const rknn::Port& port) {
  Json json = {{"name", port.name}, {"shape", port.shape}};
  Add(json, "dtype", port.dtype);
  Add(json, "layout", port.layout);
  Add(json, "quantized_type", port.quantized_type);
  Add(json, "method", port.method);
  Add(json, "scale", port.scale);
  Add(json, "zero_point", port.zero_point);
  Add(json, "min", port.min);
  Add(json, "max", port.max);
  Add(json, "mean", port.mean);
  Add(json, "std", port.std);
  if (port.swaps_colors) {
    json["swaps_red_and_blue"] = *port.swaps_colors;
  }
  if (port.device_bytes > 0) {
    json["device"] = {{"shape", port.device_shape}, {"bytes", port.device_bytes}};
  }
  return json;
}

std::string List(const Json& values) {
  std::string text;
  for (const Json& value : values) {
    text += text.empty() ? "" : ", ";
    text += value.is_string() ? value.get<std::string>() : StrCat(value.get<double>());
  }
  return text;
}

std::string PortText(const Json& port) {
  std::string text = "'" + port["name"].get<std::string>() + "'  ";
  for (const char* key : {"dtype", "layout"}) {
    text += port.contains(key) ? port[key].get<std::string>() + " " : "";
  }
  text += ShapeToString(port["shape"].get<Shape>());
  if (port.contains("scale")) {
    text += port["scale"].size() == 1 ? " (scale " + List(port["scale"]) + ", zero point " +
                                            List(port.value("zero_point", Json::array())) + ")"
                                      : StrCat(" (", port["scale"].size(), " scales)");
  }
  if (port.contains("mean") || port.contains("std")) {
    text += ", mean " + List(port.value("mean", Json::array())) + ", std " +
            List(port.value("std", Json::array()));
  }
  return text + (port.value("swaps_red_and_blue", false) ? ", swaps red and blue" : "");
}

}  // namespace

Json InspectRknn(const std::string& path, const rknn::Facts& facts) {
  Json json = {{"model", path},
               {"kind", "rknn"},
               {"what", rknn::Describe(facts)},
               {"why_not_here", rknn::kWhyNotHere}};
  Add(json, "toolkit", facts.toolkit);
  Add(json, "targets", facts.targets);
  Add(json, "npu", facts.npu);
  Add(json, "framework", facts.framework);
  Add(json, "name", facts.name);
  if (facts.variant == rknn::Variant::kContainer) {
    json["container_version"] = facts.container_version;
  }
  json["bytes"] = {
      {"file", facts.file_bytes}, {"payload", facts.payload_bytes}, {"json", facts.json_bytes}};
  for (const bool input : {true, false}) {
    Json& list = json[input ? "inputs" : "outputs"] = Json::array();
    for (const rknn::Port& port : input ? facts.inputs : facts.outputs) {
      list.push_back(PortJson(port));
    }
  }
  std::map<std::string, int> operators;
  for (const auto& [type, name] : facts.nodes) {
    ++operators[type];
  }
  Add(json, "operators", operators);
  Add(json, "nodes", facts.nodes);
  Add(json, "custom_operators", facts.custom_operators);
  if (facts.generation > 0) {
    json["generation"] = facts.generation;
    json["tensors"] = facts.tensors;
    json["buffers"] = facts.buffers;
    json["constants_bytes"] = facts.constant_bytes;
    json["commands_bytes"] = facts.command_bytes;
    json["tasks"] = facts.task_bytes / rknn::kTaskBytes;
    json["memory"] = {{"weights", facts.weight_memory}, {"internal", facts.internal_memory}};
    json["compressed_weights"] = facts.compressed_weights;
    Add(json, "core_variants", facts.core_variants);
  }
  Add(json, "notes", facts.notes);
  return json;
}

std::string InspectRknnText(const Json& facts, bool layers) {
  std::string text;
  const auto line = [&text](std::string key, const std::string& value) {
    key.resize(std::max<size_t>(key.size() + 2, 14), ' ');
    text += key + value + "\n";
  };
  line("model", facts["model"].get<std::string>() + " (" + facts["what"].get<std::string>() + ")");
  line("runs here", "no: " + facts["why_not_here"].get<std::string>());
  for (const char* key : {"toolkit", "npu", "framework", "name"}) {
    if (facts.contains(key)) {
      line(key, facts[key].get<std::string>());
    }
  }
  if (facts.contains("targets")) {
    line("target", List(facts["targets"]));
  }
  for (const Json& port : facts["inputs"]) {
    line("input", PortText(port));
  }
  for (const Json& port : facts["outputs"]) {
    line("output", PortText(port));
  }
  if (facts.contains("operators")) {
    std::string operators;
    for (const auto& [type, count] : facts["operators"].items()) {
      operators += (operators.empty() ? "" : ", ") + type + " " + count.dump();
    }
    line("operators", operators);
  }
  if (facts.contains("custom_operators")) {
    line("custom", List(facts["custom_operators"]));
  }
  if (facts.contains("generation")) {
    char cost[200];
    std::snprintf(cost, sizeof(cost),
                  "%.1f KiB of constants%s, %.1f KiB of commands in %lld tasks; memory: %.1f KiB "
                  "weights, %.1f KiB between layers",
                  facts["constants_bytes"].get<double>() / 1024,
                  facts["compressed_weights"].get<bool>() ? " (compressed)" : "",
                  facts["commands_bytes"].get<double>() / 1024, facts["tasks"].get<long long>(),
                  facts["memory"]["weights"].get<double>() / 1024,
                  facts["memory"]["internal"].get<double>() / 1024);
    line("cost", cost);
  }
  if (facts.contains("container_version")) {
    line("container",
         StrCat("version ", facts["container_version"], ", ", facts["bytes"]["file"], " bytes"));
  }
  for (const Json& note : facts.value("notes", Json::array())) {
    line("note", note.get<std::string>());
  }
  if (layers && facts.contains("nodes")) {
    for (const Json& node : facts["nodes"]) {
      line("  " + node[0].get<std::string>(), node[1].get<std::string>());
    }
  }
  return text;
}

}  // namespace plumb
