// COCO's 80 object classes: their names, and their ids, which run from 1 to 90 with ten gaps.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace plumb::vision {

inline constexpr int kCocoClasses = 80;

[[nodiscard]] std::string_view CocoName(int index);  // index 0..79; empty otherwise
[[nodiscard]] int CocoId(int index);                 // 1..90; 0 when there is no such class
[[nodiscard]] int CocoIndex(int id);                 // 0..79; -1 when there is no such id
[[nodiscard]] std::vector<std::string> CocoNames();

}  // namespace plumb::vision
