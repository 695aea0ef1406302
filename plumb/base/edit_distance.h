// How many single-character edits (insert, delete, replace) make one text of another, and which names are meant by one that is
// not there.
#pragma once

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace plumb {

[[nodiscard]] inline size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 0; i < a.size(); ++i) {
    size_t diagonal = row[0]++;
    for (size_t j = 0; j < b.size(); ++j) {
      const size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back();
}

// "did you mean 'a' or 'b'? ": names that few edits make of the wanted one, or that it is a part of. Empty when none is near.
template <typename Names>
[[nodiscard]] std::string DidYouMean(std::string_view wanted, const Names& known) {
  constexpr size_t kNamed = 3;
  std::vector<std::pair<size_t, std::string>> near;
  for (const std::string& name : known) {
    const size_t edits = EditDistance(wanted, name);
    if (edits <= std::max<size_t>(2, wanted.size() / 4) || name.find(wanted) != std::string::npos) {
      near.emplace_back(edits, name);
    }
  }
  std::sort(near.begin(), near.end());
  near.resize(std::min(near.size(), kNamed));
  std::string text;
  for (size_t i = 0; i < near.size(); ++i) {
    text += i == 0 ? "did you mean '" : i + 1 == near.size() ? "' or '" : "', '";
    text += near[i].second;
  }
  return near.empty() ? "" : text + "'? ";
}

}  // namespace plumb
