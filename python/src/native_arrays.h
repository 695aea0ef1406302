// Element types as arrays of Python have them.
#pragma once

#include <nanobind/ndarray.h>

#include "plumb/base/dtype.h"
#include "plumb/base/status.h"

namespace plumb::python {

inline nanobind::dlpack::dtype TypeOf(DType dtype) {
  using Code = nanobind::dlpack::dtype_code;
  const auto code =
      dtype == DType::kBool ? Code::Bool
      : IsFloat(dtype)      ? Code::Float
      : dtype == DType::kU8 || dtype == DType::kU16 || dtype == DType::kU32 || dtype == DType::kU64
          ? Code::UInt
          : Code::Int;
  return {static_cast<uint8_t>(code), static_cast<uint8_t>(8 * DTypeSize(dtype)), 1};
}

inline Result<DType> TypeFrom(const nanobind::dlpack::dtype& given) {
  for (int raw = 1; raw <= static_cast<int>(DType::kBool); ++raw) {
    const auto dtype = static_cast<DType>(raw);
    if (dtype != DType::kBF16 && TypeOf(dtype) == given) {
      return dtype;
    }
  }
  return UsageError("an array of a type that no network takes");
}

}  // namespace plumb::python
