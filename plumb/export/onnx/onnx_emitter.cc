#include "plumb/export/onnx/onnx_emitter.h"

#include <algorithm>
#include <cstring>
#include <numeric>

namespace plumb::exporting {
namespace {

// The elements of `tensor` in another order of its axes.
Tensor Permuted(const Tensor& tensor, const Order& order) {
  Tensor out(tensor.dtype(), ShapeIn(tensor.shape(), order));
  const size_t rank = order.size(), size = DTypeSize(tensor.dtype());
  std::vector<int64_t> stride(rank, 1), step(rank);
  for (size_t d = rank; d-- > 1;) {
    stride[d - 1] = stride[d] * tensor.shape()[d];
  }
  for (size_t d = 0; d < rank; ++d) {
    step[d] = stride[static_cast<size_t>(order[d])];
  }
  std::vector<int64_t> at(rank, 0);
  const auto* from = static_cast<const std::byte*>(tensor.raw());
  auto* to = static_cast<std::byte*>(out.raw());
  int64_t offset = 0;
  for (int64_t i = 0; i < out.size(); ++i) {
    std::memcpy(to + static_cast<size_t>(i) * size, from + static_cast<size_t>(offset) * size,
                size);
    for (size_t d = rank; d-- > 0;) {
      offset += step[d];
      if (++at[d] < out.shape()[d]) {
        break;
      }
      offset -= step[d] * at[d];
      at[d] = 0;
    }
  }
  return out;
}

Tensor ZeroPoints(const std::vector<int32_t>& zero_point, DType type) {
  Tensor out(type,
             zero_point.size() == 1 ? Shape{} : Shape{static_cast<int64_t>(zero_point.size())});
  const size_t size = DTypeSize(type);
  auto* to = static_cast<std::byte*>(out.raw());
  for (size_t i = 0; i < zero_point.size(); ++i) {
    std::memcpy(to + i * size, &zero_point[i], size);  // little-endian: the low bytes
  }
  return out;
}

Tensor Scales(const std::vector<float>& scale) {
  return Tensor::Of<float>(scale.size() == 1 ? Shape{} : Shape{static_cast<int64_t>(scale.size())},
                           scale);
}

}  // namespace

Order PlainOrder(size_t rank) {
  Order order(rank);
  std::iota(order.begin(), order.end(), 0);
  return order;
}

const Order& PictureOrder() {
  static const Order order = {0, 3, 1, 2};
  return order;
}

int64_t DimensionOf(const Order& order, int64_t axis) {
  return std::find(order.begin(), order.end(), axis) - order.begin();
}

Order OrderAfter(const Order& order, const std::vector<int64_t>& perm) {
  Order turned;
  for (int64_t axis : order) {
    turned.push_back(DimensionOf(perm, axis));
  }
  return turned;
}

Shape ShapeIn(const Shape& shape, const Order& order) {
  Shape out;
  for (int64_t axis : order) {
    out.push_back(shape[static_cast<size_t>(axis)]);
  }
  return out;
}

Tensor Emitter::ConstantOf(int32_t tensor) const {
  const artifact::TensorInfo& t = info(tensor);
  const artifact::Constant& constant = program_.constants[static_cast<size_t>(t.constant)];
  Tensor out(t.dtype, t.shape);
  if (constant.bytes > 0) {
    std::memcpy(out.raw(), constant.data, constant.bytes);
  }
  return out;
}

const Emitter::Held* Emitter::Find(int32_t tensor, const Order& order) const {
  const auto found = held_.find(tensor);
  if (found == held_.end()) {
    return nullptr;
  }
  for (const Held& held : found->second) {
    if (held.order == order) {
      return &held;
    }
  }
  return nullptr;
}

Order Emitter::OrderOf(int32_t tensor) const {
  const auto found = held_.find(tensor);
  return found == held_.end() || IsConstant(tensor) ? PlainOrder(info(tensor).shape.size())
                                                    : found->second.front().order;
}

std::string Emitter::NameOf(int32_t tensor, std::string_view suffix) const {
  return StrCat(info(tensor).name, suffix);
}

std::string Emitter::Turn(const std::string& value, const Order& from, const Order& to,
                          std::string_view output) {
  if (from == to) {
    return value;
  }
  Order perm;
  for (int64_t axis : to) {
    perm.push_back(DimensionOf(from, axis));
  }
  return graph.Add("Transpose", {value}, output, {{"perm", perm}});
}

std::string Emitter::In(int32_t tensor, const Order& order) {
  if (const Held* held = Find(tensor, order); held != nullptr) {
    return held->value;
  }
  std::string value;
  if (IsConstant(tensor)) {
    Tensor contents = ConstantOf(tensor);
    value = graph.Constant(NameOf(tensor), order == PlainOrder(order.size())
                                               ? std::move(contents)
                                               : Permuted(contents, order));
  } else {
    const Held first = held_.at(tensor).front();
    value = Turn(first.value, first.order, order, NameOf(tensor, ".turned"));
  }
  held_[tensor].push_back({order, value});
  return value;
}

void Emitter::Out(int32_t tensor, const Order& order, const std::string& value) {
  held_[tensor].push_back({order, value});
}

std::string Emitter::Quantize(const std::string& value, const std::vector<float>& scale,
                              const std::vector<int32_t>& zero_point, DType type, int64_t dimension,
                              std::string_view output) {
  Attributes attributes;
  if (scale.size() > 1) {
    attributes.Set("axis", dimension);
  }
  return graph.Add("QuantizeLinear",
                   {value, graph.Constant(StrCat(output, ".scale"), Scales(scale)),
                    graph.Constant(StrCat(output, ".zero_point"), ZeroPoints(zero_point, type))},
                   output, attributes);
}

std::string Emitter::Dequantize(const std::string& value, const std::vector<float>& scale,
                                const std::vector<int32_t>& zero_point, DType type,
                                int64_t dimension, std::string_view output) {
  Attributes attributes;
  if (scale.size() > 1) {
    attributes.Set("axis", dimension);
  }
  std::vector<std::string> inputs = {value,
                                     graph.Constant(StrCat(output, ".scale"), Scales(scale))};
  if (type != DType::kS32) {  // whose zero point is 0 and not written
    inputs.push_back(graph.Constant(StrCat(output, ".zero_point"), ZeroPoints(zero_point, type)));
  }
  return graph.Add("DequantizeLinear", std::move(inputs), output, attributes);
}

std::string Emitter::Cast(const std::string& value, DType to, std::string_view output) {
  return graph.Add("Cast", {value}, output, {{"to", static_cast<int64_t>(OnnxElementType(to))}});
}

std::string Emitter::Scaled(const std::string& value, int32_t zero_point, float factor,
                            std::string_view output) {
  const std::string real = Cast(value, DType::kF32, StrCat(output, ".float"));
  const std::string steps = graph.Add(
      "Sub", {real, graph.Scalar(StrCat(output, ".zero_point"), static_cast<float>(zero_point))},
      StrCat(output, ".steps"));
  return graph.Add("Mul", {steps, graph.Scalar(StrCat(output, ".factor"), factor)}, output);
}

std::string Emitter::Real(int32_t tensor, const Order& order) {
  const artifact::TensorInfo& t = info(tensor);
  if (t.quantization.empty()) {
    return In(tensor, order);
  }
  std::string& value = real_[{tensor, order}];
  if (value.empty()) {
    const int64_t dimension =
        t.quantization.per_channel() ? DimensionOf(order, t.quantization.axis) : 0;
    const std::string stored = In(tensor, order);
    value = Dequantize(stored, t.quantization.scale, t.quantization.zero_point, t.dtype, dimension,
                       NameOf(tensor, ".real"));
  }
  return value;
}

void Emitter::OutReal(int32_t tensor, const Order& order, const std::string& value) {
  const artifact::TensorInfo& t = info(tensor);
  if (t.quantization.empty()) {
    Out(tensor, order, value);
    return;
  }
  const int64_t dimension =
      t.quantization.per_channel() ? DimensionOf(order, t.quantization.axis) : 0;
  Out(tensor, order,
      Quantize(value, t.quantization.scale, t.quantization.zero_point, t.dtype, dimension,
               NameOf(tensor)));
}

}  // namespace plumb::exporting
