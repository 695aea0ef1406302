// How close two tensors are.
#pragma once

#include <span>

namespace plumb::verify {

inline constexpr double kExactSqnr = 200;  // dB: nothing differs

// Sums over any number of pairs of tensors; add them pair by pair.
struct Closeness {
  double signal = 0;         // sum of a^2, a the reference
  double noise = 0;          // sum of (a - b)^2
  double dot = 0;            // sum of a * b
  double other = 0;          // sum of b^2
  double largest = 0;        // max |a - b|
  double low = 0, high = 0;  // least and greatest a
  long count = 0;

  void Add(float reference, float other_value);
  void Add(std::span<const float> reference, std::span<const float> other_values);
  // 10 log10(signal / noise); kExactSqnr when there is no noise, 0 when there is no signal but noise.
  [[nodiscard]] double Sqnr() const;
  [[nodiscard]] double Cosine() const;  // 1 when both are all zero
  // Largest difference relative to the reference's range, which is taken as at least 0.01.
  [[nodiscard]] double RelativeError() const;
};

}  // namespace plumb::verify
