// Fusion on the quantized (or float) graph, after all parameters are known. Every fused form gives the bits of the unfused
// one. One rewrite a file; Fuse runs them in order.
#pragma once

#include "plumb/ir/graph.h"

namespace plumb::compile {

// conv, sum or product -> table that only clamps on the same grid: the clamp becomes the maker's limits.
int FuseClampTable(ir::Graph& graph);
// conv -> table: the conv requantizes onto the intermediate grid and looks its result up.
int FuseTable(ir::Graph& graph);
// conv (float result) -> function [-> quantize]: computed in the conv's epilogue.
int FuseFunction(ir::Graph& graph);
// quantize -> transpose: quantized while transposing.
int FuseQuantizeTranspose(ir::Graph& graph);
// conv -> sum with a tensor of the same shape: added in the conv's epilogue. After every rewrite that changes the conv's own end.
int FuseResidual(ir::Graph& graph);
// conv (float result) -> transpose to planes: written so by the conv.
int FuseOutputTranspose(ir::Graph& graph);

// All of them, in this order; then dead nodes go. Returns the number of rewrites.
int Fuse(ir::Graph& graph);

// Shared by the rewrites: a conv or fully_connected without a function yet, whose result only `user` reads.
[[nodiscard]] bool IsPlainDot(const ir::Graph& graph, ir::NodeId id);
// A conv of s8 that is not depthwise.
[[nodiscard]] bool IsDenseIntegerConv(const ir::Graph& graph, ir::NodeId id);

}  // namespace plumb::compile
