// Logarithm and exponential in binary64 with the same bits on every machine, for results that are
// rounded to binary32 once.
#pragma once

namespace plumb::kernels {

// ln x for a normal positive finite x: error below 1e-15 relative or 1e-15 absolute near 1.
[[nodiscard]] double Log64(double x);
// e^t for |t| <= 700: error below 1e-15 relative.
[[nodiscard]] double Exp64(double t);

}  // namespace plumb::kernels
