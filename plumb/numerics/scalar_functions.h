// Functions of one binary32 number that few networks need, one lane at a time: computed in binary64
// from basic IEEE operations in a fixed order and rounded once at the end, so the bits are the same
// on every machine. Error: at most 0.51 ulp (Pow 0.51 as well). NaN, and arguments outside the
// domain, give the quiet NaN 0x7fc00000.
#pragma once

namespace plumb::numerics {

[[nodiscard]] float Sin(float x);  // any finite x, reduced exactly; infinite: NaN
[[nodiscard]] float Cos(float x);
[[nodiscard]] float Tan(float x);
[[nodiscard]] float Asin(float x);
[[nodiscard]] float Acos(float x);
[[nodiscard]] float Atan(float x);
[[nodiscard]] float Sinh(float x);
[[nodiscard]] float Cosh(float x);
[[nodiscard]] float Asinh(float x);
[[nodiscard]] float Acosh(float x);
[[nodiscard]] float Atanh(float x);
// x to the y, with the special cases of IEEE 754's pow (Pow(x, 0) = 1 for every x, Pow(1, y) = 1
// for every y).
[[nodiscard]] float Pow(float x, float y);
// The remainder of x / y, exact: of the sign of x (fmod), or of the sign of y (FloorMod, as
// Python's %).
[[nodiscard]] float FMod(float x, float y);
[[nodiscard]] float FloorMod(float x, float y);

}  // namespace plumb::numerics
