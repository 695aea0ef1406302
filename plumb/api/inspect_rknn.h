// plumb inspect of a file that the vendor's toolkit made for the NPU.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "plumb/import/rknn/rknn_file.h"

namespace plumb {

// Keys: model, kind ("rknn"), what, why_not_here, toolkit, targets, npu, framework, name, container_version, generation,
// bytes, inputs, outputs, operators, nodes (type, name), custom_operators, constants_bytes, commands_bytes, tasks,
// core_variants, memory, notes. What the file does not say is left out.
[[nodiscard]] nlohmann::ordered_json InspectRknn(const std::string& path, const rknn::Facts& facts);

// The same for people; `layers` adds every node.
[[nodiscard]] std::string InspectRknnText(const nlohmann::ordered_json& facts, bool layers);

}  // namespace plumb
