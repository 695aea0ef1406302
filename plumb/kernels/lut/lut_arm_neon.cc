// The table fills sixteen registers, looked up by quarters: an index beyond a quarter leaves the byte
// as it is, so each quarter sees the index less what came before it.
#include <arm_neon.h>

#include <cstring>

#include "plumb/kernels/lut/lut.h"

namespace plumb::kernels {
namespace {

uint8x16x4_t Quarter(const uint8_t* t) {
  return {{vld1q_u8(t), vld1q_u8(t + 16), vld1q_u8(t + 32), vld1q_u8(t + 48)}};
}

void Run(const int8_t* table, const int8_t* x, int8_t* y, int64_t n) {
  const uint8_t* t = reinterpret_cast<const uint8_t*>(table);
  const uint8x16x4_t first = Quarter(t), second = Quarter(t + 64), third = Quarter(t + 128),
                     fourth = Quarter(t + 192);
  const uint8x16_t flip = vdupq_n_u8(0x80), quarter = vdupq_n_u8(64);
  const auto look_up = [&](const uint8_t* from, uint8_t* to) {
    uint8x16_t i = veorq_u8(vld1q_u8(from), flip);  // x + 128
    uint8x16_t q = vqtbl4q_u8(first, i);
    i = vsubq_u8(i, quarter);
    q = vqtbx4q_u8(q, second, i);
    i = vsubq_u8(i, quarter);
    q = vqtbx4q_u8(q, third, i);
    i = vsubq_u8(i, quarter);
    vst1q_u8(to, vqtbx4q_u8(q, fourth, i));
  };
  const uint8_t* from = reinterpret_cast<const uint8_t*>(x);
  uint8_t* to = reinterpret_cast<uint8_t*>(y);
  const int64_t whole = n / 16 * 16;
  for (int64_t i = 0; i < whole; i += 16) {
    look_up(from + i, to + i);
  }
  if (whole < n) {
    uint8_t rest[16] = {};
    std::memcpy(rest, from + whole, static_cast<size_t>(n - whole));
    look_up(rest, rest);
    std::memcpy(to + whole, rest, static_cast<size_t>(n - whole));
  }
}

}  // namespace

const LutKernel lut_s8_16_neon = {"lut_s8_16_neon", Isa::kNeon, nullptr, Run};

}  // namespace plumb::kernels
