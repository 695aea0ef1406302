// What the model itself has between the values that a block of a program reads and the one that it makes, in float: a layer that
// can take the block's place whatever form the program gives to the layers around it. And the ways in which that part is usually
// computed wrongly, to be held against what the block does.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "plumb/ir/graph.h"
#include "plumb/verify/diagnose/program_part.h"

namespace plumb::verify {

// A block of another program that makes the same tensor from the same tensors.
struct Donor {
  std::shared_ptr<const artifact::Program> program;
  Block block;
};

// The nodes of the model between the block's values; an error when the block reads others than the model needs.
[[nodiscard]] Result<ir::Graph> ModelPart(const ir::Graph& graph, const artifact::Program& program,
                                          const Block& block);

// A part, or a variant of one, on the block's own tensors: integers are made real, and the result integers again.
[[nodiscard]] Result<Donor> DonorOf(const ir::Graph& part, const artifact::Program& program,
                                    const Block& block);

struct PartVariant {
  std::string cause, what;  // as of a LayerFault
  ir::Graph part;
};
// Functions left out, other rules of resizing, borders on the wrong side, inputs exchanged: one at a time.
[[nodiscard]] std::vector<PartVariant> VariantsOf(const ir::Graph& part);

// Names of the part's operators, in order.
[[nodiscard]] std::vector<std::string> OperatorsOf(const ir::Graph& part);

// Whether an operator is a function of one value, element by element.
[[nodiscard]] bool IsElementFunction(const std::string& op);

}  // namespace plumb::verify
