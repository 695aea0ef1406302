// A floating-point environment that would change bits: denormals flushed, results rounded up. For its lifetime.
#pragma once

#include <cstdint>

#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

namespace plumb {

class HostileEnvironment {
 public:
  explicit HostileEnvironment(bool hostile) : hostile_(hostile), saved_(Read()) {
    if (hostile_) {
      Write(kHostile);
    }
  }
  ~HostileEnvironment() { Write(saved_); }
  HostileEnvironment(const HostileEnvironment&) = delete;
  HostileEnvironment& operator=(const HostileEnvironment&) = delete;

  // Whether the controls (not the sticky flags) are as they were set.
  [[nodiscard]] bool Untouched() const {
    return ((Read() ^ (hostile_ ? kHostile : saved_)) & kControls) == 0;
  }

 private:
#if defined(__x86_64__)
  static constexpr uint64_t kHostile = 0x1F80 | 0x8040 | 0x4000;  // FTZ, DAZ, up
  static constexpr uint64_t kControls = 0xFFC0;
  static uint64_t Read() { return _mm_getcsr(); }
  static void Write(uint64_t value) { _mm_setcsr(static_cast<unsigned>(value)); }
#elif defined(__aarch64__)
  static constexpr uint64_t kHostile = (1u << 24) | (1u << 22);  // FZ, up
  static constexpr uint64_t kControls = 0x07C00000;
  static uint64_t Read() {
    uint64_t value;
    asm volatile("mrs %0, fpcr" : "=r"(value));
    return value;
  }
  static void Write(uint64_t value) { asm volatile("msr fpcr, %0" : : "r"(value)); }
#elif defined(__arm__)
  static constexpr uint64_t kHostile = (1u << 24) | (1u << 22);  // FZ, up
  static constexpr uint64_t kControls = 0x07C00000;
  static uint64_t Read() {
    uint32_t value;
    asm volatile("vmrs %0, fpscr" : "=r"(value));
    return value;
  }
  static void Write(uint64_t value) {
    asm volatile("vmsr fpscr, %0" : : "r"(static_cast<uint32_t>(value)));
  }
#else
  static constexpr uint64_t kHostile = 0, kControls = 0;
  static uint64_t Read() { return 0; }
  static void Write(uint64_t) {}
#endif

  bool hostile_;
  uint64_t saved_;
};

}  // namespace plumb
