// Which part of one program is which of another.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "plumb/verify/diagnose/float_donor.h"

namespace plumb::verify {

struct LayerPairs {
  std::vector<Block> blocks;  // of the subject, in execution order
  std::vector<std::optional<Donor>>
      donors;                    // by block: what makes the same tensor from the same values
  std::vector<bool> from_model;  // the donor is the model's part in float
};

using KnownIn = std::function<bool(const artifact::Program& program, int32_t tensor)>;
// Blocks between known tensors, beside those of the subject's twin; beside the model's own parts, where the twin has another
// form.
[[nodiscard]] LayerPairs PairWithTwin(const artifact::Program& subject,
                                      const std::shared_ptr<const artifact::Program>& twin,
                                      const ir::Graph& graph, const KnownIn& known);

// Blocks between tensors that both programs hold under one name in one form.
[[nodiscard]] LayerPairs PairByName(const artifact::Program& subject,
                                    const std::shared_ptr<const artifact::Program>& other);

}  // namespace plumb::verify
