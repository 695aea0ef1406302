// Tensors inside others: where they lie, what stays apart, and the same bits either way.
#include "plumb/runtime/layout.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <random>

#include "plumb/runtime/session.h"

namespace plumb::runtime {
namespace {

using artifact::Program;
using ::testing::ElementsAre;

const Quantization kGrid = {{0.5f}, {3}};

// Builds programs over s8 pictures of 5 x 7 pixels.
struct Net {
  std::shared_ptr<Program> program = std::make_shared<Program>();
  std::mt19937 random{1};

  int32_t Picture(int64_t channels) {
    return program->AddTensor(
        {StrCat("t", program->tensors.size()), DType::kS8, {1, 5, 7, channels}, kGrid});
  }
  int32_t Input(int64_t channels) {
    const int32_t t = Picture(channels);
    program->inputs.push_back({StrCat("x", t), t, DType::kS8});
    return t;
  }
  void Output(int32_t t) { program->outputs.push_back({StrCat("y", t), t, DType::kS8}); }
  int64_t Channels(int32_t t) { return program->tensors[static_cast<size_t>(t)].shape.back(); }
  int32_t Record(const char* op, std::vector<int32_t> inputs, int32_t out, Attributes attributes) {
    program->records.push_back({op,
                                1,
                                StrCat(op, program->records.size()),
                                std::move(inputs),
                                {out},
                                std::move(attributes)});
    return out;
  }
  int32_t Conv(int32_t x, int64_t channels, int64_t groups = 1, int64_t kernel = 1) {
    const auto w =
        std::make_shared<Tensor>(DType::kS8, Shape{channels, kernel, kernel, Channels(x) / groups});
    for (int8_t& v : w->values<int8_t>()) {
      v = static_cast<int8_t>(random() % 255);
    }
    const auto m = std::make_shared<Tensor>(DType::kF32, Shape{channels});
    std::fill(m->values<float>().begin(), m->values<float>().end(), 0.01f);
    const int32_t weights = program->AddConstant("w", w);
    const int32_t factors = program->AddConstant("m", m);
    const std::vector<int64_t> one = {1, 1};
    const std::vector<int64_t> pads(4, kernel / 2);
    return Record("conv", {x, weights, -1, factors}, Picture(channels),
                  {{"strides", one}, {"pads", pads}, {"dilations", one}, {"groups", groups}});
  }
  int32_t Concat(const std::vector<int32_t>& parts) {
    int64_t channels = 0;
    for (const int32_t t : parts) {
      channels += Channels(t);
    }
    return Record("concat", parts, Picture(channels), {{"axis", int64_t{3}}});
  }
  int32_t Slice(int32_t x, int64_t start, int64_t channels, int64_t step = 1) {
    return Record("slice", {x}, Picture(channels),
                  {{"starts", std::vector<int64_t>{0, 0, 0, start}},
                   {"steps", std::vector<int64_t>{1, 1, 1, step}}});
  }
  int32_t Add(int32_t a, int32_t b) { return Record("add", {a, b}, Picture(Channels(a)), {}); }
  int32_t Table(int32_t x) {
    const auto table = std::make_shared<Tensor>(DType::kS8, Shape{256});
    for (int8_t& v : table->values<int8_t>()) {
      v = static_cast<int8_t>(random());
    }
    const int32_t t = program->AddConstant("table", table);
    return Record("table", {x, t}, Picture(Channels(x)), {});
  }
  int32_t Reshape(int32_t x) {
    const int32_t y = program->AddTensor({"r", DType::kS8, {1, 35, Channels(x)}, kGrid});
    return Record("reshape", {x}, y, {});
  }

  [[nodiscard]] std::vector<size_t> Roots() const {
    std::vector<size_t> roots;
    for (const TensorPlace& place : PlanLayout(*program, Sharing::kInPlace).place) {
      roots.push_back(place.root);
    }
    return roots;
  }
  [[nodiscard]] std::vector<bool> Skipped() const {
    return PlanLayout(*program, Sharing::kInPlace).skip;
  }

  // In place and apart, every instruction set and several thread counts: the same outputs.
  void ExpectSameBits() const {
    std::vector<std::vector<int8_t>> first;
    for (const Isa isa : AvailableIsas()) {
      for (const int threads : {1, 3}) {
        for (const bool in_place : {false, true}) {
          auto session =
              Session::Create(program, {.threads = threads, .isa = isa, .in_place = in_place});
          ASSERT_TRUE(session.ok()) << session.status().message();
          std::mt19937 bytes(5);
          for (size_t i = 0; i < program->inputs.size(); ++i) {
            const TensorView view = (*session)->input(i);
            for (int64_t k = 0; k < view.size(); ++k) {
              view.data<int8_t>()[k] = static_cast<int8_t>(bytes());
            }
          }
          ASSERT_TRUE((*session)->Run().ok());
          ASSERT_TRUE((*session)->Run().ok());
          std::vector<std::vector<int8_t>> found;
          for (size_t i = 0; i < program->outputs.size(); ++i) {
            const ConstTensorView view = (*session)->output(i);
            found.emplace_back(view.data<int8_t>(), view.data<int8_t>() + view.size());
          }
          if (first.empty()) {
            first = found;
          }
          ASSERT_EQ(found, first) << IsaName(isa) << ", " << threads << " threads, in place "
                                  << in_place;
        }
      }
    }
  }
};

TEST(Layout, PartsOfAConcatenationAreWrittenInPlace) {
  for (const int64_t channels : {1, 5, 16, 24, 64}) {
    Net net;
    const int32_t x = net.Input(9);
    const int32_t a = net.Conv(x, channels), b = net.Conv(a, 19, 1, 3);
    const int32_t t = net.Table(a);
    const int32_t all = net.Concat({a, b, t});
    const int32_t y = net.Conv(all, 33);
    net.Output(y);
    const Layout layout = PlanLayout(*net.program, Sharing::kInPlace);
    for (const int32_t part : {a, b, t}) {
      EXPECT_EQ(layout.place[static_cast<size_t>(part)].root, static_cast<size_t>(all));
      EXPECT_EQ(layout.pitch[static_cast<size_t>(part)], net.Channels(all));
    }
    EXPECT_EQ(layout.place[static_cast<size_t>(t)].offset, channels + 19);
    EXPECT_THAT(net.Skipped(), ElementsAre(false, false, false, true, false));
    net.ExpectSameBits();
  }
}

TEST(Layout, ResidualsReadAndWritePlaces) {
  Net net;
  const int32_t x = net.Input(24);
  const int32_t a = net.Conv(x, 24), b = net.Conv(a, 24, 1, 3);
  const int32_t sum = net.Add(a, b);
  net.program->records.pop_back();  // the second convolution adds the first one's result
  artifact::Record& conv = net.program->records[1];
  conv.inputs = {conv.inputs[0], conv.inputs[1], -1, conv.inputs[3], -1, a};
  conv.outputs = {sum};
  conv.attributes.Set("own_scale", 0.25f);
  const int32_t c = net.Conv(x, 8);
  const int32_t all = net.Concat({a, sum, c});
  net.Output(net.Conv(all, 10));
  EXPECT_EQ(net.Roots()[static_cast<size_t>(sum)], static_cast<size_t>(all));
  EXPECT_EQ(net.Roots()[static_cast<size_t>(a)], static_cast<size_t>(all));
  net.ExpectSameBits();
}

TEST(Layout, ConcatenationsNest) {
  Net net;
  const int32_t x = net.Input(16);
  const int32_t a = net.Conv(x, 16), b = net.Conv(x, 7), c = net.Conv(x, 9);
  const int32_t inner = net.Concat({a, b});
  const int32_t sum = net.Add(inner, inner);
  const int32_t outer = net.Concat({c, inner, sum});
  net.Output(net.Conv(outer, 12));
  const Layout layout = PlanLayout(*net.program, Sharing::kInPlace);
  EXPECT_EQ(layout.place[static_cast<size_t>(b)].root, static_cast<size_t>(outer));
  EXPECT_EQ(layout.place[static_cast<size_t>(b)].offset, 9 + 16);
  net.ExpectSameBits();
}

TEST(Layout, WhatCannotBeInPlaceIsCopied) {
  Net net;
  const int32_t x = net.Input(12);
  const int32_t depthwise = net.Conv(x, 12, 12, 3);  // writes dense tensors only
  const int32_t shared = net.Conv(x, 5), twice = net.Conv(x, 6);
  const int32_t all = net.Concat({depthwise, shared, x, twice, twice});
  const int32_t again = net.Concat({shared, all});
  const int32_t flat = net.Reshape(shared);  // needs it dense
  const int32_t y = net.Conv(again, 3);
  net.Output(y);
  net.program->outputs.push_back({"flat", flat, DType::kS8});
  const std::vector<size_t> roots = net.Roots();
  for (const int32_t t : {depthwise, shared, x, twice}) {
    EXPECT_EQ(roots[static_cast<size_t>(t)], static_cast<size_t>(t));
  }
  EXPECT_EQ(roots[static_cast<size_t>(all)], static_cast<size_t>(again));
  net.ExpectSameBits();
}

TEST(Layout, SlicesAreViewsWhereReadersCan) {
  Net net;
  const int32_t x = net.Input(31);
  const int32_t a = net.Slice(x, 0, 15), b = net.Slice(x, 15, 16);
  const int32_t odd = net.Slice(x, 1, 15, 2);
  const int32_t depthwise = net.Conv(b, 16, 16, 3);
  const int32_t sum = net.Add(net.Conv(a, 16), b);
  net.Output(net.Conv(net.Concat({sum, depthwise, a, odd}), 20));
  const std::vector<size_t> roots = net.Roots();
  EXPECT_EQ(roots[static_cast<size_t>(a)], static_cast<size_t>(x));
  EXPECT_EQ(roots[static_cast<size_t>(b)], static_cast<size_t>(x));
  EXPECT_NE(roots[static_cast<size_t>(odd)], static_cast<size_t>(x));
  net.ExpectSameBits();
}

TEST(Layout, ATensorWhosePartsAreConcatenatedAgainIsPlacedWhole) {
  Net net;
  const int32_t x = net.Input(10);
  const int32_t whole = net.Conv(x, 48);
  const int32_t a = net.Slice(whole, 0, 24), b = net.Slice(whole, 24, 24);
  const int32_t c = net.Conv(b, 24, 1, 3), d = net.Conv(c, 24);
  const int32_t all = net.Concat({a, b, c, d});
  net.Output(net.Conv(all, 16));
  const Layout layout = PlanLayout(*net.program, Sharing::kInPlace);
  for (const int32_t t : {whole, a, b, c, d}) {
    EXPECT_EQ(layout.place[static_cast<size_t>(t)].root, static_cast<size_t>(all));
  }
  EXPECT_EQ(layout.place[static_cast<size_t>(b)].offset, 24);
  EXPECT_TRUE(layout.skip[1] && layout.skip[2] && layout.skip[5]);
  net.ExpectSameBits();
}

TEST(Layout, RunsOfAnOuterAxisTakeAnyRecord) {
  Net net;
  const int32_t x = net.Input(6);
  const int32_t a = net.Reshape(net.Conv(x, 8)), b = net.Reshape(net.Conv(x, 8));
  const int32_t all = net.program->AddTensor({"all", DType::kS8, {1, 70, 8}, kGrid});
  net.Record("concat", {a, b}, all, {{"axis", int64_t{1}}});
  const int32_t part = net.program->AddTensor({"part", DType::kS8, {1, 9, 8}, kGrid});
  net.Record(
      "slice", {all}, part,
      {{"starts", std::vector<int64_t>{0, 31, 0}}, {"steps", std::vector<int64_t>{1, 1, 1}}});
  net.Output(net.Record(
      "table",
      {part, net.program->AddConstant("t", std::make_shared<Tensor>(DType::kS8, Shape{256}))},
      net.program->AddTensor({"y", DType::kS8, {1, 9, 8}, kGrid}), {}));
  net.Output(all);
  EXPECT_THAT(net.Skipped(), ElementsAre(false, true, false, true, true, true, false));
  net.ExpectSameBits();
}

// Records that Bind refuses must do no harm before.
TEST(Layout, TakesRecordsThatAreNotValid) {
  Net net;
  const int32_t x = net.Input(8);
  const int32_t a = net.Conv(x, 8);
  const int32_t all = net.Concat({a, a});
  net.Output(all);
  const auto expect_refused = [&](const std::function<void(Program&)>& change) {
    Net copy = net;
    copy.program = std::make_shared<Program>(*net.program);
    change(*copy.program);
    (void)PlanLayout(*copy.program, Sharing::kInPlace);
    EXPECT_FALSE(Session::Create(copy.program, {}).ok());
  };
  expect_refused([](Program& p) { p.records[1].attributes.Set("axis", int64_t{7}); });
  expect_refused([](Program& p) { p.records[1].attributes.Set("axis", std::string("3")); });
  expect_refused([&](Program& p) { p.tensors[static_cast<size_t>(all)].shape = {1, 5, 7, 15}; });
  expect_refused([&](Program& p) { p.tensors[static_cast<size_t>(all)].shape = {}; });
  expect_refused([&](Program& p) { p.tensors[static_cast<size_t>(all)].dtype = DType::kF32; });
  expect_refused([](Program& p) { p.records[0].inputs = {-1, -1}; });
  expect_refused([](Program& p) {
    p.records[1].op = "slice";
    p.records[1].attributes.Set("starts", std::vector<int64_t>{0, 0, 0, INT64_MAX});
    p.records[1].attributes.Set("steps", std::vector<int64_t>{1, 1, 1, 1});
  });
}

}  // namespace
}  // namespace plumb::runtime
