// The last vector of a run overlaps the one before it: comparing twice changes nothing.
#include <arm_neon.h>

#include "plumb/kernels/pool/max_s8.h"

namespace plumb::kernels {
namespace {

struct Bytes16 {
  static constexpr int64_t kBytes = 16;
  static int8x16_t Load(const int8_t* p) { return vld1q_s8(p); }
  static int8x16_t Max(int8x16_t a, int8x16_t b) { return vmaxq_s8(a, b); }
  static void Store(int8_t* p, int8x16_t v) { vst1q_s8(p, v); }
};
struct Bytes8 {
  static constexpr int64_t kBytes = 8;
  static int8x8_t Load(const int8_t* p) { return vld1_s8(p); }
  static int8x8_t Max(int8x8_t a, int8x8_t b) { return vmax_s8(a, b); }
  static void Store(int8_t* p, int8x8_t v) { vst1_s8(p, v); }
};

struct Byte {
  static constexpr int64_t kBytes = 1;
  static int8_t Load(const int8_t* p) { return *p; }
  static int8_t Max(int8_t a, int8_t b) { return a > b ? a : b; }
  static void Store(int8_t* p, int8_t v) { *p = v; }
};

// Requires n >= V::kBytes.
template <typename V>
void RunVectors(const MaxS8Run& r) {
  int8_t* to = r.to;
  for (int64_t p = 0; p < r.pixels; ++p, to += r.n) {
    for (int64_t next = 0; next < r.n; next += V::kBytes) {
      const int64_t i = next < r.n - V::kBytes ? next : r.n - V::kBytes;
      auto most = V::Load(r.from[0] + p * r.step + i);
      for (int64_t k = 1; k < r.count; ++k) {
        most = V::Max(most, V::Load(r.from[k] + p * r.step + i));
      }
      V::Store(to + i, most);
    }
  }
}

void Run(const MaxS8Run& r) {
  if (r.n >= 16) {
    RunVectors<Bytes16>(r);
  } else if (r.n >= 8) {
    RunVectors<Bytes8>(r);
  } else {
    RunVectors<Byte>(r);
  }
}

}  // namespace

const MaxS8Kernel max_s8_16_neon = {"max_s8_16_neon", Isa::kNeon, Run};

}  // namespace plumb::kernels
