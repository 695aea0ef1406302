#include "plumb/ops/import_rules.h"

namespace plumb::ops {

template <typename T>
T ForeignAttributes::Read(std::string_view name, T fallback, std::string_view kind) {
  const Attribute* found = node_.attributes.Find(name);
  if (found == nullptr) {
    return fallback;
  }
  if (const T* value = std::get_if<T>(found)) {
    return *value;
  }
  if (status_.ok()) {
    status_ = InvalidModel(node_.Describe(), ": attribute '", name,
                           "' is of another kind; expected ", kind);
  }
  return fallback;
}

int64_t ForeignAttributes::Int(std::string_view name, int64_t fallback) {
  return Read<int64_t>(name, fallback, "an integer");
}
float ForeignAttributes::Float(std::string_view name, float fallback) {
  return Read<float>(name, fallback, "a float");
}
std::string ForeignAttributes::String(std::string_view name, std::string_view fallback) {
  return Read<std::string>(name, std::string(fallback), "a string");
}
std::vector<int64_t> ForeignAttributes::Ints(std::string_view name, std::vector<int64_t> fallback) {
  return Read<std::vector<int64_t>>(name, std::move(fallback), "a list of integers");
}
std::vector<float> ForeignAttributes::Floats(std::string_view name, std::vector<float> fallback) {
  return Read<std::vector<float>>(name, std::move(fallback), "a list of floats");
}
std::vector<std::string> ForeignAttributes::Strings(std::string_view name) {
  return Read<std::vector<std::string>>(name, {}, "a list of strings");
}

ir::ValueId EmitInts(ForeignNode& node, const std::vector<int64_t>& values,
                     std::string_view suffix) {
  return node.EmitConstant(Tensor::Of<int64_t>({static_cast<int64_t>(values.size())}, values),
                           suffix);
}

ir::ValueId EmitInt(ForeignNode& node, int64_t value, std::string_view suffix) {
  return node.EmitConstant(Tensor::Of<int64_t>({}, std::vector<int64_t>{value}), suffix);
}

ir::ValueId EmitFloat(ForeignNode& node, float value, std::string_view suffix) {
  return node.EmitConstant(Tensor::Of<float>({}, std::vector<float>{value}), suffix);
}

ir::ValueId EmitRank(ForeignNode& node, ir::ValueId value) {
  return node.EmitHelper("size", {node.EmitHelper("shape", {value})});
}

ir::ValueId EmitAxesFrom(ForeignNode& node, ir::ValueId value, int64_t first) {
  return node.EmitHelper(
      "range", {EmitInt(node, first, "first"), EmitRank(node, value), EmitInt(node, 1, "step")});
}

DType DTypeFromOnnx(int64_t onnx_type) {
  switch (onnx_type) {
    case 1:
      return DType::kF32;
    case 2:
    case 21:  // uint4, unpacked
      return DType::kU8;
    case 3:
    case 22:  // int4, unpacked
      return DType::kS8;
    case 4:
      return DType::kU16;
    case 5:
      return DType::kS16;
    case 6:
      return DType::kS32;
    case 7:
      return DType::kS64;
    case 9:
      return DType::kBool;
    case 10:
      return DType::kF16;
    case 11:
      return DType::kF64;
    case 12:
      return DType::kU32;
    case 13:
      return DType::kU64;
    case 16:
      return DType::kBF16;
    default:
      return DType::kNone;
  }
}

}  // namespace plumb::ops
