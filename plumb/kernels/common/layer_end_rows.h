// The ends over a vector type. Included by kernel files only: each instantiates them with a type of
// its own.
#pragma once

#include "plumb/kernels/common/layer_end.h"
#include "plumb/numerics/simd_s8.h"

namespace plumb::kernels {

template <typename V>
struct LayerEndRows {
  using I = typename V::Int;
  using Bytes = numerics::S8<V>;

  // f(row, channel, lanes) for every vector.
  template <typename F>
  static void ForEach(const EndBlock& block, F f) {
    for (int64_t row = 0; row < block.rows; ++row) {
      int64_t c = 0;
      for (; c + V::kLanes <= block.channels; c += V::kLanes) {
        f(row, c, V::kLanes);
      }
      if (c < block.channels) {
        f(row, c, static_cast<int>(block.channels - c));
      }
    }
  }
  static V Real(const EndBlock& block, const EndParams& p, int64_t row, int64_t c, int n) {
    return ToFloat(Bytes::LoadWide(block.acc + row * block.acc_stride + c, n)) *
           V::Load(p.multiplier + c);
  }
  static void Store(V scaled, const EndParams& p, int64_t c, int n, int8_t* y) {
    const I q = numerics::ClampRoundLanes<V>(scaled, V::Load(p.low + c), V::Load(p.high + c),
                                             Bytes::LoadWide(p.zero + c, V::kLanes));
    Bytes::Store(q, y, n);
  }

  static void Requantize(const EndBlock& block, const EndParams& p, int8_t* y, int64_t y_stride) {
    ForEach(block, [&](int64_t row, int64_t c, int n) {
      Store(Real(block, p, row, c, n), p, c, n, y + row * y_stride + c);
    });
  }
  static void Scale(const EndBlock& block, const EndParams& p, float* real, int64_t real_stride) {
    ForEach(block, [&](int64_t row, int64_t c, int n) {
      Real(block, p, row, c, n).StorePart(real + row * real_stride + c, n);
    });
  }
  static void Quantize(const EndBlock& block, const EndParams& p, const float* real,
                       int64_t real_stride, int8_t* y, int64_t y_stride) {
    ForEach(block, [&](int64_t row, int64_t c, int n) {
      const V scaled = V::LoadPart(real + row * real_stride + c, n) / V::Load(p.scale + c);
      const V number = Select(scaled == scaled, scaled, V::Set(0.0f));  // NaN: the zero point
      Store(number, p, c, n, y + row * y_stride + c);
    });
  }
  static void Transpose(const EndTranspose& t) {
    for (int64_t c = 0; c < t.channels; ++c) {
      for (int64_t row = 0; row < t.rows; ++row) {
        t.y[c * t.y_stride + row] = t.real[row * t.real_stride + c];
      }
    }
  }
  static void Add(const EndResidual& sum, const EndAddition& a) {
    const V own_multiplier = V::Set(sum.own_multiplier), multiplier = V::Set(sum.multiplier);
    const I own_zero = I::Set(sum.own_zero_point), zero = I::Set(sum.zero_point);
    const V low = V::Set(static_cast<float>(sum.lo - sum.y_zero_point));
    const V high = V::Set(static_cast<float>(sum.hi - sum.y_zero_point));
    const I y_zero = I::Set(sum.y_zero_point);
    ForEach({nullptr, 0, a.rows, a.channels}, [&](int64_t row, int64_t c, int n) {
      int8_t* const y = a.y + row * a.y_stride + c;
      const V own = ToFloat(Bytes::Load(y, n) - own_zero) * own_multiplier;
      const V other = ToFloat(Bytes::Load(a.r + row * a.r_stride + c, n) - zero) * multiplier;
      Bytes::Store(numerics::ClampRoundLanes<V>(own + other, low, high, y_zero), y, n);
    });
  }
};

}  // namespace plumb::kernels
