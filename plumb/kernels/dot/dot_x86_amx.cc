// Tiles of 16 rows of 64 bytes: one tdpbssd adds 16 x 16 x 64 exact products of signed bytes into
// 32-bit sums, without saturation. Two tiles of pixels by two of channels use four accumulators,
// two of a and two of w. Rows that do not exist are multiplied too and left unread.
#include <immintrin.h>

#include "plumb/kernels/dot/dot.h"

namespace plumb::kernels {
namespace {

constexpr int kRows = 32;
constexpr int kChannels = 32;
constexpr int64_t kRowBytes = DotRowBytes(1);
constexpr int64_t kAccBytes = kChannels * 4;

// A constant: GCC does not know that loading the configuration reads all of it.
struct alignas(64) Config {
  unsigned char palette = 1, start_row = 0, reserved[14] = {};
  unsigned short row_bytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
  unsigned char rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
};
constexpr Config kConfig;

void Enter() { _tile_loadconfig(&kConfig); }

void Leave() { _tile_release(); }

void Copy(const DotCopy& job) {
  char* to = static_cast<char*>(job.to);
  const int8_t* from = job.from;
  const int64_t whole = job.n / 64 * 64;
  const __mmask64 rest = (__mmask64{1} << (job.n - whole)) - 1;
  for (int64_t r = 0; r < job.rows; ++r, to += kRowBytes) {
    if (from == nullptr) {
      __builtin_memset(to, job.value, static_cast<size_t>(job.n));
      continue;
    }
    for (int64_t i = 0; i < whole; i += 64) {
      _mm512_storeu_si512(to + i, _mm512_loadu_si512(from + i));
    }
    if (job.n <= 32) {  // narrower accesses cross fewer cache lines
      const __mmask32 part = static_cast<__mmask32>(rest);
      _mm256_mask_storeu_epi8(to, part, _mm256_maskz_loadu_epi8(part, from));
    } else if (rest != 0) {
      _mm512_mask_storeu_epi8(to + whole, rest, _mm512_maskz_loadu_epi8(rest, from + whole));
    }
    from += job.from_stride;
  }
}

void Start(const DotTile& t) {
  for (int c = 0; c < t.channels; c += 16) {
    const __m512i start = _mm512_loadu_si512(t.start + c);
    for (int r = 0; r < kRows; ++r) {
      _mm512_store_si512(t.acc + r * kChannels + c, start);
    }
  }
}

void Tile(const DotTile& t) {
  if (t.start != nullptr) {
    Start(t);
    asm volatile("" ::: "memory");  // GCC does not know that tile loads read memory
  }
  const char* a = static_cast<const char*>(t.a);
  const int8_t* w = t.w;
  const int64_t w_row = t.channels * 4;  // bytes of four elements of k
  const bool two_rows = t.rows > 16;
  if (t.channels > 16) {
    _tile_loadd(0, t.acc, kAccBytes);
    _tile_loadd(1, t.acc + 16, kAccBytes);
    if (two_rows) {
      _tile_loadd(2, t.acc + 16 * kChannels, kAccBytes);
      _tile_loadd(3, t.acc + 16 * kChannels + 16, kAccBytes);
    }
    for (int64_t step = 0; step < t.steps; ++step, a += 64, w += 16 * w_row) {
      _tile_loadd(6, w, w_row);
      _tile_loadd(7, w + 64, w_row);
      _tile_loadd(4, a, kRowBytes);
      _tile_dpbssd(0, 4, 6);
      _tile_dpbssd(1, 4, 7);
      if (two_rows) {
        _tile_loadd(5, a + 16 * kRowBytes, kRowBytes);
        _tile_dpbssd(2, 5, 6);
        _tile_dpbssd(3, 5, 7);
      }
    }
    _tile_stored(0, t.acc, kAccBytes);
    _tile_stored(1, t.acc + 16, kAccBytes);
    if (two_rows) {
      _tile_stored(2, t.acc + 16 * kChannels, kAccBytes);
      _tile_stored(3, t.acc + 16 * kChannels + 16, kAccBytes);
    }
    return;
  }
  _tile_loadd(0, t.acc, kAccBytes);
  _tile_loadd(2, t.acc + 16 * kChannels, kAccBytes);
  for (int64_t step = 0; step < t.steps; ++step, a += 64, w += 16 * w_row) {
    _tile_loadd(6, w, w_row);
    _tile_loadd(4, a, kRowBytes);
    _tile_loadd(5, a + 16 * kRowBytes, kRowBytes);
    _tile_dpbssd(0, 4, 6);
    _tile_dpbssd(2, 5, 6);
  }
  _tile_stored(0, t.acc, kAccBytes);
  _tile_stored(2, t.acc + 16 * kChannels, kAccBytes);
}

}  // namespace

// Weights of 64 elements of k: 16 rows of [channels][4]. So they are packed with a step of 4, as
// for vpdpbusd, over a k padded to 64.
const DotKernel dot_s8s8s32_32x32x64_amx = {"dot_s8s8s32_32x32x64_amx",
                                            Isa::kAmx,
                                            kRows,
                                            kChannels,
                                            16,
                                            64,
                                            4,
                                            1,
                                            0,
                                            Enter,
                                            Leave,
                                            Copy,
                                            Tile};

}  // namespace plumb::kernels
