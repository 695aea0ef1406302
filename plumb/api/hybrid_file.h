// --hybrid FILE: types of layers and ranges of tensors, stated by hand.
#pragma once

#include <string>

#include "plumb/base/status.h"
#include "plumb/quant/quantize.h"

namespace plumb {

// A YAML map with any of
//   layers: {NAME: int8 | int16 | float, ...}     a tensor's name, or a layer's
//   ranges: {NAME: [lowest, highest], ...}        in place of what the samples show
// `custom_quantize_layers`, as RKNN calls the first, is taken too, with float16 for float. Whether the names are there is for
// the quantizer to say. Usage errors name the line.
Status ReadHybridFile(const std::string& path, quant::QuantizeOptions& options);
// The same from a text.
Status ParseHybrid(std::string_view text, quant::QuantizeOptions& options);

}  // namespace plumb
