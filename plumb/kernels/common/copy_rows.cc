#include "plumb/kernels/common/copy_rows.h"

#include <algorithm>
#include <cstring>

namespace plumb::kernels {
namespace {

using Bytes16 = uint8_t __attribute__((vector_size(16)));

struct Rows {
  std::byte* to;
  int64_t to_step;
  const std::byte* from;
  int64_t from_step;
  int64_t rows;
};

template <typename T>
T Load(const std::byte* p) {
  T value;
  std::memcpy(&value, p, sizeof(T));
  return value;
}

// Rows of sizeof(T) bytes.
template <typename T>
void CopyOnce(Rows r) {
  for (int64_t i = 0; i < r.rows; ++i, r.to += r.to_step, r.from += r.from_step) {
    const T value = Load<T>(r.from);
    std::memcpy(r.to, &value, sizeof(T));
  }
}

// Rows of sizeof(T) to 2 * sizeof(T) bytes: the first and the last of them.
template <typename T>
void CopyTwice(Rows r, int64_t bytes) {
  const int64_t last = bytes - static_cast<int64_t>(sizeof(T));
  for (int64_t i = 0; i < r.rows; ++i, r.to += r.to_step, r.from += r.from_step) {
    const T first = Load<T>(r.from);
    const T second = Load<T>(r.from + last);
    std::memcpy(r.to, &first, sizeof(T));
    std::memcpy(r.to + last, &second, sizeof(T));
  }
}

// Rows of 16 bytes or more: the last move overlaps the one before.
void CopyMany(Rows r, int64_t bytes) {
  const int64_t last = bytes - 16;
  for (int64_t i = 0; i < r.rows; ++i, r.to += r.to_step, r.from += r.from_step) {
    for (int64_t at = 0; at < bytes; at += 16) {
      const int64_t begin = std::min(at, last);
      const auto value = Load<Bytes16>(r.from + begin);
      std::memcpy(r.to + begin, &value, 16);
    }
  }
}

}  // namespace

void CopyRows(std::byte* to, int64_t to_step, const std::byte* from, int64_t from_step,
              int64_t rows, int64_t bytes) {
  constexpr int64_t kLong = 256;
  if (bytes <= 0 || rows <= 0) {
    return;
  }
  if (bytes == to_step && bytes == from_step) {
    std::memcpy(to, from, static_cast<size_t>(rows * bytes));
    return;
  }
  const Rows r{to, to_step, from, from_step, rows};
  if (bytes == 1) {
    CopyOnce<uint8_t>(r);
  } else if (bytes == 2) {
    CopyOnce<uint16_t>(r);
  } else if (bytes == 3) {
    CopyTwice<uint16_t>(r, 3);
  } else if (bytes == 4) {
    CopyOnce<uint32_t>(r);
  } else if (bytes < 8) {
    CopyTwice<uint32_t>(r, bytes);
  } else if (bytes == 8) {
    CopyOnce<uint64_t>(r);
  } else if (bytes < 16) {
    CopyTwice<uint64_t>(r, bytes);
  } else if (bytes == 16) {
    CopyOnce<Bytes16>(r);
  } else if (bytes <= 32) {
    CopyTwice<Bytes16>(r, bytes);
  } else if (bytes < kLong) {
    CopyMany(r, bytes);
  } else {
    for (int64_t i = 0; i < rows; ++i) {
      std::memcpy(to + i * to_step, from + i * from_step, static_cast<size_t>(bytes));
    }
  }
}

}  // namespace plumb::kernels
