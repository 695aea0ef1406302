// A model without the reshapes that its inputs go through first and its outputs last.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "plumb/import/onnx/import.h"

namespace plumb::onnx {

// Moves the ends of `cut` past Reshape nodes: an input that only one Reshape reads becomes what that makes, an output that a
// Reshape makes becomes what that reads. An end that the model has already, or that is constant, stays. Returns the tensors
// that were inputs or outputs, each with what took its place.
[[nodiscard]] Result<std::vector<std::pair<std::string, std::string>>> CutEdgeReshapes(
    std::string_view path, Cut& cut);

}  // namespace plumb::onnx
