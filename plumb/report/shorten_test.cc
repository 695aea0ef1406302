#include "plumb/report/shorten.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plumb/report/html.h"

namespace plumb::report {
namespace {

using testing::HasSubstr;
using testing::Not;

// Some of everything that a report can leave out, a few kilobytes each.
Document Everything() {
  Document document;
  document.title = "network";
  document.verdict = "pass";
  document.json = "{\"machine\": \"" + std::string(4000, 'j') + "\"}";
  Table table{{{"name"}}, {}};
  for (int i = 0; i < 400; ++i) {
    Detail detail{{{"grid", "int8"}}, {}, {}};
    detail.histogram = Histogram{"distribution", "float", "int8", 0, 1, {0.125, 0.875}, {}};
    detail.ranges = ChannelRanges{"by channel", {1, 2, 3}, {4, 5, 6}, {}, {}};
    table.rows.push_back({StrCat("layer-", i), {{StrCat("tensor ", i)}}, std::move(detail)});
  }
  const Images pictures{"row", {{"picture", "", "image/png", std::string(3000, 'p'), 1, 1}}};
  document.sections = {
      {"input", "Input", "", {pictures, pictures}},
      {"layers", "Layers", "", {table}},
      {"graph", "Graph", "", {Network{{{"time", "ms"}}, {{"n", "conv", "layer-0", {}, {1}}}}}},
      {"provenance", "Provenance", "", {Preformatted{"files", std::string(5000, 'f')}}}};
  return document;
}

class Shorten : public testing::Test {
 protected:
  void SetUp() override {
    if (!HtmlAvailable().ok()) {
      GTEST_SKIP() << "built without the report";
    }
  }
};

TEST_F(Shorten, LeavesASmallPageAsItIs) {
  const std::string whole = RenderHtml(Everything()).value();
  const auto page = RenderWithin(Everything(), whole.size());
  ASSERT_TRUE(page.ok());
  EXPECT_EQ(*page, whole);
  EXPECT_THAT(whole, Not(HasSubstr("Left out")));
}

TEST_F(Shorten, LeavesOutTheRangesOfChannelsFirst) {
  const size_t whole = RenderHtml(Everything()).value().size();
  const auto page = RenderWithin(Everything(), whole - 1);
  ASSERT_TRUE(page.ok());
  EXPECT_THAT(*page, HasSubstr("small: the ranges of the layers' channels.</p>"));
  EXPECT_THAT(*page, HasSubstr("\"distribution\""));
  EXPECT_THAT(*page, Not(HasSubstr("\"by channel\"")));
}

TEST_F(Shorten, EveryLimitIsKeptAndWhatIsGoneIsSaid) {
  const size_t whole = RenderHtml(Everything()).value().size();
  const size_t least = RenderHtml(Document{}).value().size();
  std::vector<size_t> sizes;
  for (size_t limit = whole; limit > least; limit -= (whole - least) / 16) {
    const auto page = RenderWithin(Everything(), limit);
    if (!page.ok()) {
      EXPECT_EQ(page.status().code(), Code::kResource);
      EXPECT_THAT(page.status().message(), HasSubstr(StrCat("expected at most ", limit)));
      break;
    }
    EXPECT_LE(page->size(), limit);
    if (sizes.empty() || page->size() != sizes.back()) {
      sizes.push_back(page->size());
    }
    // The names of the layers and the verdict stay as long as there is a page at all.
    EXPECT_THAT(*page, HasSubstr("tensor 299"));
    EXPECT_THAT(*page, HasSubstr("pass"));
  }
  EXPECT_GE(sizes.size(), 5U);
}

}  // namespace
}  // namespace plumb::report
