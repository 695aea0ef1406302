// Inputs that become constants of a model.
#pragma once

#include <string>

#include "plumb/base/status.h"
#include "plumb/base/tensor.h"

namespace plumb::onnx {

class GraphProto;
class ValueInfoProto;

// An initializer of the type that `info` declares in place of the input; usage errors name the input when the values do not
// have its shape, or its type does not hold them.
Status AddConstant(const std::string& name, const Tensor& given, const ValueInfoProto& info,
                   GraphProto& graph);

}  // namespace plumb::onnx
