// Inside contract: what can be seen of a graph's outputs.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "plumb/artifact/decode_contract.h"
#include "plumb/ir/graph.h"

namespace plumb::contract {

// One way to read an output's shape as the cells of a level or of all levels.
struct View {
  artifact::OutputLayout layout = artifact::OutputLayout::kChannelsFirst;
  int32_t stride = 0;   // of the level whose grid a map has; 0: a flat list
  int64_t anchors = 0;  // a dimension of its own for the anchors; 0: none
  int64_t channels =
      0;              // of a cell, or of one anchor where the anchors have a dimension of their own
  int64_t cells = 0;  // of the list or the map
};

// A part of what a concatenation joins, in order.
struct Part {
  int64_t channels = 0;
  std::set<std::string> ops;
};

struct OutputFacts {
  int32_t index = 0;
  std::string name;
  Shape shape;                // a free leading dimension counts as 1
  std::set<std::string> ops;  // met on the way up, until convolutions and matrix products
  // Of the nearest concatenation, if what lies between only moves elements or works on each alone;
  // else empty.
  std::vector<Part> parts;
  [[nodiscard]] bool Has(std::string_view op) const { return ops.contains(std::string(op)); }
};

// Empty when an output's shape is not known (apart from a free leading dimension).
[[nodiscard]] std::vector<OutputFacts> FactsOf(const ir::Graph& graph);

// Strides tried when none are given.
[[nodiscard]] const std::vector<int32_t>& UsualStrides();
// Readings of rank 4 and 5 shapes as maps on the grid of one of the strides, of rank 2 and 3 as
// lists.
[[nodiscard]] std::vector<View> ViewsOf(const Shape& shape, int width, int height,
                                        const std::vector<int32_t>& strides);
[[nodiscard]] int64_t CellsAt(int width, int height, int32_t stride);

}  // namespace plumb::contract
