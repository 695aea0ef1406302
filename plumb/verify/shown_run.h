// One run of a program on a sample, with every tensor shown as it is made: what layers are measured with.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "plumb/artifact/program.h"
#include "plumb/base/status.h"
#include "plumb/base/tensor.h"
#include "plumb/runtime/session.h"

namespace plumb::verify {

using ShowMade = std::function<void(int32_t tensor, const TensorView& made)>;

// `sample`: inputs in port order, of the ports' own types.
Status FillInputs(runtime::Session& session, std::span<const Tensor> sample);
// `show` may write into what it is shown, for the records behind it to read, where the session was made without in_place.
Status RunShowing(runtime::Session& session, const ShowMade& show);

// By tensor of an integer program: whether it is what a layer leaves for the table of its own function, and nobody else reads
// it. Its range is chosen by the function's error, not by its own.
[[nodiscard]] std::vector<bool> InsideLayers(const artifact::Program& program);

}  // namespace plumb::verify
