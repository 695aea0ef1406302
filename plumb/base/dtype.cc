#include "plumb/base/dtype.h"

#include <array>

namespace plumb {
namespace {

struct Row {
  DType type;
  std::string_view name;
  size_t size;
};
constexpr std::array kRows = {
    Row{DType::kNone, "none", 0}, Row{DType::kF32, "f32", 4},   Row{DType::kF16, "f16", 2},
    Row{DType::kBF16, "bf16", 2}, Row{DType::kF64, "f64", 8},   Row{DType::kS8, "s8", 1},
    Row{DType::kU8, "u8", 1},     Row{DType::kS16, "s16", 2},   Row{DType::kU16, "u16", 2},
    Row{DType::kS32, "s32", 4},   Row{DType::kU32, "u32", 4},   Row{DType::kS64, "s64", 8},
    Row{DType::kU64, "u64", 8},   Row{DType::kBool, "bool", 1},
};

const Row& RowOf(DType type) { return kRows[static_cast<size_t>(type)]; }

}  // namespace

size_t DTypeSize(DType type) { return RowOf(type).size; }
std::string_view DTypeName(DType type) { return RowOf(type).name; }

std::optional<DType> DTypeFromName(std::string_view name) {
  for (const Row& row : kRows) {
    if (row.name == name && row.type != DType::kNone) {
      return row.type;
    }
  }
  return std::nullopt;
}

bool IsFloat(DType type) {
  return type == DType::kF32 || type == DType::kF16 || type == DType::kBF16 || type == DType::kF64;
}

bool IsValidDType(uint8_t raw) { return raw > 0 && raw < kRows.size(); }

}  // namespace plumb
