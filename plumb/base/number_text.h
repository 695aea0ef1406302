// Numbers as the shortest decimal text that reads back to the same bits, whatever the locale.
#pragma once

#include <charconv>
#include <string>
#include <string_view>

namespace plumb {

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

}  // namespace plumb
