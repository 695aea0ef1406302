#include "plumb/report/html.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plumb/report/html_data.h"

namespace plumb::report {
namespace {

using testing::HasSubstr;
using testing::Not;

Document Small() {
  Document document;
  document.title = "a <b> & \"c\"";
  document.verdict = "pass";
  document.level = Level::kPass;
  document.json = "{\"text\": \"</script><b>\"}\n";
  Row row{"layer-0", {{"x</td>"}, {"1.5", 1.5}}, Detail{{{"key", "</script>"}}, {}, {}}};
  Table table{{{"name"}, {"size", "", true}}, {row}};
  document.sections = {{"layers", "Layers", "", {table}}};
  return document;
}

TEST(Html, TextIsEscapedWhereverItStands) {
  const auto page = RenderHtml(Small());
  if (!HtmlAvailable().ok()) {
    EXPECT_EQ(page.status().code(), Code::kEnvironment);
    EXPECT_THAT(page.status().message(), HasSubstr("-DPLUMB_REPORT=ON"));
    return;
  }
  ASSERT_TRUE(page.ok());
  EXPECT_THAT(*page, HasSubstr("a &lt;b&gt; &amp; &quot;c&quot;"));
  EXPECT_THAT(*page, HasSubstr("x&lt;/td&gt;"));
  EXPECT_THAT(*page, HasSubstr("{&quot;text&quot;: &quot;&lt;/script&gt;&lt;b&gt;&quot;}\n"));
  EXPECT_THAT(*page, HasSubstr("[\"key\",\"\\u003c/script>\"]"));
  EXPECT_THAT(*page, HasSubstr("data-value=\"1.5\""));
  EXPECT_THAT(*page, Not(HasSubstr("{{")));
}

TEST(Html, NumbersAreShortAndWhatIsNoNumberIsNull) {
  Chart chart;
  chart.series = {{"a", {1.0, 0.123456, kNoNumber, 1e300 * 1e300, 123456}}};
  EXPECT_EQ(DataOf(chart)["series"][0]["values"].dump(), "[1,0.1235,null,null,123500]");
}

}  // namespace
}  // namespace plumb::report
