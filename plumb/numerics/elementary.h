// Elementary functions in binary32, written once over the vector types of simd.h: each is a fixed
// sequence of IEEE operations and explicit fused multiply-adds, so every lane has the same bits on
// every machine. No function of the C library decides a bit.
//
// Errors, in units of the last place of the result, are the largest ones found over a dense sample
// of all binary32 arguments (elementary_test.cc holds the bounds). NaN arguments give the quiet NaN
// 0x7fc00000, as do arguments outside a function's domain.
//
// clang-format off
//   Exp       1.1 ulp. Above 88.72284: +Inf; below -103.98: +0; denormal results are not flushed.
//   Expm1     2 ulp.
//   Log       1.5 ulp. Log(+-0) = -Inf, Log(+Inf) = +Inf, negative: NaN; takes denormals.
//   Tanh      1.5 ulp, odd.
//   Sigmoid   2.5 ulp; below -103.98: +0.
//   Erf       1.5 ulp, odd.
//   Softplus  2.5 ulp.
//   Mish      4.5 ulp from -87 on; below, where exp(x) is denormal, within 105 * 2^-149.
//   Silu, Gelu, HardSwish, HardSigmoid, Elu, Selu, Celu: the formula beside each, step by step.
// clang-format on
#pragma once

namespace plumb::numerics {

namespace elementary {

// c[0] + x c[1] + ... by Horner's rule, one fused multiply-add a step.
template <typename V, int n>
inline V Polynomial(V x, const float (&c)[n]) {
  V p = V::Set(c[n - 1]);
  for (int i = n - 2; i >= 0; --i) {
    p = Fma(p, x, V::Set(c[i]));
  }
  return p;
}

template <typename V>
inline V QuietNaN() {
  return FromBits(V::Int::Set(0x7fc00000));
}

// NaN where x is NaN, else the result.
template <typename V>
inline V KeepNaN(V x, V result) {
  return Select(x == x, result, QuietNaN<V>());
}

// One NaN for all that an operation may have made (Inf * 0 has another sign on another
// architecture).
template <typename V>
inline V OneNaN(V result) {
  return KeepNaN(result, result);
}

// 2^n for integral n in [-126, 127].
template <typename V>
inline V PowerOfTwo(typename V::Int n) {
  return FromBits(ShiftLeft<23>(n + V::Int::Set(127)));
}

// exp(r) - 1 for |r| <= ln(2)/2 and the n with x = n ln(2) + r; x within [-104, 89].
template <typename V>
struct ExpParts {
  V rest;
  V n;
};
template <typename V>
inline ExpParts<V> ReduceExp(V x) {
  constexpr float kLog2E = 0x1.715476p0f;
  constexpr float kLn2High = 0x1.62e4p-1f;    // 15 bits: n * kLn2High is exact
  constexpr float kLn2Low = 0x1.7f7d1cp-20f;  // ln(2) - kLn2High
  constexpr float kC[] = {0.5f, 0x1.55548ep-3f, 0x1.55545ep-5f, 0x1.123bep-7f, 0x1.6db4e4p-10f};
  const V n = RoundEven(x * V::Set(kLog2E));
  const V r = Fma(n, V::Set(-kLn2Low), Fma(n, V::Set(-kLn2High), x));
  return {Fma(Polynomial(r, kC), r * r, r), n};
}

// log(1 + f) + k ln(2) for f in [sqrt(1/2) - 1, sqrt(2) - 1], k integral.
template <typename V>
inline V LogOf(V f, V k) {
  constexpr float kLn2High = 0x1.62e4p-1f;
  constexpr float kLn2Low = 0x1.7f7d1cp-20f;
  constexpr float kC[] = {0x1.55555p-2f,  -0x1.00042cp-2f, 0x1.99a446p-3f, -0x1.54267cp-3f,
                          0x1.226a58p-3f, -0x1.0f37c2p-3f, 0x1.0879aep-3f, -0x1.38ac52p-4f};
  const V square = f * f;
  const V tail = Fma(Polynomial(f, kC) * f, square, k * V::Set(kLn2Low));
  const V rest = Fma(V::Set(-0.5f), square, tail);
  return Fma(k, V::Set(kLn2High), f + rest);
}

}  // namespace elementary

template <typename V>
inline V Exp(V x) {
  using I = typename V::Int;
  const V clamped = Max(Min(x, V::Set(89.0f)), V::Set(-104.0f));
  const auto parts = elementary::ReduceExp(clamped);
  // 2^n in two factors: the first product is exact, so a denormal result is rounded once here.
  const I n = ToInt(parts.n);
  const I half = ShiftRight<1>(n);
  const V scaled = (V::Set(1.0f) + parts.rest) * elementary::PowerOfTwo<V>(half) *
                   elementary::PowerOfTwo<V>(n - half);
  return elementary::KeepNaN(x, scaled);
}

// exp(x) - 1
template <typename V>
inline V Expm1(V x) {
  const V clamped = Max(Min(x, V::Set(89.0f)), V::Set(-30.0f));
  const auto parts = elementary::ReduceExp(clamped);
  const V half_power = elementary::PowerOfTwo<V>(ToInt(parts.n) - V::Int::Set(1));
  const V half = Fma(parts.rest, half_power, half_power - V::Set(0.5f));
  return elementary::KeepNaN(x, Select(x == V::Set(0.0f), x, half + half));
}

template <typename V>
inline V Log(V x) {
  using I = typename V::Int;
  const auto denormal = x < V::Set(0x1p-126f);
  const V normal = Select(denormal, x * V::Set(0x1p23f), x);
  const I bits = Bits(normal);
  const I k = ShiftRight<23>(bits - I::Set(0x3f3504f3));  // 0x3f3504f3: sqrt(1/2)
  const V m = FromBits(bits - ShiftLeft<23>(k));
  const V exponent = ToFloat(k) - Select(denormal, V::Set(23.0f), V::Set(0.0f));
  V y = elementary::LogOf(m - V::Set(1.0f), exponent);
  const V infinity = FromBits(I::Set(0x7f800000));
  y = Select(x == infinity, infinity, y);
  y = Select(x == V::Set(0.0f), -infinity, y);
  return Select(x >= V::Set(0.0f), y, elementary::QuietNaN<V>());
}

// Below 0.625 an odd polynomial, above it 1 - 2 / (exp(2|x|) + 1).
template <typename V>
inline V Tanh(V x) {
  constexpr float kC[] = {-0x1.555534p-2f, 0x1.110768p-3f, -0x1.b84448p-5f, 0x1.5256cep-6f,
                          -0x1.76abf6p-8f};
  const V a = Abs(x);
  const V square = a * a;
  const V small = Fma(elementary::Polynomial(square, kC) * square, a, a);
  const V one = V::Set(1.0f);
  const V large = one - V::Set(2.0f) / (Exp(a + a) + one);
  const V y = CopySign(Select(a < V::Set(0.625f), small, large), x);
  return elementary::KeepNaN(x, y);
}

// x >= 0: 1 / (1 + exp(-x)); x < 0: exp(x) / (1 + exp(x)).
template <typename V>
inline V Sigmoid(V x) {
  const V one = V::Set(1.0f);
  const V e = Exp(-Abs(x));
  return Select(x < V::Set(0.0f), e, one) / (one + e);
}

// Below 0.9275 an odd polynomial, above it 1 - exp(p), p a polynomial for log(erfc(|x|)).
template <typename V>
inline V Erf(V x) {
  constexpr float kSmall[] = {0x1.06eba8p-3f, -0x1.812744p-2f,  0x1.ce2e22p-4f, -0x1.b81084p-6f,
                              0x1.54d9d2p-8f, -0x1.aad644p-11f, 0x1.5eb3fcp-14f};
  constexpr float kLarge[] = {0x1.70d5fp-13f, -0x1.212846p+0f, -0x1.44447p-1f,  -0x1.bb926ep-4f,
                              0x1.9bb518p-6f, -0x1.1196e4p-8f, 0x1.c85c2ep-12f, -0x1.6309b2p-16f};
  const V a = Abs(x);
  const V small = Fma(elementary::Polynomial(a * a, kSmall), a, a);
  const V one = V::Set(1.0f);
  const V large = one - Exp(elementary::Polynomial(Min(a, V::Set(4.0f)), kLarge));
  const V y = CopySign(Select(a < V::Set(0.9275f), small, large), x);
  return elementary::KeepNaN(x, y);
}

// max(x, 0) + log(1 + exp(-|x|))
template <typename V>
inline V Softplus(V x) {
  const V zero = V::Set(0.0f);
  const V u = Exp(-Abs(x));
  // log(1 + u): above sqrt(2) - 1 as log((1 + u) / 2) + log(2).
  const auto upper = u > V::Set(0.41421354f);
  const V f = Select(upper, (u - V::Set(1.0f)) * V::Set(0.5f), u);
  const V log1p = elementary::LogOf(f, Select(upper, V::Set(1.0f), zero));
  return elementary::KeepNaN(x, Max(x, zero) + log1p);
}

// x * tanh(softplus(x)) = x * n / (n + 2) with n = e (e + 2), e = exp(x); from 30 on the factor
// is 1.
template <typename V>
inline V Mish(V x) {
  const V two = V::Set(2.0f);
  const V e = Exp(Min(x, V::Set(30.0f)));
  const V n = e * (e + two);
  return elementary::OneNaN(x * (n / (n + two)));
}

// x * sigmoid(x), the bits of the two operators one after the other (so -Inf gives NaN).
template <typename V>
inline V Silu(V x) {
  return elementary::OneNaN(x * Sigmoid(x));
}

// max(0, min(1, alpha * x + beta)), each operation rounded.
template <typename V>
inline V HardSigmoid(V x, float alpha, float beta) {
  const V y = Max(Min(x * V::Set(alpha) + V::Set(beta), V::Set(1.0f)), V::Set(0.0f));
  return elementary::KeepNaN(x, y);
}

// x * HardSigmoid(x, 1/6, 1/2)
template <typename V>
inline V HardSwish(V x) {
  return elementary::OneNaN(x * HardSigmoid(x, 1.0f / 6.0f, 0.5f));
}

// (0.5 x) * (1 + erf(x * sqrt(1/2)))
template <typename V>
inline V GeluErf(V x) {
  const V factor = V::Set(1.0f) + Erf(x * V::Set(0.70710678f));
  return elementary::OneNaN((V::Set(0.5f) * x) * factor);
}

// (0.5 x) * (1 + tanh(sqrt(2/pi) * (x + 0.044715 x x x)))
template <typename V>
inline V GeluTanh(V x) {
  const V cube = x * x * x;
  const V inner = V::Set(0.79788456f) * (x + V::Set(0.044715f) * cube);
  return elementary::OneNaN((V::Set(0.5f) * x) * (V::Set(1.0f) + Tanh(inner)));
}

// x >= 0: x; x < 0: alpha * expm1(x)
template <typename V>
inline V Elu(V x, float alpha) {
  const V y = Select(x < V::Set(0.0f), V::Set(alpha) * Expm1(x), x);
  return elementary::KeepNaN(x, y);
}

// gamma * elu(x, alpha)
template <typename V>
inline V Selu(V x, float alpha, float gamma) {
  return elementary::OneNaN(V::Set(gamma) * Elu(x, alpha));
}

// max(0, x) + min(0, alpha * expm1(x / alpha))
template <typename V>
inline V Celu(V x, float alpha) {
  const V zero = V::Set(0.0f);
  const V a = V::Set(alpha);
  return elementary::OneNaN(Max(x, zero) + Min(a * Expm1(x / a), zero));
}

}  // namespace plumb::numerics
