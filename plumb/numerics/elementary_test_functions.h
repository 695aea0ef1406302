// The elementary functions as plain functions over arrays, once per instruction set: what
// elementary_test.cc compares.
#pragma once

#include <cstdint>

namespace plumb::numerics {

struct ElementaryRow {
  const char* name;
  void (*apply)(const float* x, float* y, int64_t n);
};

// Ends with a row whose name is null. Callable where the CPU has the instruction set.
const ElementaryRow* ScalarRows();
const ElementaryRow* Avx2Rows();
const ElementaryRow* Avx512Rows();
const ElementaryRow* NeonRows();

}  // namespace plumb::numerics
