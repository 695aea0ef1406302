#include "plumb/import/onnx/input_constant.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "onnx.pb.h"
#include "plumb/base/half.h"
#include "plumb/import/onnx/read_tensor.h"
#include "plumb/ops/import_rules.h"

namespace plumb::onnx {
namespace {

constexpr int kFloat = 1;  // ONNX's number

// A number that the type holds; nothing where it does not.
template <typename To, typename From>
std::optional<To> Exactly(From from) {
  if constexpr (std::is_same_v<To, bool>) {
    return from == From(0) || from == From(1) ? std::optional(from != From(0)) : std::nullopt;
  } else if constexpr (std::is_floating_point_v<To>) {
    return static_cast<To>(from);
  } else if constexpr (std::is_floating_point_v<From>) {
    const bool whole = std::trunc(from) == from && std::abs(from) < 0x1p62;
    return whole && std::in_range<To>(static_cast<int64_t>(from))
               ? std::optional(static_cast<To>(from))
               : std::nullopt;
  } else if constexpr (std::is_same_v<From, bool>) {
    return static_cast<To>(from);
  } else {
    return std::in_range<To>(from) ? std::optional(static_cast<To>(from)) : std::nullopt;
  }
}

template <typename Visit>
Status WithType(DType type, const Visit& visit) {
  switch (type) {
    case DType::kF32:
      return visit(float{});
    case DType::kF64:
      return visit(double{});
    case DType::kS8:
      return visit(int8_t{});
    case DType::kU8:
      return visit(uint8_t{});
    case DType::kS16:
      return visit(int16_t{});
    case DType::kU16:
      return visit(uint16_t{});
    case DType::kS32:
      return visit(int32_t{});
    case DType::kU32:
      return visit(uint32_t{});
    case DType::kS64:
      return visit(int64_t{});
    case DType::kU64:
      return visit(uint64_t{});
    case DType::kBool:
      return visit(bool{});
    default:
      return UsageError("elements of type ", DTypeName(type), " are not read here");
  }
}

// The values as elements of the input's type: to floating point rounded, to integers only whole numbers that fit.
Result<Tensor> Converted(const Tensor& given, DType type) {
  if (given.dtype() == type) {
    return given;
  }
  if (type == DType::kF16 || type == DType::kBF16) {
    PLUMB_ASSIGN_OR_RETURN(const Tensor single, Converted(given, DType::kF32));
    Tensor narrow(type, single.shape());
    std::transform(single.values<float>().begin(), single.values<float>().end(),
                   static_cast<uint16_t*>(narrow.raw()),
                   type == DType::kF16 ? FloatToHalf : FloatToBFloat16);
    return narrow;
  }
  const Tensor from = Widened(given);
  Tensor to(type, from.shape());
  PLUMB_RETURN_IF_ERROR(WithType(from.dtype(), [&]<typename From>(From) {
    return WithType(type, [&]<typename To>(To) -> Status {
      const auto source = from.values<From>();
      const auto target = to.values<To>();
      for (size_t i = 0; i < source.size(); ++i) {
        const std::optional<To> value = Exactly<To>(source[i]);
        if (!value) {
          return UsageError("value ", source[i], " is no ", DTypeName(type));
        }
        target[i] = *value;
      }
      return {};
    });
  }));
  return to;
}

}  // namespace

Status AddConstant(const std::string& name, const Tensor& given, const ValueInfoProto& info,
                   GraphProto& graph) {
  const TypeProto::Tensor& type = info.type().tensor_type();
  const int number = type.elem_type() == 0 ? kFloat : type.elem_type();
  const DType dtype = ops::DTypeFromOnnx(number);
  const Shape& shape = given.shape();
  bool fits = !type.has_shape() || static_cast<size_t>(type.shape().dim_size()) == shape.size();
  for (size_t i = 0; fits && type.has_shape() && i < shape.size(); ++i) {
    const auto& dim = type.shape().dim(static_cast<int>(i));
    fits = !dim.has_dim_value() || dim.dim_value() == shape[i];
  }
  if (!fits) {
    std::string declared;
    for (const auto& dim : type.shape().dim()) {
      declared += (declared.empty() ? "" : "x") +
                  (dim.has_dim_value() ? std::to_string(dim.dim_value()) : "?");
    }
    return UsageError("--constant ", name, ": the values have shape ", ShapeToString(shape),
                      "; expected ", declared.empty() ? "a scalar" : declared);
  }
  if (dtype == DType::kNone) {
    return UsageError("--constant ", name, ": the input has ONNX element type ", number,
                      ", which is not supported");
  }
  const Result<Tensor> tensor = Converted(given, dtype);
  if (!tensor.ok()) {
    return tensor.status().WithContext(StrCat("--constant ", name));
  }
  TensorProto& proto = *graph.add_initializer();
  proto.set_name(name);
  proto.set_data_type(number);
  proto.mutable_dims()->Add(shape.begin(), shape.end());
  proto.set_raw_data(tensor->raw(), tensor->bytes());
  return {};
}

}  // namespace plumb::onnx
