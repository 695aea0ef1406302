#include "plumb/ops/shape_rules.h"

#include <algorithm>

namespace plumb::ops {

std::optional<Shape> Broadcast(const Shape& a, const Shape& b) {
  Shape out(std::max(a.size(), b.size()));
  for (size_t i = 0; i < out.size(); ++i) {
    const int64_t x = i < a.size() ? a[a.size() - 1 - i] : 1;
    const int64_t y = i < b.size() ? b[b.size() - 1 - i] : 1;
    if (x != y && x != 1 && y != 1) {
      return std::nullopt;
    }
    out[out.size() - 1 - i] = x == 1 ? y : x;
  }
  return out;
}

std::optional<int64_t> NormalizeAxis(int64_t axis, int64_t rank) {
  if (axis < -rank || axis >= rank) {
    return std::nullopt;
  }
  return axis < 0 ? axis + rank : axis;
}

std::optional<std::vector<int64_t>> NormalizeAxes(std::span<const int64_t> axes, int64_t rank) {
  std::vector<int64_t> out;
  for (int64_t axis : axes) {
    const std::optional<int64_t> normalized = NormalizeAxis(axis, rank);
    if (!normalized) {
      return std::nullopt;
    }
    out.push_back(*normalized);
  }
  std::sort(out.begin(), out.end());
  if (std::adjacent_find(out.begin(), out.end()) != out.end()) {
    return std::nullopt;
  }
  return out;
}

namespace {

template <typename To, typename From>
std::vector<To> Convert(const Tensor& tensor) {
  const std::span<const From> values = tensor.values<From>();
  std::vector<To> out;
  out.reserve(values.size());
  for (From v : values) {
    out.push_back(static_cast<To>(v));
  }
  return out;
}

}  // namespace

std::optional<std::vector<int64_t>> IntsOf(const Tensor& tensor) {
  switch (tensor.dtype()) {
    case DType::kS64:
      return Convert<int64_t, int64_t>(tensor);
    case DType::kS32:
      return Convert<int64_t, int32_t>(tensor);
    default:
      return std::nullopt;
  }
}

std::optional<std::vector<float>> FloatsOf(const Tensor& tensor) {
  if (tensor.dtype() != DType::kF32) {
    return std::nullopt;
  }
  return Convert<float, float>(tensor);
}

Result<std::vector<int64_t>> ParameterInts(const NodeView& node, size_t i, std::string_view what) {
  const Tensor* constant = node.constant(i);
  if (constant == nullptr) {
    return NodeError(
        node, what, " (input ", i, ") is computed at run time; expected a value that ",
        "is known when the model is converted. Fix the input sizes with --input-shape");
  }
  std::optional<std::vector<int64_t>> values = IntsOf(*constant);
  if (!values) {
    return NodeError(node, what, " (input ", i, ") has element type ", DTypeName(constant->dtype()),
                     "; expected s64 or s32");
  }
  return *std::move(values);
}

Result<std::vector<float>> ParameterFloats(const NodeView& node, size_t i, std::string_view what) {
  const Tensor* constant = node.constant(i);
  if (constant == nullptr) {
    return NodeError(node, what, " (input ", i, ") is computed at run time; expected a value that ",
                     "is known when the model is converted");
  }
  std::optional<std::vector<float>> values = FloatsOf(*constant);
  if (!values) {
    return NodeError(node, what, " (input ", i, ") has element type ", DTypeName(constant->dtype()),
                     "; expected f32");
  }
  return *std::move(values);
}

Result<int64_t> ParameterInt(const NodeView& node, size_t i, std::string_view what) {
  PLUMB_ASSIGN_OR_RETURN(std::vector<int64_t> values, ParameterInts(node, i, what));
  if (values.size() != 1) {
    return NodeError(node, what, " (input ", i, ") has ", values.size(), " elements; expected one");
  }
  return values[0];
}

Result<Types> InferSameType(const NodeView& node) { return Types{node.type(0)}; }

std::string FoundTypes(const NodeView& node) {
  std::string text = node.input_count() == 1 ? "input " : "inputs ";
  for (size_t i = 0; i < node.input_count(); ++i) {
    text += i ? ", " : "";
    text += node.HasInput(i) ? node.type(i).ToString() : "none";
  }
  return text;
}

std::string FoundInputCount(const NodeView& node) {
  std::string text = StrCat(node.input_count(), node.input_count() == 1 ? " input" : " inputs");
  for (size_t i = 0; i < node.input_count(); ++i) {
    text += node.HasInput(i) ? "" : StrCat(", input ", i, " left out");
  }
  return text;
}

std::string FoundOutputCount(const NodeView& node) {
  const size_t count = node.node().outputs.size();
  return StrCat(count, count == 1 ? " output" : " outputs");
}

bool AllInputsPresent(const NodeView& node) {
  for (size_t i = 0; i < node.input_count(); ++i) {
    if (!node.HasInput(i)) {
      return false;
    }
  }
  return true;
}

bool InputsShareDType(const NodeView& node) {
  DType first = DType::kNone;
  for (size_t i = 0; i < node.input_count(); ++i) {
    if (!node.HasInput(i)) {
      continue;
    }
    if (first != DType::kNone && node.dtype(i) != first) {
      return false;
    }
    first = node.dtype(i);
  }
  return true;
}

bool IntegerProductTypesFit(const NodeView& n) {
  const bool wide = n.dtype(0) == DType::kS16;
  return (wide || n.dtype(0) == DType::kS8) &&
         (n.dtype(1) == DType::kS8 || (wide && n.dtype(1) == DType::kS16)) &&
         (!n.HasInput(2) || n.dtype(2) == (wide ? DType::kS64 : DType::kS32)) && n.HasInput(3) &&
         n.dtype(3) == DType::kF32;
}

}  // namespace plumb::ops
