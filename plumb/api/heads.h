// A detector whose graph ends in float arithmetic on boxes (grids, exponentials, DFL, one output of
// all boxes) computes it for every cell, though few hold an object. FindHeads cuts that tail off:
// what is left ends at the heads, and boxes are decoded from them for candidates only.
//
// Nothing is assumed of the tail: its anchors are read off what it makes of heads of zeros, and the
// decode contract found is accepted only if on seeded noise it gives the boxes that the tail gives,
// to rounding (kBoxRounding). The heads are the f32 tensors that integer layers compute.
#pragma once

#include <memory>
#include <optional>

#include "plumb/artifact/decode_contract.h"
#include "plumb/artifact/program.h"

namespace plumb {

struct Heads {
  std::shared_ptr<const artifact::Program> network;  // its outputs are the heads, f32
  artifact::DecodeContract decode;                   // of these outputs
};

// Box and tail round at different places: at most ten operations apart on numbers of at most a few
// times the input's side, each off by half a unit in the last place.
inline constexpr float kBoxRounding = 64 * 0x1p-24f;

// Empty when the tail is of another kind; then the whole network is run.
[[nodiscard]] std::optional<Heads> FindHeads(const artifact::Program& program,
                                             const artifact::DecodeContract& decode, int width,
                                             int height);

}  // namespace plumb
