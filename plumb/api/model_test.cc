#include "plumb/api/model.h"

#include <gtest/gtest.h>

namespace plumb {
namespace {

using Names = std::vector<std::string>;

TEST(LabelsOfMetadata, ReadsWhatExportersWrite) {
  EXPECT_EQ(LabelsOfMetadata("{0: 'person', 1: \"driver's cab\", 2: 'bus'}"),
            (Names{"person", "driver's cab", "bus"}));
  EXPECT_EQ(LabelsOfMetadata("['cat', 'dog']"), (Names{"cat", "dog"}));
  EXPECT_EQ(LabelsOfMetadata(R"({"0": "cat", "1": "dog"})"),
            (Names{"0", "cat", "1", "dog"}));  // JSON keys: not this form
}

TEST(LabelsOfMetadata, GivesNothingForOtherText) {
  EXPECT_TRUE(LabelsOfMetadata("").empty());
  EXPECT_TRUE(LabelsOfMetadata("{1: 'person', 0: 'bus'}").empty());
  EXPECT_TRUE(LabelsOfMetadata("{0: 'person").empty());
  EXPECT_TRUE(LabelsOfMetadata("{0: person}").empty());
}

TEST(ParseInputShape, NameAndSizes) {
  const auto shape = ParseInputShape("images=1x3x640x480");
  ASSERT_TRUE(shape.ok());
  EXPECT_EQ(shape->first, "images");
  EXPECT_EQ(shape->second, (Shape{1, 3, 640, 480}));
  for (const char* bad :
       {"images", "images=", "=1x3", "images=1x0", "images=1xx3", "images=1x-3", "images=axb"}) {
    EXPECT_FALSE(ParseInputShape(bad).ok()) << bad;
  }
}

}  // namespace
}  // namespace plumb
