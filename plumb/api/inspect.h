// plumb inspect: the facts of a model, as JSON and as text.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "plumb/api/model.h"

namespace plumb {

// Keys: model, kind, inputs, outputs, contracts, decode, records, macs, constants_bytes, operators, layers (when asked for); of an
// artifact also provenance and quality (verdict, reasons, kept_float).
[[nodiscard]] nlohmann::ordered_json Inspect(const Model& model, bool layers);

// The same for people.
[[nodiscard]] std::string InspectText(const nlohmann::ordered_json& facts);

}  // namespace plumb
