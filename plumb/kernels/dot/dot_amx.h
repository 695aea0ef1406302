// The AMX kernel, written against six operations on tiles, so that its walk through memory is tested
// on processors without AMX too (dot_amx_test.cc runs it on a plain model of the operations).
// Included by the files that instantiate it.
//
// Tiles of 16 rows of 64 bytes: one product adds 16 x 16 x 64 exact products of signed bytes into
// 32-bit sums, without saturation. Two tiles of pixels by two of channels use four accumulators, two
// of a and two of w: a product for each tile that is loaded, so that loads, half as long, hide
// behind products even where weights come from the second-level cache. Rows up to a multiple of 16
// are multiplied too and left unread.
#pragma once

#include "plumb/kernels/dot/dot.h"

namespace plumb::kernels {

struct alignas(64) AmxConfig {
  unsigned char palette = 1, start_row = 0, reserved[14] = {};
  unsigned short row_bytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
  unsigned char rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
};

// Tiles: Configure(config), Release(), Load<t>(p, row_bytes), Store<t>(p, row_bytes), Dot<c, a, b>()
// (c += a * b). Loading with rows 0 bytes apart repeats one row.
template <typename Tiles>
struct DotAmx {
  static constexpr int kRows = 32;
  static constexpr int kChannels = 32;
  static constexpr int64_t kTileBytes = 1024;
  static constexpr int64_t kAccBytes = kChannels * 4;

  static void Enter() {
    static constexpr AmxConfig kConfig;
    Tiles::Configure(&kConfig);
  }
  static void Leave() { Tiles::Release(); }

  // Accumulators: 0 and 1 of the first 16 rows, 2 and 3 of the others; 4, 5: a; 6, 7: w.
  template <bool two_rows, bool two_channels>
  static void Run(const DotTile& t) {
    Tiles::template Load<0>(t.start, 0);
    if constexpr (two_channels) Tiles::template Load<1>(t.start + 16, 0);
    if constexpr (two_rows) Tiles::template Load<2>(t.start, 0);
    if constexpr (two_rows && two_channels) Tiles::template Load<3>(t.start + 16, 0);
    const int8_t* w = t.w;
    for (int64_t run = 0; run < t.run_count; ++run) {
      const std::byte* a = t.a + t.runs[run];
      for (int64_t step = t.run_steps; step > 0; --step) {
        Tiles::template Load<6>(w, 64);
        Tiles::template Load<4>(a, t.a_row);
        Tiles::template Dot<0, 4, 6>();
        if constexpr (two_channels) {
          Tiles::template Load<7>(w + kTileBytes, 64);
          Tiles::template Dot<1, 4, 7>();
        }
        if constexpr (two_rows) {
          Tiles::template Load<5>(a + 16 * t.a_row, t.a_row);
          Tiles::template Dot<2, 5, 6>();
          if constexpr (two_channels) Tiles::template Dot<3, 5, 7>();
        }
        a += 64;
        w += (two_channels ? 2 : 1) * kTileBytes;
      }
    }
    Tiles::template Store<0>(t.acc, kAccBytes);
    if constexpr (two_channels) Tiles::template Store<1>(t.acc + 16, kAccBytes);
    if constexpr (two_rows) Tiles::template Store<2>(t.acc + 16 * kChannels, kAccBytes);
    if constexpr (two_rows && two_channels) {
      Tiles::template Store<3>(t.acc + 16 * kChannels + 16, kAccBytes);
    }
  }

  static void Tile(const DotTile& t) {
    if (t.channels > 16) {
      t.rows > 16 ? Run<true, true>(t) : Run<false, true>(t);
    } else {
      t.rows > 16 ? Run<true, false>(t) : Run<false, false>(t);
    }
  }

  // Weights of 64 elements of k and 16 channels: 16 rows of [channels][4], as vpdpbusd takes them.
  static constexpr DotKernel Kernel(const char* name, Isa isa, void (*copy)(const DotCopy&)) {
    return {.name = name,
            .isa = isa,
            .tile_rows = kRows,
            .row_step = 16,
            .tile_channels = kChannels,
            .lanes = 16,
            .k_step = 64,
            .w_group = 4,
            .element_bytes = 1,
            .x_offset = 0,
            .group_steps = 3,
            .step_cycles = 17.0f / 16,
            .enter = Enter,
            .leave = Leave,
            .copy = copy,
            .tile = Tile};
  }
};

}  // namespace plumb::kernels
