#include "plumb/vision/decode.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "plumb/vision/classify.h"

namespace plumb::vision {
namespace {

using artifact::DecodeContract;
using artifact::DecodeOutput;
using artifact::Family;
using artifact::OutputLayout;
using artifact::OutputRole;

constexpr int kW = 64, kH = 32;  // input; strides 8, 16: grids 8x4 and 4x2
constexpr DecodeOptions kLow = {0.05F, ClassMode::kEvery};

Result<std::vector<Detection>> RunDecoder(const DecodeContract& c,
                                          const std::vector<Tensor>& outputs,
                                          const DecodeOptions& options = kLow) {
  std::vector<ConstTensorView> views;
  std::vector<Shape> shapes;
  for (const Tensor& t : outputs) {
    views.push_back(t.view());
    shapes.push_back(t.shape());
  }
  auto found = Decode(c, views, kW, kH, options);
  EXPECT_EQ(CheckDecode(c, shapes, kW, kH).ok(), found.ok());
  return found;
}

float Sig(float x) { return static_cast<float>(1 / (1 + std::exp(-static_cast<double>(x)))); }

void ExpectSame(const std::vector<Detection>& a, const std::vector<Detection>& b,
                float tolerance = 0) {
  ASSERT_EQ(a.size(), b.size());
  ASSERT_FALSE(a.empty());
  for (size_t i = 0; i < a.size(); ++i) {
    EXPECT_EQ(a[i].label, b[i].label) << i;
    EXPECT_NEAR(a[i].score, b[i].score, tolerance) << i;
    EXPECT_NEAR(a[i].x1, b[i].x1, tolerance * 100) << i;
    EXPECT_NEAR(a[i].y2, b[i].y2, tolerance * 100) << i;
  }
}

// One level's values: [anchor][cell][channel] logits.
struct Values {
  int stride, anchors, cells, channels;
  std::vector<float> v;
  float& at(int a, int cell, int c) {
    return v[static_cast<size_t>((a * cells + cell) * channels + c)];
  }
  Values(int s, int na, int nc, uint32_t seed)
      : stride(s), anchors(na), cells(kW / s * kH / s), channels(nc) {
    std::mt19937 random(seed);
    v.resize(static_cast<size_t>(na * cells * nc));
    for (float& x : v) {
      x = static_cast<float>(random() % 1000) / 250.0F - 3.0F;
    }
  }
  [[nodiscard]] int width() const { return kW / stride; }
  [[nodiscard]] int height() const { return kH / stride; }
  // The channels [first, first + count) of every anchor, in the layout.
  Tensor Make(OutputLayout layout, bool map, int first, int count) {
    Shape shape;
    if (layout == OutputLayout::kAnchorsFirst) {
      shape = {1, anchors, height(), width(), count};
    } else if (layout == OutputLayout::kChannelsFirst) {
      shape = map ? Shape{1, anchors * count, height(), width()} : Shape{1, anchors * count, cells};
    } else {
      shape = map ? Shape{1, height(), width(), anchors * count} : Shape{1, anchors * cells, count};
    }
    Tensor t(DType::kF32, shape);
    const auto out = t.values<float>();
    for (int a = 0; a < anchors; ++a) {
      for (int cell = 0; cell < cells; ++cell) {
        for (int c = 0; c < count; ++c) {
          const int at = layout == OutputLayout::kAnchorsFirst    ? (a * cells + cell) * count + c
                         : layout == OutputLayout::kChannelsFirst ? (a * count + c) * cells + cell
                         : map ? cell * anchors * count + a * count + c
                               : (a * cells + cell) * count + c;
          out[static_cast<size_t>(at)] = this->at(a, cell, first + c);
        }
      }
    }
    return t;
  }
};

void ApplySigmoid(Values& values) {
  for (float& x : values.v) {
    x = Sig(x);
  }
}

const std::vector<float> kAnchors8 = {10, 13, 16, 30, 33, 23},
                         kAnchors16 = {30, 61, 62, 45, 59, 119};

class Yolov5 : public testing::Test {
 protected:
  Yolov5() {
    contract_.family = Family::kYolov5;
    contract_.classes = 3;
    contract_.strides = {8, 16};
  }
  DecodeContract With(OutputLayout layout) {
    DecodeContract c = contract_;
    c.outputs = {{0, OutputRole::kAll, layout, 8, kAnchors8},
                 {1, OutputRole::kAll, layout, 16, kAnchors16}};
    return c;
  }
  DecodeContract contract_;
  Values a_{8, 3, 8, 1}, b_{16, 3, 8, 2};
};

TEST_F(Yolov5, OneCellByHand) {
  Values a(8, 3, 8, 1), b(16, 3, 8, 1);
  std::fill(a.v.begin(), a.v.end(), -20.0F);
  std::fill(b.v.begin(), b.v.end(), -20.0F);
  const int cell = 2 * a.width() + 5;  // column 5, row 2
  for (int c = 0; c < 4; ++c) {
    a.at(1, cell, c) = 0;  // t = 0.5
  }
  a.at(1, cell, 2) = 20;  // t = 1: w = 4 * 16
  a.at(1, cell, 4) = 0;
  a.at(1, cell, 6) = std::log(4.0F);  // 0.8
  auto found = RunDecoder(With(OutputLayout::kChannelsFirst),
                          {a.Make(OutputLayout::kChannelsFirst, true, 0, 8),
                           b.Make(OutputLayout::kChannelsFirst, true, 0, 8)});
  ASSERT_TRUE(found.ok()) << found.status().message();
  ASSERT_EQ(found->size(), 1u);
  const Detection& d = (*found)[0];
  EXPECT_EQ(d.label, 1);
  EXPECT_NEAR(d.score, 0.4, 1e-6);
  EXPECT_NEAR(d.x1, 5.5 * 8 - 32, 1e-4);
  EXPECT_NEAR(d.x2, 5.5 * 8 + 32, 1e-4);
  EXPECT_NEAR(d.y1, 2.5 * 8 - 15, 1e-4);
  EXPECT_NEAR(d.y2, 2.5 * 8 + 15, 1e-4);
}

TEST_F(Yolov5, EveryHeadFormGivesTheSame) {
  const auto reference = RunDecoder(With(OutputLayout::kChannelsFirst),
                                    {a_.Make(OutputLayout::kChannelsFirst, true, 0, 8),
                                     b_.Make(OutputLayout::kChannelsFirst, true, 0, 8)});
  ASSERT_TRUE(reference.ok());
  for (const auto& [layout, map] : {std::pair{OutputLayout::kChannelsLast, true},
                                    {OutputLayout::kChannelsLast, false},
                                    {OutputLayout::kAnchorsFirst, true}}) {
    const auto found =
        RunDecoder(With(layout), {a_.Make(layout, map, 0, 8), b_.Make(layout, map, 0, 8)});
    ASSERT_TRUE(found.ok()) << found.status().message();
    ExpectSame(*reference, *found);
  }
  // Outputs in another order.
  DecodeContract swapped = With(OutputLayout::kChannelsFirst);
  swapped.outputs[0].output = 1;
  swapped.outputs[1].output = 0;
  std::swap(swapped.outputs[0], swapped.outputs[1]);
  auto found = RunDecoder(swapped, {b_.Make(OutputLayout::kChannelsFirst, true, 0, 8),
                                    a_.Make(OutputLayout::kChannelsFirst, true, 0, 8)});
  ASSERT_TRUE(found.ok());
  ExpectSame(*reference, *found);
  // 1x3x(5+C)xHxW is 1x3(5+C)xHxW in memory.
  Tensor five = a_.Make(OutputLayout::kChannelsFirst, true, 0, 8);
  five.Reshape({1, 3, 8, a_.height(), a_.width()});
  found = RunDecoder(With(OutputLayout::kChannelsFirst),
                     {five, b_.Make(OutputLayout::kChannelsFirst, true, 0, 8)});
  ASSERT_TRUE(found.ok());
  ExpectSame(*reference, *found);
  // Rows of all levels in one tensor, not decoded.
  DecodeContract rows = contract_;
  std::vector<float> anchors = kAnchors8;
  anchors.insert(anchors.end(), kAnchors16.begin(), kAnchors16.end());
  rows.outputs = {{0, OutputRole::kAll, OutputLayout::kChannelsLast, 0, anchors}};
  std::vector<float> all = a_.v;
  all.insert(all.end(), b_.v.begin(), b_.v.end());
  found = RunDecoder(rows, {Tensor::Of<float>({1, 3 * (32 + 8), 8}, all)});
  ASSERT_TRUE(found.ok()) << found.status().message();
  ExpectSame(*reference, *found);
  // The sigmoid in the graph.
  ApplySigmoid(a_);
  ApplySigmoid(b_);
  DecodeContract activated = With(OutputLayout::kChannelsFirst);
  activated.scores_activated = true;
  found = RunDecoder(activated, {a_.Make(OutputLayout::kChannelsFirst, true, 0, 8),
                                 b_.Make(OutputLayout::kChannelsFirst, true, 0, 8)});
  ASSERT_TRUE(found.ok());
  ExpectSame(*reference, *found, 1e-6F);
}

TEST_F(Yolov5, DecodedRowsAndClassModes) {
  DecodeContract c = contract_;
  c.boxes_decoded = c.scores_activated = true;
  c.outputs = {{0, OutputRole::kAll, OutputLayout::kChannelsLast, 0, {}}};
  const std::vector<float> rows = {20, 16, 10, 8, 0.9F, 0.5F, 0.8F, 0.8F,  //
                                   20, 16, 10, 8, 0.1F, 0.9F, 0.9F, 0.9F};
  auto found = RunDecoder(c, {Tensor::Of<float>({1, 2, 8}, rows)}, {0.25F, ClassMode::kEvery});
  ASSERT_TRUE(found.ok());
  ASSERT_EQ(found->size(), 3u);
  found = RunDecoder(c, {Tensor::Of<float>({1, 2, 8}, rows)}, {0.25F, ClassMode::kBest});
  ASSERT_EQ(found->size(), 1u);
  EXPECT_EQ((*found)[0], (Detection{15, 12, 25, 20, 0.9F * 0.8F, 1, {}}));  // the first of equals
}

TEST_F(Yolov5, NotANumberAndInfinityAreDropped) {
  DecodeContract c = contract_;
  c.boxes_decoded = c.scores_activated = true;
  c.outputs = {{0, OutputRole::kAll, OutputLayout::kChannelsLast, 0, {}}};
  auto found = RunDecoder(
      c,
      {Tensor::Of<float>({1, 2, 8}, std::vector<float>{NAN, 16, 10, 8, 0.9F, 0.5F, 0.8F, 0.8F,  //
                                                       20, 16, 10, 8, NAN, 0.9F, NAN, 0.9F})});
  ASSERT_TRUE(found.ok());
  EXPECT_TRUE(found->empty());
}

TEST_F(Yolov5, OutputsThatDoNotFitAreNamed) {
  DecodeContract c = With(OutputLayout::kChannelsFirst);
  const Tensor a = a_.Make(OutputLayout::kChannelsFirst, true, 0, 8),
               b = b_.Make(OutputLayout::kChannelsFirst, true, 0, 8);
  auto message = [&](const DecodeContract& contract, const std::vector<Tensor>& outputs) {
    const auto found = RunDecoder(contract, outputs);
    EXPECT_EQ(found.status().code(), Code::kInvalidModel);
    return found.status().message();
  };
  EXPECT_EQ(message(c, {a}), "decode: output 1 named, but the network has 1");
  EXPECT_EQ(message(c, {a, a}),
            "decode: output 1: a grid of 64x32 at stride 16 expected, found 1x24x4x8");
  DecodeContract wrong = c;
  wrong.classes = 80;
  EXPECT_EQ(message(wrong, {a, b}),
            "decode: output 0 (all): 85 channels for each of 3 anchors expected, found 1x24x4x8");
  wrong = c;
  wrong.outputs[0].anchors.clear();
  EXPECT_EQ(message(wrong, {a, b}), "decode: output 0: no anchors given for stride 8");
  wrong = c;
  wrong.outputs[1].role = OutputRole::kKeypoints;
  message(wrong, {a, b});
  wrong = c;
  wrong.outputs[0].layout = static_cast<OutputLayout>(9);
  message(wrong, {a, b});
  wrong = c;
  wrong.outputs.clear();
  message(wrong, {a, b});
  wrong = c;
  wrong.outputs[1] = wrong.outputs[0];
  EXPECT_EQ(message(wrong, {a, b}), "decode: two outputs hold the all of stride 8");
  message(c, {a, Tensor(DType::kF32, {1, 24, 0, 4})});
  wrong = c;
  wrong.family = Family::kNone;
  EXPECT_EQ(RunDecoder(wrong, {a, b}).status().code(), Code::kUsage);
}

class Yolov8 : public testing::Test {
 protected:
  Yolov8() {
    contract_.family = Family::kYolov8;
    contract_.classes = 3;
    contract_.strides = {8, 16};
  }
  DecodeContract contract_;
  Values a_{8, 1, 67, 3}, b_{16, 1, 67, 4};
};

TEST_F(Yolov8, OneCellByHand) {
  for (Values* v : {&a_, &b_}) {
    std::fill(v->v.begin(), v->v.end(), -20.0F);
  }
  const int cell = 1 * b_.width() + 2;
  b_.at(0, cell, 3) = 40;       // left: bin 3
  b_.at(0, cell, 16 + 0) = 40;  // top: bin 0
  b_.at(0, cell, 32 + 4) = 40;  // right: half 4, half 5
  b_.at(0, cell, 32 + 5) = 40;
  b_.at(0, cell, 48 + 15) = 40;  // bottom: bin 15
  b_.at(0, cell, 64 + 2) = 0;    // 0.5
  contract_.outputs = {{0, OutputRole::kAll, OutputLayout::kChannelsFirst, 8, {}},
                       {1, OutputRole::kAll, OutputLayout::kChannelsFirst, 16, {}}};
  const auto found = RunDecoder(contract_, {a_.Make(OutputLayout::kChannelsFirst, true, 0, 67),
                                            b_.Make(OutputLayout::kChannelsFirst, true, 0, 67)});
  ASSERT_TRUE(found.ok()) << found.status().message();
  ASSERT_EQ(found->size(), 1u);
  EXPECT_EQ(
      (*found)[0],
      (Detection{(2.5F - 3) * 16, 1.5F * 16, (2.5F + 4.5F) * 16, (1.5F + 15) * 16, 0.5F, 2, {}}));
}

TEST_F(Yolov8, EveryHeadFormGivesTheSame) {
  constexpr auto kFirst = OutputLayout::kChannelsFirst;
  contract_.outputs = {{0, OutputRole::kAll, kFirst, 8, {}}, {1, OutputRole::kAll, kFirst, 16, {}}};
  const auto reference =
      RunDecoder(contract_, {a_.Make(kFirst, true, 0, 67), b_.Make(kFirst, true, 0, 67)});
  ASSERT_TRUE(reference.ok());
  for (const auto layout : {kFirst, OutputLayout::kChannelsLast}) {
    // Box and class maps apart, with the zoo's score sum, in a mixed order.
    DecodeContract split = contract_;
    split.outputs = {{2, OutputRole::kBox, layout, 8, {}},
                     {0, OutputRole::kClasses, layout, 8, {}},
                     {1, OutputRole::kScoreSum, layout, 8, {}},
                     {3, OutputRole::kClasses, layout, 16, {}},
                     {4, OutputRole::kBox, layout, 16, {}}};
    const auto found =
        RunDecoder(split, {a_.Make(layout, true, 64, 3), a_.Make(layout, true, 64, 1),
                           a_.Make(layout, true, 0, 64), b_.Make(layout, true, 64, 3),
                           b_.Make(layout, true, 0, 64)});
    ASSERT_TRUE(found.ok()) << found.status().message();
    ExpectSame(*reference, *found);
  }
  // All levels in one [1,64+C,N].
  Tensor joined(DType::kF32, {1, 67, 40});
  for (int c = 0; c < 67; ++c) {
    for (int cell = 0; cell < 40; ++cell) {
      joined.values<float>()[static_cast<size_t>(c * 40 + cell)] =
          cell < 32 ? a_.at(0, cell, c) : b_.at(0, cell - 32, c);
    }
  }
  DecodeContract all = contract_;
  all.outputs = {{0, OutputRole::kAll, kFirst, 0, {}}};
  auto found = RunDecoder(all, {joined});
  ASSERT_TRUE(found.ok()) << found.status().message();
  ExpectSame(*reference, *found);
  // Decoded: the same boxes as cx, cy, w, h in [1,4+C,N].
  Tensor decoded(DType::kF32, {1, 7, 40});
  const auto every =
      RunDecoder(contract_, {a_.Make(kFirst, true, 0, 67), b_.Make(kFirst, true, 0, 67)},
                 {0.0F, ClassMode::kBest});
  ASSERT_EQ(every->size(), 40u);
  for (size_t k = 0; k < 40; ++k) {
    const Detection& d = (*every)[k];
    const float row[] = {(d.x1 + d.x2) / 2, (d.y1 + d.y2) / 2, d.x2 - d.x1, d.y2 - d.y1};
    for (size_t c = 0; c < 7; ++c) {
      const int cell = static_cast<int>(k), ch = static_cast<int>(c) + 60;
      decoded.values<float>()[c * 40 + k] =
          c < 4 ? row[c] : Sig(k < 32 ? a_.at(0, cell, ch) : b_.at(0, cell - 32, ch));
    }
  }
  DecodeContract done = all;
  done.boxes_decoded = done.scores_activated = true;
  found = RunDecoder(done, {decoded});
  ASSERT_TRUE(found.ok()) << found.status().message();
  ExpectSame(*reference, *found, 1e-5F);
}

TEST_F(Yolov8, PlainDistances) {
  Values a(8, 1, 7, 5), b(16, 1, 7, 6);
  std::fill(a.v.begin(), a.v.end(), -20.0F);
  std::fill(b.v.begin(), b.v.end(), -20.0F);
  for (int c = 0; c < 4; ++c) {
    a.at(0, 0, c) = static_cast<float>(c + 1);
  }
  a.at(0, 0, 4) = 20;
  contract_.reg_max = 1;
  contract_.outputs = {{0, OutputRole::kBox, OutputLayout::kChannelsFirst, 8, {}},
                       {1, OutputRole::kClasses, OutputLayout::kChannelsFirst, 8, {}},
                       {2, OutputRole::kBox, OutputLayout::kChannelsFirst, 16, {}},
                       {3, OutputRole::kClasses, OutputLayout::kChannelsFirst, 16, {}}};
  const auto found = RunDecoder(contract_, {a.Make(OutputLayout::kChannelsFirst, true, 0, 4),
                                            a.Make(OutputLayout::kChannelsFirst, true, 4, 3),
                                            b.Make(OutputLayout::kChannelsFirst, true, 0, 4),
                                            b.Make(OutputLayout::kChannelsFirst, true, 4, 3)});
  ASSERT_TRUE(found.ok()) << found.status().message();
  ASSERT_EQ(found->size(), 1u);
  EXPECT_EQ((*found)[0].x1, (0.5F - 1) * 8);
  EXPECT_EQ((*found)[0].y2, (0.5F + 4) * 8);
}

TEST(Yolox, FormsAndFormula) {
  DecodeContract c;
  c.family = Family::kYolox;
  c.classes = 3;
  c.strides = {8, 16};
  c.scores_activated = true;
  Values a(8, 1, 8, 8), b(16, 1, 8, 9);
  for (Values* v : {&a, &b}) {
    for (int cell = 0; cell < v->cells; ++cell) {
      for (int k = 4; k < 8; ++k) {
        v->at(0, cell, k) = Sig(v->at(0, cell, k));
      }
    }
  }
  std::vector<float> rows = a.v;
  rows.insert(rows.end(), b.v.begin(), b.v.end());
  c.outputs = {{0, OutputRole::kAll, OutputLayout::kChannelsLast, 0, {}}};
  const auto reference = RunDecoder(c, {Tensor::Of<float>({1, 40, 8}, rows)});
  ASSERT_TRUE(reference.ok()) << reference.status().message();
  DecodeContract levels = c;
  levels.outputs = {{0, OutputRole::kAll, OutputLayout::kChannelsFirst, 8, {}},
                    {1, OutputRole::kAll, OutputLayout::kChannelsFirst, 16, {}}};
  auto found = RunDecoder(levels, {a.Make(OutputLayout::kChannelsFirst, true, 0, 8),
                                   b.Make(OutputLayout::kChannelsFirst, true, 0, 8)});
  ASSERT_TRUE(found.ok()) << found.status().message();
  ExpectSame(*reference, *found);
  DecodeContract split = c;
  split.outputs.clear();
  std::vector<Tensor> tensors;
  for (Values* v : {&a, &b}) {
    const std::array<std::pair<int, int>, 3> parts = {{{0, 4}, {4, 1}, {5, 3}}};
    const OutputRole roles[] = {OutputRole::kBox, OutputRole::kObjectness, OutputRole::kClasses};
    for (size_t k = 0; k < 3; ++k) {
      split.outputs.push_back({static_cast<int32_t>(tensors.size()),
                               roles[k],
                               OutputLayout::kChannelsFirst,
                               v->stride,
                               {}});
      tensors.push_back(
          v->Make(OutputLayout::kChannelsFirst, true, parts[k].first, parts[k].second));
    }
  }
  found = RunDecoder(split, tensors);
  ASSERT_TRUE(found.ok()) << found.status().message();
  ExpectSame(*reference, *found);
  // The first cell by hand.
  const auto all = RunDecoder(c, {Tensor::Of<float>({1, 40, 8}, rows)}, {0.0F, ClassMode::kBest});
  const Detection& d = (*all)[9];  // column 1, row 1
  EXPECT_NEAR((d.x1 + d.x2) / 2, (a.at(0, 9, 0) + 1) * 8, 1e-4);
  EXPECT_NEAR(d.y2 - d.y1, std::exp(a.at(0, 9, 3)) * 8, 1e-3);
}

TEST(YoloFastestV2, ClassesAreSharedByTheAnchors) {
  DecodeContract c;
  c.family = Family::kYoloFastestV2;
  c.classes = 3;
  c.scores_activated = true;
  c.outputs = {{0, OutputRole::kAll, OutputLayout::kChannelsLast, 16, {10, 20, 30, 40}}};
  Tensor t(DType::kF32, {1, 2, 4, 13});             // 2 anchors: 8 box, 2 objectness, 3 classes
  float* cell = t.values<float>().data() + 13 * 5;  // column 1, row 1
  const float values[] = {0, 0, 0, 0, 0.5F, 0.5F, 0.5F, 1.0F, 0.2F, 0.8F, 0.1F, 0.6F, 0.3F};
  std::copy(std::begin(values), std::end(values), cell);
  auto found = RunDecoder(c, {t}, {0.25F, ClassMode::kBest});
  ASSERT_TRUE(found.ok()) << found.status().message();
  ASSERT_EQ(found->size(), 1u);
  EXPECT_EQ((*found)[0], (Detection{24 - 15, 24 - 80, 24 + 15, 24 + 80, 0.8F * 0.6F, 1, {}}));
  // Not activated: sigmoid and softmax of the logarithms give the same.
  c.scores_activated = false;
  std::fill(t.values<float>().begin(), t.values<float>().end(), -30.0F);
  for (int k = 0; k < 10; ++k) {
    cell[k] = std::log(values[k] / (1 - values[k]) + 1e-30F);
  }
  cell[7] = 30;
  for (int k = 10; k < 13; ++k) {
    cell[k] = std::log(values[k]) + 5;
  }
  found = RunDecoder(c, {t}, {0.25F, ClassMode::kBest});
  ASSERT_TRUE(found.ok());
  ASSERT_EQ(found->size(), 1u);
  EXPECT_NEAR((*found)[0].score, 0.48, 1e-5);
  EXPECT_NEAR((*found)[0].y2, 104, 1e-3);
}

TEST(Ssd, CornersAndBackground) {
  DecodeContract c;
  c.family = Family::kSsd;
  c.classes = 1;
  c.boxes_decoded = c.scores_activated = true;
  c.outputs = {{1, OutputRole::kBox, OutputLayout::kChannelsLast, 0, {}},
               {0, OutputRole::kClasses, OutputLayout::kChannelsLast, 0, {}}};
  const std::vector<Tensor> outputs = {
      Tensor::Of<float>({1, 2, 2}, std::vector<float>{0.1F, 0.9F, 0.95F, 0.05F}),
      Tensor::Of<float>({1, 2, 4}, std::vector<float>{0.25F, 0.5F, 0.5F, 1, 0, 0, 1, 1})};
  const auto found = RunDecoder(c, outputs, {0.25F, ClassMode::kBest});
  ASSERT_TRUE(found.ok()) << found.status().message();
  ASSERT_EQ(found->size(), 1u);
  EXPECT_EQ((*found)[0], (Detection{16, 16, 32, 32, 0.9F, 0, {}}));
}

TEST(Yunet, ScoreBoxAndKeypoints) {
  DecodeContract c;
  c.family = Family::kYunet;
  c.classes = 1;
  c.scores_activated = true;
  constexpr auto kLast = OutputLayout::kChannelsLast;
  c.outputs = {{0, OutputRole::kClasses, kLast, 16, {}},
               {1, OutputRole::kObjectness, kLast, 16, {}},
               {2, OutputRole::kBox, kLast, 16, {}},
               {3, OutputRole::kKeypoints, kLast, 16, {}}};
  std::vector<Tensor> t;
  for (const int channels : {1, 1, 4, 10}) {
    t.emplace_back(DType::kF32, Shape{1, 8, channels});
  }
  t[0].values<float>()[6] = 0.81F;  // column 2, row 1
  t[1].values<float>()[6] = 1.25F;  // clamped to 1
  t[2].values<float>()[24] = 0.5F;
  t[3].values<float>()[60] = 1.0F;
  const auto found = RunDecoder(c, t, {0.5F, ClassMode::kBest});
  ASSERT_TRUE(found.ok()) << found.status().message();
  ASSERT_EQ(found->size(), 1u);
  const Detection& d = (*found)[0];
  EXPECT_EQ(d.score, std::sqrt(0.81F));
  EXPECT_EQ(d.x1, 2.5F * 16 - 8);
  EXPECT_EQ(d.y1, 16.0F - 8);
  ASSERT_EQ(d.keypoints.size(), 10u);
  EXPECT_EQ(d.keypoints[0], 48.0F);
  EXPECT_EQ(d.keypoints[1], 16.0F);
}

TEST(Families, NamesReturn) {
  for (const char* name :
       {"yolov5", "yolov8", "yolox", "yolo-fastestv2", "ssd", "yunet", "classifier", "none"}) {
    auto family = FamilyFromName(name);
    ASSERT_TRUE(family.ok());
    EXPECT_EQ(FamilyName(*family), name);
  }
  EXPECT_EQ(*FamilyFromName("yolo11"), Family::kYolov8);
  EXPECT_EQ(FamilyFromName("yolov99").status().message(),
            "decode: unknown family 'yolov99'; known are yolov5, yolov8, yolox, yolo-fastestv2, "
            "ssd, yunet, classifier, none");
}

TEST(Classify, TopK) {
  DecodeContract c;
  c.family = Family::kClassifier;
  c.classes = 4;
  const Tensor t = Tensor::Of<float>({1, 4}, std::vector<float>{0, std::log(3.0F), 0, NAN});
  auto top = TopClasses(
      c,
      Tensor::Of<float>({1, 4, 1, 1}, std::vector<float>{0, std::log(3.0F), 0, -INFINITY}).view(),
      2);
  ASSERT_TRUE(top.ok());
  ASSERT_EQ(top->size(), 2u);
  EXPECT_EQ((*top)[0].label, 1);
  EXPECT_NEAR((*top)[0].score, 0.6, 1e-6);
  EXPECT_EQ((*top)[1].label, 0);  // the first of equals
  top = TopClasses(c, t.view(), 9);
  EXPECT_EQ(top->size(), 4u);
  EXPECT_EQ((*top)[3].label, 3);  // not a number comes last
  c.classes = 5;
  EXPECT_FALSE(TopClasses(c, t.view(), 1).ok());
}

}  // namespace
}  // namespace plumb::vision
