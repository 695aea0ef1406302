#include "plumb/api/layer_table.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>

namespace plumb {
namespace {

TEST(LayerTable, EveryTensorHasAFileOfItsOwnInsideTheFolder) {
  const std::string line(300, 'x');
  const std::vector<std::string> names = {"/b/t1", "_b_t1",    "_b:t1",     "t",
                                          "T",     "..",       "../../etc", "",
                                          "a\nb",  line + "1", line + "2",  "\xc3\xa9"};
  const std::vector<std::string> files = FileNamesOf(names, ".npy");
  ASSERT_EQ(files.size(), names.size());
  std::set<std::string> seen;
  for (const std::string& file : files) {
    EXPECT_LE(file.size(), 255U);
    EXPECT_TRUE(file.ends_with(".npy") && file.find('/') == std::string::npos) << file;
    std::string folded = file;
    std::ranges::transform(folded, folded.begin(), [](unsigned char c) { return std::tolower(c); });
    EXPECT_TRUE(seen.insert(folded).second) << file;
  }
  EXPECT_EQ(files[1], "_b_t1.npy");  // a name that can stay does
  EXPECT_EQ(files[0], "_b_t1-2.npy");
  EXPECT_EQ(files[3], "t.npy");
}

TEST(LayerTable, WhatIsNotFiniteIsNoNumberInJson) {
  LayerTable table;
  table.samples = 1;
  verify::TensorRow row;
  row.name = row.tensor = "y";
  row.held = DType::kF32;
  row.entire = verify::Distance{std::numeric_limits<double>::quiet_NaN(),
                                std::numeric_limits<double>::infinity()};
  table.rows = {row};
  const nlohmann::ordered_json json = LayerTableJson(table);
  EXPECT_TRUE(json["layers"][0]["entire"].is_object());
  EXPECT_TRUE(json["layers"][0]["entire"]["cosine"].is_null());
  EXPECT_TRUE(json["layers"][0]["entire"]["euclidean"].is_null());
  EXPECT_TRUE(json["layers"][0]["single"].is_null());
  EXPECT_FALSE(json["layers"][0].contains("file"));
}

}  // namespace
}  // namespace plumb
