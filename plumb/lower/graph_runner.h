// Runs one graph many times and shows every tensor it computes: calibration, comparison of graphs, verification.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "plumb/base/status.h"
#include "plumb/base/tensor.h"
#include "plumb/ir/graph.h"
#include "plumb/runtime/session.h"

namespace plumb::lower {

// Called for each value right after it is computed, in execution order. The view is valid during the call.
using ValueObserver = std::function<void(ir::ValueId value, ConstTensorView tensor)>;

class GraphRunner {
 public:
  [[nodiscard]] static Result<GraphRunner> Create(const ir::Graph& graph, int threads);
  // One run on inputs in port order, each of its input value's type and shape. Graph inputs are shown to the observer too.
  Result<std::vector<Tensor>> Run(std::span<const Tensor> inputs,
                                  const ValueObserver& observer = nullptr);

 private:
  std::unique_ptr<runtime::Session> session_;
  std::vector<ir::ValueId> value_of_tensor_;  // by index of the program's tensor
  std::vector<ir::ValueId> inputs_;
};

}  // namespace plumb::lower
