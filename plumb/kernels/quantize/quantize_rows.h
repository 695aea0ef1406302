// The s8 kernels over a vector type. Included by kernel files only: each instantiates them with a
// type of its own.
#pragma once

#include <cstring>

#include "plumb/kernels/quantize/quantize.h"
#include "plumb/numerics/simd_s8.h"

namespace plumb::kernels {

template <typename V>
struct QuantizeRows {
  using I = typename V::Int;
  using Bytes = numerics::S8<V>;

  static V LoadScale(const QuantizeRun& run, int64_t i, int n) {
    return run.grid_step != 0 ? V::LoadPart(run.scale + i, n) : V::Set(*run.scale);
  }
  static I LoadZero(const QuantizeRun& run, int64_t i, int n) {
    return run.grid_step != 0 ? Bytes::LoadWide(run.zero_point + i, n) : I::Set(*run.zero_point);
  }

  static I Rounded(V x, V scale, I zero) {
    const V scaled = x / scale;
    const V number = Select(scaled == scaled, scaled, V::Set(0.0f));  // NaN gives the zero point
    return numerics::ClampRoundLanes<V>(number, ToFloat(I::Set(-128) - zero),
                                        ToFloat(I::Set(127) - zero), zero);
  }

  static void Quantize(const QuantizeRun& run, const float* x, int8_t* q) {
    for (int64_t i = 0; i < run.n; i += V::kLanes) {
      const int n = static_cast<int>(run.n - i < V::kLanes ? run.n - i : V::kLanes);
      const I q32 = Rounded(V::LoadPart(x + i, n), LoadScale(run, i, n), LoadZero(run, i, n));
      Bytes::Store(q32, q + i, n);
    }
  }

  static void Dequantize(const QuantizeRun& run, const int8_t* q, float* x) {
    for (int64_t i = 0; i < run.n; i += V::kLanes) {
      const int n = static_cast<int>(run.n - i < V::kLanes ? run.n - i : V::kLanes);
      const V steps = ToFloat(Bytes::Load(q + i, n) - LoadZero(run, i, n));
      (steps * LoadScale(run, i, n)).StorePart(x + i, n);
    }
  }

  // The channels of a pixel gather in a word of 32 bits; the words are then stored `channels` bytes
  // apart, each over the spare bytes of the one before.
  static void Interleave(const QuantizePlanes& p) {
    const V scale = V::Set(p.scale);
    const I zero = I::Set(p.zero_point), low_byte = I::Set(255);
    const auto plane = [&](int c, int64_t i, int n) {
      const V x = c < p.channels ? V::LoadPart(p.x + c * p.plane + i, n) : V::Set(0.0f);
      return Rounded(x, scale, zero) & low_byte;
    };
    for (int64_t i = 0; i < p.n; i += V::kLanes) {
      const int n = static_cast<int>(p.n - i < V::kLanes ? p.n - i : V::kLanes);
      I word = plane(0, i, n);
      if (p.channels > 1) {
        word = word | ShiftLeft<8>(plane(1, i, n));
      }
      if (p.channels > 2) {
        word = word | ShiftLeft<16>(plane(2, i, n)) | ShiftLeft<24>(plane(3, i, n));
      }
      alignas(64) float words[V::kLanes];
      FromBits(word).Store(words);
      int8_t* q = p.q + i * p.channels;
      const auto channels = static_cast<size_t>(p.channels);
      const bool room = i + n + kMostPlanes <= p.n;  // pixels behind, which are written later
      for (int k = 0; k < n; ++k, q += p.channels) {
        std::memcpy(q, words + k, room ? 4 : channels);
      }
    }
  }
};

}  // namespace plumb::kernels
