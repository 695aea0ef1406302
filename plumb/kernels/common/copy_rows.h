// Copies of many short rows: the pixels of a picture, the parts of a concatenation.
#pragma once

#include <cstddef>
#include <cstdint>

namespace plumb::kernels {

// Row i of `bytes` bytes from `from + i * from_step` to `to + i * to_step`. A call of memcpy for each
// would cost more than the bytes; here a row is one or a few moves of a fixed size, the last of
// which may overlap. Rows do not overlap; no byte outside them is touched.
void CopyRows(std::byte* to, int64_t to_step, const std::byte* from, int64_t from_step,
              int64_t rows, int64_t bytes);

}  // namespace plumb::kernels
