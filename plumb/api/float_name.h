// Which tensor of the float network a tensor of the integer one stands for.
#pragma once

#include <string>

namespace plumb {

// The quantizer names "x.quantized" what holds x as integers, "x.rescaled" what holds it on another grid.
[[nodiscard]] std::string FloatNameOf(const std::string& name);

}  // namespace plumb
