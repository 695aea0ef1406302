// Anchors that published networks were trained with.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "plumb/artifact/decode_contract.h"

namespace plumb::contract {

struct PublishedAnchors {
  artifact::Family family;
  std::string_view name;     // as people know it: "YOLOv5"
  size_t levels;             // as many anchors for each, finest level first
  std::vector<float> sizes;  // w and h in pixels of the input
};

// The first of a family with as many levels is what is assumed when nothing is stated.
[[nodiscard]] std::span<const PublishedAnchors> AllPublishedAnchors();

}  // namespace plumb::contract
