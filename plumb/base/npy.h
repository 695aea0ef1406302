// NumPy's .npy files: one tensor, C order.
//
// Read: versions 1 to 3; f2 f4 f8, i1 i2 i4 i8, u1 u2 u4 u8, b1; either byte order. Anything else
// (Fortran order, complex, strings, objects, short or overlong data) is an error that says what was
// expected and found. Never trusts a size. Written: version 1, little-endian. bfloat16, which NumPy
// lacks, is written as f4.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "plumb/base/status.h"
#include "plumb/base/tensor.h"

namespace plumb {

// `name` is for messages. Data that is no tensor: a usage error.
[[nodiscard]] Result<Tensor> ParseNpy(std::span<const std::byte> data, std::string_view name);
[[nodiscard]] Result<Tensor> ReadNpy(
    const std::string& path);  // a file that cannot be opened: usage error

[[nodiscard]] std::string FormatNpy(const ConstTensorView& tensor);
// Written to a temporary name beside it, then renamed. Failing to write: environment error, nothing
// left behind.
Status WriteNpy(const std::string& path, const ConstTensorView& tensor);

// The whole file; usage error when it cannot be read, resource error above `limit` bytes.
[[nodiscard]] Result<std::vector<std::byte>> ReadFileBytes(const std::string& path,
                                                           uint64_t limit = uint64_t{1} << 34);
// All or nothing, by AtomicFile (its errors).
Status WriteFileAtomically(const std::string& path, std::string_view data);

}  // namespace plumb
