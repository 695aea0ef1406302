#include "plumb/api/lock.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "plumb/api/recipe_options.h"
#include "plumb/api/yaml_tree.h"

namespace plumb {
namespace {

Lock Sample() {
  Lock lock;
  artifact::Provenance& p = lock.provenance;
  p.tool = "plumb";
  p.version = "0.1.0";
  p.commit = "abcdef012345";
  p.model = {"a \"b\" \\ c.onnx", std::string(64, 'a')};
  p.calibration = {{"x.jpg", std::string(64, '0')}, {"y.jpg", std::string(64, '1')}};
  p.options = {{"observer", "min-max"}, {"label", "a: b"}, {"label", "- c"}, {"label", ""}};
  p.passes = {"infer_types", "remove_no_ops"};
  p.notes = {{"input-grid/x", "samples"}};
  lock.artifact_bytes = 12345;
  lock.artifact_sha256 = std::string(64, '2');
  lock.sections = {{"program", 100, std::string(64, '3')}, {"weights", 0, std::string(64, '4')}};
  quant::ValueStats& stats = lock.ranges["a/b:0\t# [x]"];
  stats.seen = true;
  stats.min = -0.1f;
  stats.max = std::numeric_limits<float>::max();
  stats.rows = 7;
  stats.count = std::numeric_limits<uint64_t>::max();
  stats.not_finite = 3;
  stats.channel_min = {-0.1f, 0, std::numeric_limits<float>::denorm_min()};
  stats.channel_max = {1.0f / 3, 0, stats.max};
  stats.channel_mean = {1.0 / 3, -0.0, 1e-300};
  stats.histogram.assign(quant::kHistogramBins, 0);
  stats.histogram[0] = 1;
  stats.histogram[5] = 127;
  stats.histogram[6] = 128;
  stats.histogram[2047] = uint64_t{1} << 50;
  lock.ranges["plain"].seen = true;
  lock.quality.verdict = artifact::Outcome::kWarn;
  lock.quality.rules = {{"S1", artifact::Outcome::kWarn, "it's \"so\": 3 > 2"}};
  lock.quality.layers = {{"l", 200, 1, std::numeric_limits<double>::infinity(), 0.1}};
  lock.quality.numbers = {{"share", 0.1}};
  artifact::GoldenVector& vector = lock.golden.vectors.emplace_back();
  vector.inputs.resize(1);
  vector.inputs[0].picture = {1, 2, 3};
  vector.hashes = {4};
  return lock;
}

void ExpectSame(const Lock& a, const Lock& b) {
  EXPECT_EQ(a.format, b.format);
  EXPECT_EQ(a.numerics, b.numerics);
  EXPECT_EQ(a.provenance, b.provenance);
  EXPECT_EQ(a.artifact_bytes, b.artifact_bytes);
  EXPECT_EQ(a.artifact_sha256, b.artifact_sha256);
  EXPECT_EQ(a.sections, b.sections);
  EXPECT_EQ(a.quality, b.quality);
  EXPECT_EQ(a.golden, b.golden);
  ASSERT_EQ(a.ranges.size(), b.ranges.size());
  for (const auto& [name, x] : a.ranges) {
    ASSERT_TRUE(b.ranges.contains(name)) << name;
    const quant::ValueStats& y = b.ranges.at(name);
    EXPECT_EQ(std::tuple(x.seen, x.min, x.max, x.channel_min, x.channel_max, x.channel_mean,
                         x.histogram, x.rows, x.count, x.not_finite),
              std::tuple(y.seen, y.min, y.max, y.channel_min, y.channel_max, y.channel_mean,
                         y.histogram, y.rows, y.count, y.not_finite));
  }
}

std::string Replaced(std::string text, std::string_view from, std::string_view to) {
  const size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

TEST(Lock, ReadsBackExactly) {
  const Lock lock = Sample();
  const std::string text = LockText(lock);
  const auto read = ParseLock(text);
  ASSERT_TRUE(read.ok()) << read.status().message();
  ExpectSame(lock, *read);
  EXPECT_TRUE(read->edited.empty());
  EXPECT_EQ(LockText(*read), text);
}

TEST(Lock, LineEndsOfOtherSystemsAreNoEdit) {
  std::string text;
  for (const char c : LockText(Sample())) {
    text += c == '\n' ? "\r\n" : std::string(1, c);
  }
  const auto read = ParseLock(text);
  ASSERT_TRUE(read.ok()) << read.status().message();
  EXPECT_TRUE(read->edited.empty());
}

TEST(Lock, AnEditedBlockIsNamed) {
  const std::string text = LockText(Sample());
  using Names = std::vector<std::string>;
  const auto edited = [](const std::string& changed) {
    const auto read = ParseLock(changed);
    EXPECT_TRUE(read.ok()) << read.status().message();
    return read.ok() ? read->edited : Names{"not read"};
  };
  EXPECT_EQ(edited(Replaced(text, "range: -0.1 ", "range: -0.2 ")), Names{"ranges"});
  EXPECT_EQ(edited(Replaced(text, "\"min-max\"", "\"mse\"")), Names{"options"});
  EXPECT_EQ(edited(Replaced(text, "y.jpg", "z.jpg")), Names{"calibration"});
  EXPECT_EQ(edited(Replaced(text, "bytes: 12345", "bytes: 12346")), Names{"artifact"});
  EXPECT_EQ(edited(Replaced(text, "quality:\n", "quality:  # mine\n")), Names{"quality"});
  EXPECT_EQ(edited(Replaced(text, "    rows: 7", "    rows: 8")), Names{"ranges"});
}

TEST(Lock, RefusesWhatCannotBe) {
  const std::string text = LockText(Sample());
  const auto message = [&](std::string_view from, std::string_view to) {
    const auto read = ParseLock(Replaced(text, from, to));
    EXPECT_FALSE(read.ok()) << to;
    return read.ok() ? "" : read.status().message();
  };
  using testing::HasSubstr;
  EXPECT_THAT(message("range: -0.1 ", "range: nan "), HasSubstr("finite numbers"));
  EXPECT_THAT(message("range: -0.1 ", "range: 1 -0.1 "), HasSubstr("3 numbers; expected 2"));
  EXPECT_THAT(message("channel-high: ", "channel-high: 0 "), HasSubstr("expected 3"));
  EXPECT_THAT(message("channel-low: -0.1", "channel-low: 7"), HasSubstr("ends before it begins"));
  EXPECT_THAT(message("histogram: ", "histogram: AAAA"), HasSubstr("2048 counts"));
  EXPECT_THAT(message("histogram: ", "histogram: *"), HasSubstr("anchor"));
  EXPECT_THAT(message("numerics: 1", "numerics: -1"), HasSubstr("a number expected"));
  EXPECT_THAT(message("sha256: 222", "sha256: 22"), HasSubstr("64 hexadecimal digits"));
  EXPECT_THAT(message("    rows: 7\n", ""), HasSubstr("'rows' is missing"));
  EXPECT_THAT(message("plumb-lock: 1", "plumb-lock: 2"), HasSubstr("a lock of form 2"));
  EXPECT_THAT(message("plumb-lock: 1", "lock: 1"), HasSubstr("is no lock of Plumb"));
  EXPECT_THAT(message("section: ", "section: AAAA"), HasSubstr("'section'"));
  for (size_t cut = 0; cut < text.size(); cut += 97) {
    (void)ParseLock(std::string_view(text).substr(0, cut));  // must return
  }
}

TEST(LockPath, StandsBesideTheArtifact) {
  EXPECT_EQ(LockPathOf("out/x.plumb"), "out/x.lock");
  EXPECT_EQ(LockPathOf("out/x"), "out/x.lock");
}

TEST(YamlTree, KnowsItsLimits) {
  EXPECT_EQ(ParseYaml("a: [1, {b: c}]\nd: \"e\"").value().Find("a")->items[1].Find("b")->text, "c");
  EXPECT_FALSE(ParseYaml("a: &x 1\nb: *x").ok());
  EXPECT_FALSE(ParseYaml("a: 1\na: 2").ok());
  EXPECT_FALSE(ParseYaml("a: 1\n---\nb: 1").ok());
  EXPECT_FALSE(ParseYaml("[a, b]: 1").ok());
  EXPECT_FALSE(ParseYaml(std::string(100, '[')).ok());
  EXPECT_FALSE(ParseYaml(std::string(100000, '[')).ok());
}

TEST(RecipeOptions, ComeBackAsTheyWere) {
  ConvertOptions options;
  options.quantize.grids.range = {quant::Observer::kPercentile, 99.9};
  options.quantize.form = quant::FunctionForm::kTable;
  options.quantize.grids.dense_channel_ratio = 1.1f;
  options.quantize.keep_float = {"b=c", "a"};
  options.quantize.scale_faults = {{"w", 0.1f}};
  options.quantize.correct_bias = false;
  options.model_options.input_shapes = {{"x:0", {1, 3, 8, 8}}};
  options.model_options.passes.disabled = {"fold_pad"};
  options.model_options.contract.picture.mean = "1,2,3";
  options.model_options.contract.labels = std::vector<std::string>{"a", "b"};
  options.model_options.contract.decode =
      contract::ParseDecode("yolov5,anchors=1:2.5,nms=agnostic").value();
  options.calib_limit = 7;
  const std::vector<OptionText> list = OptionsOf(options);
  ConvertOptions back;
  ASSERT_TRUE(TakeOptions(list, back).ok());
  EXPECT_EQ(OptionsOf(back), list);
  EXPECT_EQ(back.quantize.grids.dense_channel_ratio, 1.1f);
  EXPECT_EQ(back.model_options.contract.labels, options.model_options.contract.labels);
  EXPECT_EQ(back.model_options.contract.decode, options.model_options.contract.decode);
  EXPECT_NE(OptionsOf(ConvertOptions()), list);
}

TEST(RecipeOptions, EachMustBeThereOnceAndBeKnown) {
  std::vector<OptionText> list = OptionsOf({});
  ConvertOptions options;
  list.emplace_back("observer", "mse");
  EXPECT_EQ(TakeOptions(list, options).message(), "option 'observer' is there twice");
  list.pop_back();
  list.emplace_back("colour", "rgb");
  EXPECT_EQ(TakeOptions(list, options).message(), "option 'colour' is not known to this release");
  list.pop_back();
  list.erase(list.begin());
  EXPECT_EQ(TakeOptions(list, options).message(), "option 'observer' is missing");
  list.emplace_back("observer", "median");
  EXPECT_EQ(TakeOptions(list, options).code(), Code::kUsage);
}

TEST(OptionTrials, LeaveOutOneAtATime) {
  ConvertOptions options;
  options.quantize.keep_float = {"a", "b"};
  options.quantize.grids.range.percentile = 99;
  const auto trials = OptionTrials(options);
  ASSERT_EQ(trials.size(), 3U);
  EXPECT_EQ(trials[0].option, OptionText("percentile", "99"));
  EXPECT_EQ(trials[0].without.quantize.grids.range.percentile,
            ConvertOptions().quantize.grids.range.percentile);
  EXPECT_EQ(trials[1].without.quantize.keep_float, std::set<std::string>{"b"});
  EXPECT_EQ(trials[2].without.quantize.keep_float, std::set<std::string>{"a"});
}

}  // namespace
}  // namespace plumb
