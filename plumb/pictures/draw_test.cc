#include "plumb/pictures/draw.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

namespace plumb::pictures {
namespace {

TEST(Draw, OutlineInTheClassColourAndNothingInside) {
  Picture p(200, 150, 3);
  const Mark mark = {40, 60, 160, 130, 3, "", {}};
  ASSERT_TRUE(DrawMarks(p, std::span(&mark, 1)).ok());
  const Rgb c = ClassColour(3);
  // A line one pixel wide covers half of each neighbour.
  EXPECT_GE(p.At(100, 60)[0] + p.At(100, 59)[0], c.r);
  EXPECT_GT(p.At(40, 100)[0], p.At(40, 100)[2]);
  EXPECT_EQ(p.At(100, 100)[0], 0);  // inside
  EXPECT_EQ(p.At(10, 10)[0], 0);    // outside
}

TEST(Draw, LabelsStayInThePicture) {
  for (const auto& [w, h] : {std::pair{1, 1}, {30, 20}, {400, 300}}) {
    Picture p(w, h, 3);
    const Mark marks[] = {{0, 0, 10, 10, 0, "person 0.83", {}},
                          {-50, -50, 5000, 5000, 1, "bus 0.51", {3, 3}},
                          {NAN, 0, 1, 1, 2, "x", {}}};
    EXPECT_TRUE(DrawMarks(p, marks).ok());
  }
  // A label has a plate of the class's colour above its box.
  Picture p(400, 300, 3);
  const Mark mark = {100, 100, 300, 200, 1, "bus", {}};
  ASSERT_TRUE(DrawMarks(p, std::span(&mark, 1)).ok());
  EXPECT_EQ(p.At(101, 92)[2], ClassColour(1).b);
}

TEST(Draw, ColoursDifferByClass) {
  std::set<int> seen;
  for (int i = 0; i < 20; ++i) {
    const Rgb c = ClassColour(i);
    seen.insert(c.r << 16 | c.g << 8 | c.b);
  }
  EXPECT_EQ(seen.size(), 20u);
  EXPECT_EQ(ClassColour(20).r, ClassColour(0).r);
  (void)ClassColour(-1);
}

TEST(Draw, OnlyColourPictures) {
  Picture gray(4, 4, 1);
  EXPECT_EQ(DrawMarks(gray, {}).code(), Code::kUsage);
}

}  // namespace
}  // namespace plumb::pictures
