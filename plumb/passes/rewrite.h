// What several passes need to rewrite a graph.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "plumb/base/status.h"
#include "plumb/ir/graph.h"

namespace plumb::passes {

// Emits a node with one output and infers its type. When all its inputs are constants, so is the
// value returned.
Result<ir::ValueId> EmitTyped(ir::Graph& graph, std::string_view op, std::string_view name,
                              std::vector<ir::ValueId> inputs, Attributes attributes = {},
                              std::string_view origin = {});

// --- permutations: axis i of the result is axis perm[i] of the source ---
using Permutation = std::vector<int64_t>;
inline const Permutation kToNhwc = {0, 2, 3, 1};
inline const Permutation kToNchw = {0, 3, 1, 2};
[[nodiscard]] Permutation Inverse(const Permutation& perm);
// The one permutation that does `first`, then `second`.
[[nodiscard]] Permutation Compose(const Permutation& first, const Permutation& second);
[[nodiscard]] bool IsIdentity(const Permutation& perm);
// Whether transposing a tensor of this shape leaves the order of its elements as it is (only axes
// of size 1 move).
[[nodiscard]] bool MovesNothing(const Permutation& perm, const Shape& shape);

Result<ir::ValueId> EmitTranspose(ir::Graph& graph, ir::ValueId value, const Permutation& perm,
                                  std::string_view name);
// (The name by value: a view of another value's name would not outlive the sizes added first.)
Result<ir::ValueId> EmitReshape(ir::Graph& graph, ir::ValueId value, const Shape& shape,
                                std::string name);

// --- constants ---
// The integers of a constant (s64 or s32), flattened; nothing when it is no such constant.
[[nodiscard]] std::optional<std::vector<int64_t>> ConstantInts(const ir::Graph& graph,
                                                               ir::ValueId value);
ir::ValueId AddInts(ir::Graph& graph, std::string_view name, const std::vector<int64_t>& values);
// The one number that all elements of an f32 constant equal; nothing when it is no such constant.
[[nodiscard]] std::optional<float> ConstantScalar(const ir::Graph& graph, ir::ValueId value);

// --- values ---
[[nodiscard]] Shape ShapeOf(const ir::Graph& graph, ir::ValueId value);
[[nodiscard]] int64_t RankOf(const ir::Graph& graph, ir::ValueId value);
[[nodiscard]] int64_t NormalAxis(int64_t axis, int64_t rank);  // from 0

// `fresh` takes the place of the only output of the node `old`, which is removed: everything that
// read that output, graph outputs included, reads the new one. `fresh` is the product of a node
// just emitted, or a constant just added: the output's own value, with its name, becomes that
// product; `fresh` is gone then. The node emitted gets the name of `old`.
void ReplaceByFresh(ir::Graph& graph, ir::NodeId old, ir::ValueId fresh);
// As above for a value that others know already: it keeps its own name.
void ReplaceByExisting(ir::Graph& graph, ir::NodeId old, ir::ValueId value);

}  // namespace plumb::passes
