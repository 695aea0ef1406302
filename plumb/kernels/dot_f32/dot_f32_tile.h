// The tile kernel over the vector types of numerics/simd.h. Included by kernel files only: each
// instantiates it with a type of its own.
#pragma once

#include "plumb/kernels/dot_f32/dot_f32.h"

namespace plumb::kernels {

// How many of V::kLanes columns are there from vector v on: kLanes for a whole vector, 0 beyond the
// end.
template <typename V>
inline int DotF32Lanes(int columns, int v) {
  const int left = columns - v * V::kLanes;
  return left >= V::kLanes ? V::kLanes : (left > 0 ? left : 0);
}

template <typename V>
inline V DotF32Load(const float* p, int lanes) {
  return lanes == V::kLanes ? V::Load(p) : V::LoadPart(p, lanes);
}

template <typename V, int kRows, int kVectors>
inline void DotF32RowsByVectors(const DotF32Tile& t) {
  V acc[kRows][kVectors];
  for (int r = 0; r < kRows; ++r) {
    for (int v = 0; v < kVectors; ++v) {
      acc[r][v] = V::Set(0.0f);
    }
  }
  if (!t.first) {
    for (int v = 0; v < kVectors; ++v) {
      const int lanes = DotF32Lanes<V>(t.columns, v);
      for (int r = 0; r < kRows; ++r) {
        acc[r][v] = DotF32Load<V>(t.c + r * t.c_stride + v * V::kLanes, lanes);
      }
    }
  }
  // Every third row has a pointer; the two behind it are one and two strides away.
  constexpr int kPointers = (kRows + 2) / 3;
  const float* b = t.b;
  for (const DotF32Segment& segment : t.segments) {
    const float* a[kPointers];
    for (int p = 0; p < kPointers; ++p) {
      a[p] = t.a + segment.offset + 3 * p * t.a_stride;
    }
    for (int64_t k = segment.length; k > 0; --k) {
      V column[kVectors];
      for (int v = 0; v < kVectors; ++v) {
        column[v] = V::Load(b + v * V::kLanes);
      }
      for (int r = 0; r < kRows; ++r) {
        const V row = V::Set(a[r / 3][r % 3 * t.a_stride]);
        for (int v = 0; v < kVectors; ++v) {
          acc[r][v] = Fma(row, column[v], acc[r][v]);
        }
      }
      for (int p = 0; p < kPointers; ++p) {
        ++a[p];
      }
      b += kVectors * V::kLanes;
    }
  }
  if (t.bias != nullptr) {
    for (int v = 0; v < kVectors; ++v) {
      const V bias = DotF32Load<V>(t.bias + v * V::kLanes, DotF32Lanes<V>(t.columns, v));
      for (int r = 0; r < kRows; ++r) {
        acc[r][v] = acc[r][v] + bias;
      }
    }
  }
  for (int v = 0; v < kVectors; ++v) {
    const int lanes = DotF32Lanes<V>(t.columns, v);
    for (int r = 0; r < kRows; ++r) {
      float* c = t.c + r * t.c_stride + v * V::kLanes;
      if (lanes == V::kLanes) {
        acc[r][v].Store(c);
      } else {
        acc[r][v].StorePart(c, lanes);
      }
    }
  }
}

// kRun[rows - 1]: the kernels for each number of rows listed.
template <typename V, int kVectors, int... kRows>
struct DotF32List {
  static constexpr void (*kRun[])(const DotF32Tile&) = {DotF32RowsByVectors<V, kRows, kVectors>...};
};

}  // namespace plumb::kernels
