#include "plumb/ir/text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

namespace plumb::ir {
namespace {

std::string Quoted(std::string_view text) {
  std::string out = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else {
      out += c;
    }
  }
  return out + "\"";
}

std::string NameOf(std::string_view name) {
  const auto plain = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '.';
  };
  const bool identifier = !name.empty() && std::all_of(name.begin(), name.end(), plain);
  return "%" + (identifier ? std::string(name) : Quoted(name));
}

// The shortest form that reads back to the same number.
template <typename T>
std::string Number(T value) {
  std::array<char, 40> buffer;
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr;
  return {buffer.data(), end};
}

std::string FloatAttribute(float value) {
  std::string text = Number(value);
  return text.find_first_of(".enai") == std::string::npos ? text + ".0" : text;
}

template <typename T, typename Format>
std::string List(const std::vector<T>& list, std::string_view empty, Format format) {
  if (list.empty()) {
    return std::string(empty) + "[]";
  }
  std::string text = "[";
  for (size_t i = 0; i < list.size(); ++i) {
    text += (i ? ", " : "") + format(list[i]);
  }
  return text + "]";
}

struct AttributePrinter {
  std::string operator()(int64_t v) const { return Number(v); }
  std::string operator()(float v) const { return FloatAttribute(v); }
  std::string operator()(const std::string& v) const { return Quoted(v); }
  std::string operator()(const std::vector<int64_t>& v) const {
    return List(v, "ints", Number<int64_t>);
  }
  std::string operator()(const std::vector<float>& v) const {
    return List(v, "floats", FloatAttribute);
  }
  std::string operator()(const std::vector<std::string>& v) const {
    return List(v, "strings", Quoted);
  }
};

std::string AttributesOf(const Attributes& attributes) {
  std::string text;
  for (const auto& [name, value] : attributes) {
    text += (text.empty() ? " {" : ", ") + name + " = " + std::visit(AttributePrinter(), value);
  }
  return text.empty() ? text : text + "}";
}

std::string TypeOf(const Value& value) {
  std::string text(DTypeName(value.type.dtype));
  text += "[";
  if (!value.type.ranked) {
    text += "*";
  }
  for (size_t i = 0; i < value.type.dims.size(); ++i) {
    const Dim& dim = value.type.dims[i];
    text += i ? "x" : "";
    text += dim.known() ? Number(dim.size) : dim.symbol.empty() ? "?" : Quoted(dim.symbol);
  }
  text += "]";
  const Quantization& grid = value.quantization;
  if (!grid.empty()) {
    const auto join = [](const auto& list) {
      std::string joined;
      for (size_t i = 0; i < list.size(); ++i) {
        joined += (i ? ", " : "") + Number(list[i]);
      }
      return joined;
    };
    text += " scale(" + join(grid.scale) + ") zero_point(" + join(grid.zero_point) + ")";
    text += grid.per_channel() ? " axis(" + Number(grid.axis) + ")" : "";
  }
  return text;
}

std::string Element(const Tensor& tensor, int64_t i) {
  const auto* bytes = static_cast<const std::byte*>(tensor.raw()) +
                      static_cast<size_t>(i) * DTypeSize(tensor.dtype());
  const auto read = [&](auto zero) {
    std::memcpy(&zero, bytes, sizeof(zero));
    return zero;
  };
  switch (tensor.dtype()) {
    case DType::kF32:
      return Number(read(float{}));
    case DType::kF64:
      return Number(read(double{}));
    case DType::kS8:
      return Number(int{read(int8_t{})});
    case DType::kU8:
    case DType::kBool:
      return Number(int{read(uint8_t{})});
    case DType::kS16:
      return Number(read(int16_t{}));
    case DType::kU16:
    case DType::kF16:  // the bits
    case DType::kBF16:
      return Number(read(uint16_t{}));
    case DType::kS32:
      return Number(read(int32_t{}));
    case DType::kU32:
      return Number(read(uint32_t{}));
    case DType::kS64:
      return Number(read(int64_t{}));
    case DType::kU64:
      return Number(read(uint64_t{}));
    case DType::kNone:
      break;
  }
  return "?";
}

bool AllEqual(const Tensor& tensor) {
  const size_t size = DTypeSize(tensor.dtype());
  const auto* bytes = static_cast<const std::byte*>(tensor.raw());
  return tensor.bytes() > size && std::memcmp(bytes, bytes + size, tensor.bytes() - size) == 0;
}

std::string ContentsOf(const Tensor& tensor, const PrintOptions& options) {
  if (tensor.size() > 4 && AllEqual(tensor)) {
    return "fill(" + Element(tensor, 0) + ")";
  }
  if (options.max_elements < 0 || tensor.size() <= options.max_elements) {
    std::string text = "{";
    for (int64_t i = 0; i < tensor.size(); ++i) {
      text += (i ? ", " : "") + Element(tensor, i);
    }
    return text + "}";
  }
  if (options.blob == nullptr) {
    return "omitted";
  }
  std::string& blob = *options.blob;
  blob.resize((blob.size() + kTensorAlignment - 1) / kTensorAlignment * kTensorAlignment);
  const size_t offset = blob.size();
  blob.append(static_cast<const char*>(tensor.raw()), tensor.bytes());
  return StrCat("@", options.blob_name, ":", offset, ":", tensor.bytes());
}

std::string NodeLine(const Graph& graph, const Node& node) {
  std::string text;
  for (ValueId out : node.outputs) {
    text += text.empty() ? "" : ", ";
    text += out == kNone ? "_" : NameOf(graph.value(out).name) + ": " + TypeOf(graph.value(out));
  }
  text += " = " + node.op + "(";
  for (size_t i = 0; i < node.inputs.size(); ++i) {
    text += i ? ", " : "";
    text += node.inputs[i] == kNone ? "_" : NameOf(graph.value(node.inputs[i]).name);
  }
  text += ")" + AttributesOf(node.attributes) + " " + Quoted(node.name);
  return text + (node.origin.empty() ? "" : " from " + Quoted(node.origin)) + "\n";
}

}  // namespace

std::string Print(const Graph& graph, const PrintOptions& options) {
  std::string text = "graph " + Quoted(graph.name) + "\n";
  const auto as = [](DType shown, DType computed) {
    return shown == computed ? std::string() : StrCat(" as ", DTypeName(shown));
  };
  for (const Input& input : graph.inputs) {
    const Value& value = graph.value(input.value);
    text += "input " + NameOf(value.name) + ": " + TypeOf(value) +
            as(input.dtype, value.type.dtype) + "\n";
  }
  for (size_t i = 0; i < graph.value_count(); ++i) {
    const auto id = static_cast<ValueId>(i);
    const Value& value = graph.value(id);
    if (value.constant != nullptr && (!graph.Users(id).empty() || graph.IsOutput(id))) {
      text += "const " + NameOf(value.name) + ": " + TypeOf(value) + " = " +
              ContentsOf(*value.constant, options) + "\n";
    }
  }
  for (NodeId id : graph.Order()) {
    text += NodeLine(graph, graph.node(id));
  }
  for (const Output& output : graph.outputs) {
    const Value& value = graph.value(output.value);
    text += "output " + Quoted(output.name) + as(output.dtype, value.type.dtype) + " = " +
            NameOf(value.name) + "\n";
  }
  return text;
}

}  // namespace plumb::ir
