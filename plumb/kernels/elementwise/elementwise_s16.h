// Sum, difference and product of two 16-bit tensors, zero points 0, each with a scale of its own.
//
//   add, sub:  t = a * m_a  +-  b * m_b       m_a = s_a / s_y, m_b = s_b / s_y
//   mul:       t = float(a * b) * m_a         m_a = (s_a * s_b) / s_y
//   y = ClampRound(t, lo, hi, 0)
//
// in binary32, each operation rounded, in that order; a * b is exact in 32 bits and rounded once.
#pragma once

#include <cstdint>
#include <vector>

#include "plumb/base/cpu.h"
#include "plumb/base/thread_pool.h"
#include "plumb/kernels/common/nest.h"

namespace plumb::kernels {

enum class ElementwiseS16Op { kAdd, kSub, kMul };

struct ElementwiseS16Params {
  ElementwiseS16Op op = ElementwiseS16Op::kAdd;
  float a_multiplier = 1.0f;  // m_a
  float b_multiplier = 1.0f;  // m_b; not used by mul
  int32_t lo = -32768, hi = 32767;
};

// n outputs; an operand moves by its step, 0 or 1, from output to output.
struct ElementwiseS16Row {
  const int16_t* a;
  const int16_t* b;
  int16_t* y;
  int64_t n;
  int64_t a_step, b_step;
};

struct ElementwiseS16Kernel {
  const char* name;
  Isa isa;
  void (*run)(const ElementwiseS16Params& params, const ElementwiseS16Row& row);
};

#define PLUMB_ELEMENTWISE_S16(kernel) extern const ElementwiseS16Kernel kernel;
#include "plumb/kernels/elementwise/elementwise_s16_kernels.inc"
#undef PLUMB_ELEMENTWISE_S16

// Every kernel this machine can run, fastest first; the fastest that needs no more than `isa`.
[[nodiscard]] std::vector<const ElementwiseS16Kernel*> ElementwiseS16Kernels();
[[nodiscard]] const ElementwiseS16Kernel& SelectElementwiseS16(Isa isa);

// The definition, for one output.
[[nodiscard]] int16_t ElementwiseS16Reference(const ElementwiseS16Params& params, int16_t a,
                                              int16_t b);

// `nest` as of ElementwiseS8Nest: operand 0 is y, 1 and 2 are a and b.
void ElementwiseS16(const ElementwiseS16Kernel& kernel, const ElementwiseS16Params& params,
                    const Nest<3>& nest, const int16_t* a, const int16_t* b, int16_t* y,
                    ThreadPool& pool);

}  // namespace plumb::kernels
