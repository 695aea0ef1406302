// Numbers as text: exact ones that read back to the same bits whatever the locale, rounded ones for people, hashes.
#pragma once

#include <charconv>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

namespace plumb {

// The shortest decimal text.
template <typename T>
[[nodiscard]] std::string NumberText(T value) {
  char text[64];
  return {text, std::to_chars(text, text + sizeof(text), value).ptr};
}

// The whole text as a number; false when it is none, or more than a T holds.
template <typename T>
[[nodiscard]] bool NumberFrom(std::string_view text, T& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

// Rounded to `digits` decimals, at least `width` characters wide.
[[nodiscard]] inline std::string FixedText(double value, int digits, int width = 0) {
  char text[64];
  std::snprintf(text, sizeof(text), "%*.*f", width, digits, value);
  return text;
}

// Sixteen hexadecimal digits, lower case: how hashes are printed.
[[nodiscard]] inline std::string HexText(uint64_t value) {
  char text[17];
  std::snprintf(text, sizeof(text), "%016llx", static_cast<unsigned long long>(value));
  return text;
}

}  // namespace plumb
