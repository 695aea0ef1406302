#include "plumb/artifact/validator.h"

#include <cmath>
#include <cstdint>
#include <limits>
#include <set>
#include <string_view>

namespace plumb::artifact {
namespace {

constexpr size_t kMaxBytes = size_t{1} << (sizeof(size_t) > 4 ? 47 : 30);

std::string Describe(const TensorInfo& info, size_t index) {
  return StrCat("tensor ", index, " '", info.name, "'");
}

struct Range {
  int64_t low, high;
};

// What a zero point of this element type may be.
Range ZeroPointRange(DType dtype) {
  switch (dtype) {
    case DType::kS8:
      return {-128, 127};
    case DType::kU8:
      return {0, 255};
    case DType::kS16:
      return {-32768, 32767};
    case DType::kU16:
      return {0, 65535};
    case DType::kU32:
    case DType::kU64:
    case DType::kBool:
      return {0, std::numeric_limits<int32_t>::max()};
    default:
      return {std::numeric_limits<int32_t>::min(), std::numeric_limits<int32_t>::max()};
  }
}

Status ValidateGrid(const TensorInfo& info, size_t index) {
  const Quantization& grid = info.quantization;
  size_t expected = 1;
  if (grid.axis != -1) {
    if (grid.axis < 0 || static_cast<size_t>(grid.axis) >= info.shape.size()) {
      return InvalidModel(Describe(info, index), ": quantized along axis ", grid.axis,
                          ", but its rank is ", info.shape.size());
    }
    expected = static_cast<size_t>(info.shape[static_cast<size_t>(grid.axis)]);
  }
  if (grid.empty() && grid.zero_point.empty()) {
    return grid.axis == -1
               ? Status()
               : InvalidModel(Describe(info, index), ": a quantization axis without scales");
  }
  if (grid.scale.size() != expected || grid.zero_point.size() != expected) {
    return InvalidModel(Describe(info, index), ": expected ", expected,
                        " scales and zero points, found ", grid.scale.size(), " and ",
                        grid.zero_point.size());
  }
  const Range range = ZeroPointRange(info.dtype);
  for (size_t i = 0; i < expected; ++i) {
    if (!std::isnormal(grid.scale[i]) || grid.scale[i] < 0) {
      return InvalidModel(Describe(info, index), ": scale ", i, " is ", grid.scale[i],
                          "; expected a positive normal number");
    }
    if (grid.zero_point[i] < range.low || grid.zero_point[i] > range.high) {
      return InvalidModel(Describe(info, index), ": zero point ", grid.zero_point[i],
                          " is outside ", range.low, "..", range.high);
    }
  }
  return {};
}

Status ValidateConstant(const TensorInfo& info, size_t index, size_t bytes,
                        const Program& program) {
  if (info.constant < 0 || static_cast<size_t>(info.constant) >= program.constants.size()) {
    return InvalidModel(Describe(info, index), ": constant ", info.constant, " of ",
                        program.constants.size());
  }
  const Constant& constant = program.constants[static_cast<size_t>(info.constant)];
  if (constant.bytes != bytes) {
    return InvalidModel(Describe(info, index), ": a ", DTypeName(info.dtype), " tensor of shape ",
                        ShapeToString(info.shape), " takes ", bytes, " bytes, its constant has ",
                        constant.bytes);
  }
  if (bytes > 0 && (constant.data == nullptr ||
                    reinterpret_cast<uintptr_t>(constant.data) % DTypeSize(info.dtype) != 0)) {
    return InvalidModel(Describe(info, index), ": its constant is misaligned");
  }
  if (info.dtype == DType::kBool) {
    const auto* values = static_cast<const uint8_t*>(constant.data);
    for (size_t i = 0; i < bytes; ++i) {
      if (values[i] > 1) {
        return InvalidModel(Describe(info, index), ": a bool constant holds ",
                            static_cast<int>(values[i]));
      }
    }
  }
  return {};
}

Status ValidateTensor(const TensorInfo& info, size_t index, const Program& program) {
  if (!IsValidDType(static_cast<uint8_t>(info.dtype))) {
    return InvalidModel(Describe(info, index), ": element type ", static_cast<int>(info.dtype),
                        " does not exist");
  }
  Result<size_t> bytes = TensorBytes(info.dtype, info.shape);
  if (!bytes.ok()) {
    return bytes.status().WithContext(Describe(info, index));
  }
  PLUMB_RETURN_IF_ERROR(ValidateGrid(info, index));
  return info.constant == -1 ? Status() : ValidateConstant(info, index, *bytes, program);
}

// Who writes and who reads: everything once, in order.
class Order {
 public:
  explicit Order(const Program& program)
      : program_(program), written_(program.tensors.size(), false) {
    for (size_t i = 0; i < program.tensors.size(); ++i) {
      written_[i] = program.tensors[i].constant != -1;
    }
  }
  Status Write(int32_t tensor, std::string_view who) {
    PLUMB_RETURN_IF_ERROR(InRange(tensor, who));
    if (written_[static_cast<size_t>(tensor)]) {
      return InvalidModel(who, " writes ", Name(tensor), ", which has its contents already");
    }
    written_[static_cast<size_t>(tensor)] = true;
    return {};
  }
  Status Read(int32_t tensor, std::string_view who) const {
    PLUMB_RETURN_IF_ERROR(InRange(tensor, who));
    return written_[static_cast<size_t>(tensor)]
               ? Status()
               : InvalidModel(who, " reads ", Name(tensor),
                              ", which nothing has written before it");
  }

 private:
  [[nodiscard]] std::string Name(int32_t tensor) const {
    return Describe(program_.tensors[static_cast<size_t>(tensor)], static_cast<size_t>(tensor));
  }
  Status InRange(int32_t tensor, std::string_view who) const {
    return tensor >= 0 && static_cast<size_t>(tensor) < written_.size()
               ? Status()
               : InvalidModel(who, " refers to tensor ", tensor, " of ", written_.size());
  }
  const Program& program_;
  std::vector<bool> written_;
};

Status ValidatePorts(const std::vector<Port>& ports, std::string_view kind) {
  std::set<std::string_view> names;
  for (const Port& port : ports) {
    if (!IsValidDType(static_cast<uint8_t>(port.dtype))) {
      return InvalidModel(kind, " '", port.name, "': element type ", static_cast<int>(port.dtype),
                          " does not exist");
    }
    if (!names.insert(port.name).second) {
      return InvalidModel("two ", kind, "s are named '", port.name, "'");
    }
  }
  return {};
}

// Every input and output has a first dimension that the batch multiplies.
Status ValidateBatch(const Program& program) {
  if (program.batch == 1) {
    return {};
  }
  if (program.batch < 1 || program.batch > kMaxBatch || program.symbolic_batch) {
    return InvalidModel("a batch of ", program.batch,
                        program.symbolic_batch ? " and a free one" : "", "; expected 1 to ",
                        kMaxBatch);
  }
  for (const std::vector<Port>* ports : {&program.inputs, &program.outputs}) {
    for (const Port& port : *ports) {
      const TensorInfo& info = program.tensors[static_cast<size_t>(port.tensor)];
      Shape shape = info.shape;
      if (shape.empty()) {
        return InvalidModel("a batch of ", program.batch, ", but '", port.name,
                            "' is a scalar: it has no first dimension");
      }
      shape[0] *= program.batch;  // fits: the tensor itself was checked
      PLUMB_RETURN_IF_ERROR(TensorBytes(info.dtype, shape)
                                .status()
                                .WithContext(StrCat(program.batch, " of '", port.name, "'")));
    }
  }
  return {};
}

}  // namespace

Result<size_t> TensorBytes(DType dtype, const Shape& shape) {
  if (shape.size() > kMaxRank) {
    return InvalidModel("rank ", shape.size(), "; at most ", kMaxRank, " is supported");
  }
  bool empty = false;
  for (int64_t d : shape) {
    if (d < 0) {
      return InvalidModel("negative dimension in shape ", ShapeToString(shape));
    }
    empty = empty || d == 0;
  }
  // Without its zeros the product must fit too, so that strides computed from the shape do.
  size_t bytes = DTypeSize(dtype);
  for (int64_t d : shape) {
    const auto size = static_cast<size_t>(d == 0 ? 1 : d);
    if (bytes > kMaxBytes / size) {
      return InvalidModel("shape ", ShapeToString(shape), " of ", DTypeName(dtype),
                          " is larger than any memory");
    }
    bytes *= size;
  }
  return empty ? size_t{0} : bytes;
}

Status ValidateProgram(const Program& program) {
  constexpr size_t kMaxCount = std::numeric_limits<int32_t>::max();
  if (program.tensors.size() > kMaxCount || program.constants.size() > kMaxCount) {
    return InvalidModel("more than ", kMaxCount, " tensors");
  }
  for (size_t i = 0; i < program.tensors.size(); ++i) {
    PLUMB_RETURN_IF_ERROR(ValidateTensor(program.tensors[i], i, program));
  }
  PLUMB_RETURN_IF_ERROR(ValidatePorts(program.inputs, "input"));
  PLUMB_RETURN_IF_ERROR(ValidatePorts(program.outputs, "output"));
  Order order(program);
  for (const Port& port : program.inputs) {
    PLUMB_RETURN_IF_ERROR(order.Write(port.tensor, StrCat("input '", port.name, "'")));
  }
  for (size_t i = 0; i < program.records.size(); ++i) {
    const Record& record = program.records[i];
    const std::string who = StrCat("record ", i, " '", record.name, "' (", record.op, ")");
    for (int32_t tensor : record.inputs) {
      PLUMB_RETURN_IF_ERROR(tensor == -1 ? Status() : order.Read(tensor, who));
    }
    for (int32_t tensor : record.outputs) {
      PLUMB_RETURN_IF_ERROR(order.Write(tensor, who));
    }
  }
  for (const Port& port : program.outputs) {
    PLUMB_RETURN_IF_ERROR(order.Read(port.tensor, StrCat("output '", port.name, "'")));
  }
  return ValidateBatch(program);
}

}  // namespace plumb::artifact
