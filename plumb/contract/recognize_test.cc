#include "plumb/contract/recognize.h"

#include <gtest/gtest.h>

#include "plumb/vision/decode.h"

namespace plumb::contract {
namespace {

using artifact::Color;
using artifact::Family;
using artifact::OutputLayout;
using artifact::OutputRole;
using artifact::PictureLayout;
using artifact::ResizeRule;
using artifact::Source;
using ir::TensorType;
using ir::ValueId;

// A network that is all head: each output comes from a convolution of the input.
class Net {
 public:
  explicit Net(Shape input = {1, 3, 64, 64}, DType dtype = DType::kF32) {
    x_ = graph_.AddInput("images", TensorType(dtype, std::move(input)));
    graph_.inputs[0].dtype = dtype;
  }
  ValueId Conv(Shape shape) {
    return graph_.Emit("conv", "c", {x_}, {}, TensorType(DType::kF32, std::move(shape)));
  }
  ValueId Op(std::string_view op, std::vector<ValueId> in, Shape shape,
             Attributes attributes = {}) {
    return graph_.Emit(op, op, std::move(in), std::move(attributes),
                       TensorType(DType::kF32, std::move(shape)));
  }
  ValueId Same(std::string_view op, ValueId in) {
    return Op(op, {in}, graph_.value(in).type.shape());
  }
  ValueId Concat(std::vector<ValueId> in, int64_t axis) {
    Shape shape = graph_.value(in[0]).type.shape();
    for (size_t i = 1; i < in.size(); ++i) {
      shape[static_cast<size_t>(axis)] +=
          graph_.value(in[i]).type.shape()[static_cast<size_t>(axis)];
    }
    return Op("concat", std::move(in), shape, {{"axis", axis}});
  }
  void Out(ValueId v) { graph_.AddOutput("out" + std::to_string(graph_.outputs.size()), v); }
  [[nodiscard]] Result<Contracts> Recognize(const Options& options = {}) const {
    return contract::Recognize(graph_, options);
  }
  ir::Graph graph_;

 private:
  ValueId x_ = ir::kNone;
};

Contracts Found(const Net& net, const Options& options = {}) {
  auto c = net.Recognize(options);
  EXPECT_TRUE(c.ok()) << c.status().message();
  return c.ok() ? *c : Contracts{};
}

Options Decode(std::string_view text) {
  auto decode = ParseDecode(text);
  EXPECT_TRUE(decode.ok()) << decode.status().message();
  Options o;
  o.decode = *decode;
  return o;
}

// For a 64x64 input: grids 8x8, 4x4, 2x2, 84 cells in all.
constexpr int kStrides[] = {8, 16, 32};
Shape Map(int64_t channels, int stride) { return {1, channels, 64 / stride, 64 / stride}; }

TEST(RecognizeYolov5, RawAndSigmoidHeadsInAnyOrder) {
  for (const bool sigmoid : {false, true}) {
    for (const auto& order : {std::vector<int>{8, 16, 32}, {32, 8, 16}}) {
      Net net;
      for (const int s : order) {
        const ValueId head = net.Conv(Map(3 * 25, s));
        net.Out(sigmoid ? net.Same("sigmoid", head) : head);
      }
      const Contracts c = Found(net);
      EXPECT_EQ(c.decode.family, Family::kYolov5);
      EXPECT_EQ(c.decode.family_source, Source::kRecognized);
      EXPECT_EQ(c.decode.classes, 20);
      EXPECT_EQ(c.decode.scores_activated, sigmoid);
      EXPECT_FALSE(c.decode.boxes_decoded);
      EXPECT_EQ(c.decode.strides, (std::vector<int32_t>{8, 16, 32}));
      ASSERT_EQ(c.decode.outputs.size(), 3u);
      for (const auto& o : c.decode.outputs) {
        EXPECT_EQ(o.stride, order[static_cast<size_t>(o.output)]);
        EXPECT_EQ(o.layout, OutputLayout::kChannelsFirst);
      }
      EXPECT_EQ(c.decode.outputs[2].anchors, (std::vector<float>{116, 90, 156, 198, 373, 326}));
      EXPECT_EQ(c.decode.anchors_source, Source::kAssumed);
      EXPECT_EQ(c.decode.labels[19], "class_19");
    }
  }
}

TEST(RecognizeYolov5, AnchorsInADimensionOfTheirOwn) {
  for (const bool last : {true, false}) {
    Net net;
    for (const int s : {16, 32, 8}) {
      const ValueId head = net.Conv(Map(3 * 25, s));
      const int64_t g = 64 / s;
      net.Out(last ? net.Op("transpose", {net.Op("reshape", {head}, {1, 3, 25, g, g})},
                            {1, 3, g, g, 25})
                   : net.Op("reshape", {head}, {1, 3, 25, g, g}));
    }
    const Contracts c = Found(net);
    EXPECT_EQ(c.decode.family, Family::kYolov5);
    EXPECT_EQ(c.decode.classes, 20);
    EXPECT_EQ(c.decode.outputs[0].layout,
              last ? OutputLayout::kAnchorsFirst : OutputLayout::kChannelsFirst);
    EXPECT_EQ(c.decode.outputs[0].output, 2);
  }
}

TEST(RecognizeYolov5, NhwcHeadsAndListsALevel) {
  Net net, lists;
  for (const int s : kStrides) {
    const int64_t g = 64 / s;
    net.Out(net.Op("transpose", {net.Conv(Map(3 * 25, s))}, {1, g, g, 75}));
    lists.Out(lists.Op("reshape", {lists.Conv(Map(3 * 25, s))}, {1, 3 * g * g, 25}));
  }
  EXPECT_EQ(Found(net).decode.outputs[0].layout, OutputLayout::kChannelsLast);
  EXPECT_EQ(Found(net).decode.classes, 20);
  EXPECT_EQ(Found(lists).decode.family, Family::kYolov5);
  EXPECT_EQ(Found(lists).decode.classes, 20);
}

TEST(RecognizeYolov5, DecodedRowsAloneOrBesideRawHeads) {
  for (const bool extra : {false, true}) {
    Net net;
    std::vector<ValueId> rows;
    std::vector<ValueId> raw;
    for (const int s : kStrides) {
      const int64_t g = 64 / s;
      const ValueId head = net.Op("reshape", {net.Conv(Map(3 * 85, s))}, {1, 3 * g * g, 85});
      rows.push_back(net.Op("mul", {net.Same("sigmoid", head), head}, {1, 3 * g * g, 85}));
      raw.push_back(net.Op("reshape", {head}, {1, 3, g, g, 85}));
    }
    net.Out(net.Concat(rows, 1));
    for (const ValueId v : raw) {
      if (extra) {
        net.Out(v);
      }
    }
    const Contracts c = Found(net);
    EXPECT_EQ(c.decode.family, Family::kYolov5);
    EXPECT_TRUE(c.decode.boxes_decoded);
    EXPECT_TRUE(c.decode.scores_activated);
    EXPECT_EQ(c.decode.classes, 80);
    ASSERT_EQ(c.decode.outputs.size(), 1u);
    EXPECT_EQ(c.decode.outputs[0].output, 0);
    EXPECT_TRUE(c.decode.outputs[0].anchors.empty());
    EXPECT_EQ(c.decode.labels[0], "person");
    EXPECT_EQ(c.decode.labels_source, Source::kAssumed);
    const auto& in = c.io.pictures.at(0);
    EXPECT_EQ(in.color, Color::kRgb);
    EXPECT_EQ(in.std, (std::vector<float>{255, 255, 255}));
    EXPECT_EQ(in.resize, ResizeRule::kLetterbox);
    EXPECT_EQ(in.pad, 114);
    EXPECT_EQ(in.color_source, Source::kAssumed);
  }
}

TEST(RecognizeYolov5, AnchorsGivenByHand) {
  Net net;
  for (const int s : {8, 16}) {
    net.Out(net.Conv(Map(2 * 8, s)));
  }
  EXPECT_EQ(Found(net).decode.family, Family::kNone);  // 16 channels are not 3 x anything
  const Contracts c =
      Found(net, Decode("yolov5,anchors=1:2:3:4:5:6:7:8,sigmoid=in_graph,classes=3,score=0.1"));
  EXPECT_EQ(c.decode.family, Family::kYolov5);
  EXPECT_EQ(c.decode.family_source, Source::kGiven);
  EXPECT_EQ(c.decode.anchors_source, Source::kGiven);
  EXPECT_EQ(c.decode.scores_source, Source::kGiven);
  EXPECT_TRUE(c.decode.scores_activated);
  EXPECT_EQ(c.decode.outputs[1].anchors, (std::vector<float>{5, 6, 7, 8}));
  EXPECT_EQ(c.decode.score_threshold, 0.1F);
  // Without them there are no published ones for two levels of this form.
  EXPECT_EQ(net.Recognize(Decode("yolov5")).status().code(), Code::kUsage);
  EXPECT_EQ(net.Recognize(Decode("yolov5,anchors=1:2:3:4:5:6:7:8,classes=4")).status().message(),
            "decode: classes=4 given, but the outputs have room for 3");
}

// Two of the heads of a whole network: tensors as they are, until anchors are given.
TEST(RecognizeYolov5, LevelsWithoutPublishedAnchors) {
  Net net;
  for (const int s : {8, 32}) {
    net.Out(net.Conv(Map(3 * 13, s)));
  }
  const Contracts c = Found(net);
  EXPECT_EQ(c.decode.family, Family::kNone);
  EXPECT_NE(c.why.find("give them: --decode yolov5,anchors="), std::string::npos) << c.why;
  EXPECT_EQ(net.Recognize(Decode("yolov5")).status().code(), Code::kUsage);
}

TEST(RecognizeYolov8, JoinedHeads) {
  // 64 + 86 = 150 = 3 * 50: by shape alone a YOLOv5 head of 45 classes; the concatenation tells.
  for (const auto& order : {std::vector<int>{8, 16, 32}, {32, 16, 8}}) {
    Net net;
    for (const int s : order) {
      net.Out(net.Concat({net.Conv(Map(64, s)), net.Conv(Map(86, s))}, 1));
    }
    const Contracts c = Found(net);
    EXPECT_EQ(c.decode.family, Family::kYolov8);
    EXPECT_EQ(c.decode.classes, 86);
    EXPECT_FALSE(c.decode.scores_activated);
    EXPECT_EQ(c.decode.reg_max, 16);
    EXPECT_EQ(c.decode.outputs.size(), 3u);
  }
}

TEST(RecognizeYolov8, SeparateMapsWithAndWithoutTheScoreSum) {
  for (const bool sum : {false, true}) {
    for (const int64_t box : {64, 4}) {
      for (const int64_t classes : {80, 64, 1}) {
        Net net;
        for (const int s : {16, 8, 32}) {
          const ValueId scores = net.Same("sigmoid", net.Conv(Map(classes, s)));
          if (sum) {
            net.Out(net.Same("clip", net.Op("reduce_sum", {scores}, Map(1, s))));
          }
          net.Out(net.Conv(Map(box, s)));
          net.Out(scores);
        }
        const Contracts c = Found(net);
        EXPECT_EQ(c.decode.family, Family::kYolov8) << box << " " << classes << sum;
        EXPECT_EQ(c.decode.classes, classes);
        EXPECT_EQ(c.decode.reg_max, box / 4);
        EXPECT_TRUE(c.decode.scores_activated);
        EXPECT_FALSE(c.decode.boxes_decoded);
        ASSERT_EQ(c.decode.outputs.size(), sum ? 9u : 6u);
        // Stride 8 comes first in the contract and second in the network.
        EXPECT_EQ(c.decode.outputs[0].role, OutputRole::kBox);
        EXPECT_EQ(c.decode.outputs[0].output, sum ? 4 : 2);
        EXPECT_EQ(c.decode.outputs[1].role, OutputRole::kClasses);
        EXPECT_EQ(c.decode.outputs[1].output, sum ? 5 : 3);
      }
    }
  }
}

TEST(RecognizeYolov8, DecodedList) {
  Net net;
  const ValueId distribution =
      net.Same("softmax", net.Op("reshape", {net.Conv({1, 64, 84, 1})}, {1, 64, 84}));
  const ValueId boxes = net.Op("mul", {net.Op("sub", {distribution}, {1, 4, 84})}, {1, 4, 84});
  net.Out(net.Concat(
      {boxes, net.Same("sigmoid", net.Op("reshape", {net.Conv({1, 5, 84, 1})}, {1, 5, 84}))}, 1));
  const Contracts c = Found(net);
  EXPECT_EQ(c.decode.family, Family::kYolov8);
  EXPECT_TRUE(c.decode.boxes_decoded);
  EXPECT_TRUE(c.decode.scores_activated);
  EXPECT_EQ(c.decode.classes, 5);
  EXPECT_EQ(c.decode.outputs[0].layout, OutputLayout::kChannelsFirst);
}

TEST(RecognizeYolox, RowsHeadsAndSplitMaps) {
  // [1, N, 85], not decoded.
  Net rows;
  std::vector<ValueId> levels;
  for (const int s : kStrides) {
    const ValueId head =
        rows.Concat({rows.Conv(Map(4, s)), rows.Same("sigmoid", rows.Conv(Map(1, s))),
                     rows.Same("sigmoid", rows.Conv(Map(80, s)))},
                    1);
    levels.push_back(rows.Op("reshape", {head}, {1, 85, (64 / s) * (64 / s)}));
  }
  rows.Out(rows.Op("transpose", {rows.Concat(levels, 2)}, {1, 84, 85}));
  Contracts c = Found(rows);
  EXPECT_EQ(c.decode.family, Family::kYolox);
  EXPECT_FALSE(c.decode.boxes_decoded);
  EXPECT_TRUE(c.decode.scores_activated);
  EXPECT_EQ(c.decode.strides, (std::vector<int32_t>{8, 16, 32}));
  const auto& in = c.io.pictures.at(0);
  EXPECT_EQ(in.color, Color::kBgr);
  EXPECT_EQ(in.std, (std::vector<float>{1, 1, 1}));
  EXPECT_EQ(in.resize, ResizeRule::kLetterboxCorner);
  // Heads of 18 channels: by shape alone YOLOv5 with 1 class.
  Net heads;
  for (const int s : {32, 8, 16}) {
    heads.Out(
        heads.Concat({heads.Conv(Map(4, s)), heads.Conv(Map(1, s)), heads.Conv(Map(13, s))}, 1));
  }
  c = Found(heads);
  EXPECT_EQ(c.decode.family, Family::kYolox);
  EXPECT_EQ(c.decode.classes, 13);
  EXPECT_FALSE(c.decode.scores_activated);
  Net split;
  for (const int s : kStrides) {
    split.Out(split.Same("sigmoid", split.Conv(Map(80, s))));
    split.Out(split.Conv(Map(4, s)));
    split.Out(split.Same("sigmoid", split.Conv(Map(1, s))));
  }
  c = Found(split);
  EXPECT_EQ(c.decode.family, Family::kYolox);
  EXPECT_EQ(c.decode.classes, 80);
  EXPECT_EQ(c.decode.outputs[0].output, 1);
  EXPECT_EQ(c.decode.outputs[1].output, 2);
}

TEST(RecognizeYoloFastestV2, Nhwc) {
  Net net({1, 3, 352, 352});
  for (const int s : {32, 16}) {
    const int64_t g = 352 / s;
    const ValueId joined = net.Concat(
        {net.Same("sigmoid", net.Conv({1, 12, g, g})), net.Same("sigmoid", net.Conv({1, 3, g, g})),
         net.Same("softmax", net.Conv({1, 80, g, g}))},
        1);
    net.Out(net.Op("transpose", {joined}, {1, g, g, 95}));
  }
  const Contracts c = Found(net);
  EXPECT_EQ(c.decode.family, Family::kYoloFastestV2);
  EXPECT_EQ(c.decode.classes, 80);
  EXPECT_EQ(c.decode.outputs[0].output, 1);
  EXPECT_EQ(c.decode.outputs[0].anchors[0], 12.64F);
  EXPECT_EQ(c.decode.outputs[0].layout, OutputLayout::kChannelsLast);
  EXPECT_EQ(c.io.pictures.at(0).resize, ResizeRule::kStretch);
  EXPECT_EQ(c.io.pictures.at(0).color, Color::kBgr);
}

TEST(RecognizeSsd, ScoresAndBoxesInEitherOrder) {
  for (const bool boxes_first : {false, true}) {
    for (const int64_t scores_count : {2, 4}) {
      Net net({1, 3, 240, 320});
      const ValueId scores = net.Same(
          "softmax",
          net.Op("reshape", {net.Conv({1, scores_count, 4420, 1})}, {1, 4420, scores_count}));
      const ValueId boxes = net.Op("exp", {net.Conv({1, 4420, 4})}, {1, 4420, 4});
      net.Out(boxes_first ? boxes : scores);
      net.Out(boxes_first ? scores : boxes);
      const Contracts c = Found(net);
      EXPECT_EQ(c.decode.family, Family::kSsd);
      EXPECT_EQ(c.decode.classes, scores_count - 1);
      EXPECT_EQ(c.decode.outputs[1].output, boxes_first ? 0 : 1);
      EXPECT_EQ(c.decode.labels[0], scores_count == 2 ? "face" : "class_0");
      EXPECT_EQ(c.io.pictures.at(0).mean, (std::vector<float>{127, 127, 127}));
    }
  }
}

TEST(RecognizeYunet, TwelveLists) {
  Net net;
  for (const int64_t channels : {1, 1, 4, 10}) {
    for (const int s : {32, 16, 8}) {
      const int64_t cells = (64 / s) * (64 / s);
      const ValueId list = net.Op("reshape", {net.Conv(Map(channels, s))}, {1, cells, channels});
      net.Out(channels == 1 ? net.Same("sigmoid", list) : list);
    }
  }
  const Contracts c = Found(net);
  EXPECT_EQ(c.decode.family, Family::kYunet);
  EXPECT_EQ(c.decode.outputs.size(), 12u);
  EXPECT_EQ(c.decode.labels, std::vector<std::string>{"face"});
  EXPECT_TRUE(c.decode.scores_activated);
  EXPECT_EQ(c.io.pictures.at(0).pad, 0);
}

TEST(RecognizeClassifier, WithAndWithoutSoftmax) {
  for (const bool softmax : {false, true}) {
    Net net({1, 3, 224, 224});
    const ValueId scores = net.Conv({1, 1000});
    net.Out(softmax ? net.Same("softmax", scores) : scores);
    const Contracts c = Found(net);
    EXPECT_EQ(c.decode.family, Family::kClassifier);
    EXPECT_EQ(c.decode.classes, 1000);
    EXPECT_EQ(c.decode.scores_activated, softmax);
    EXPECT_EQ(c.io.pictures.at(0).resize, ResizeRule::kCrop);
  }
  Net digits({1, 1, 28, 28});
  digits.Out(digits.Conv({1, 10}));
  const Contracts c = Found(digits);
  EXPECT_EQ(c.decode.family, Family::kClassifier);
  EXPECT_EQ(c.io.pictures.at(0).color, Color::kGray);
  EXPECT_EQ(c.io.pictures.at(0).resize, ResizeRule::kStretch);
  EXPECT_EQ(c.io.pictures.at(0).mean.size(), 1u);
}

TEST(RecognizePicture, LayoutsTypesAndAbsence) {
  Net nhwc({1, 48, 64, 3}, DType::kU8);
  nhwc.Out(nhwc.Conv({1, 5}));
  Contracts c = Found(nhwc);
  EXPECT_EQ(c.io.pictures.at(0).layout, PictureLayout::kNhwc);
  EXPECT_EQ(c.io.pictures.at(0).width, 64);
  EXPECT_EQ(c.io.pictures.at(0).height, 48);
  EXPECT_EQ(c.io.pictures.at(0).std, (std::vector<float>{1, 1, 1}));  // bytes go in as they are
  Net sound({1, 16000});
  sound.Out(sound.Conv({1, 12}));
  c = Found(sound);
  EXPECT_TRUE(c.io.pictures.empty());
  EXPECT_EQ(c.decode.family, Family::kNone);
  EXPECT_EQ(c.why, "no input has the shape of a picture");
  Options o;
  o.picture.color = "rgb";
  EXPECT_EQ(sound.Recognize(o).status().code(), Code::kUsage);
  Net free_batch;
  free_batch.graph_.value(0).type.dims[0] = {-1, "batch"};
  free_batch.Out(free_batch.Conv({1, 7}));
  free_batch.graph_.value(free_batch.graph_.outputs[0].value).type.dims[0] = {-1, "batch"};
  EXPECT_EQ(Found(free_batch).decode.classes, 7);
}

TEST(RecognizePicture, SeveralInputsByNameAndByPosition) {
  Net net;
  const ValueId grey = net.graph_.AddInput("grey", TensorType(DType::kF32, Shape{1, 1, 32, 32}));
  net.graph_.AddInput("state", TensorType(DType::kF32, Shape{1, 8}));
  net.Out(net.Op("some", {grey}, {1, 5}));
  EXPECT_TRUE(Found(net).io.pictures.empty());  // nobody says which of two takes pictures
  Options o;
  o.picture.mean = "grey=7";
  Contracts c = Found(net, o);
  ASSERT_EQ(c.io.pictures.size(), 1u);  // the other one is a tensor
  EXPECT_EQ(c.io.pictures[0].input, 1);
  EXPECT_EQ(c.io.pictures[0].mean, (std::vector<float>{7}));
  EXPECT_EQ(c.io.pictures[0].width, 32);
  o.picture = {};
  o.picture.mean = "1,2,3;127.5";
  o.picture.std = "2";
  o.picture.color = "bgr";
  c = Found(net, o);
  ASSERT_EQ(c.io.pictures.size(), 2u);
  EXPECT_EQ(c.io.pictures[0].mean, (std::vector<float>{1, 2, 3}));
  EXPECT_EQ(c.io.pictures[0].color, Color::kBgr);
  EXPECT_EQ(c.io.pictures[1].mean, (std::vector<float>{127.5F}));
  EXPECT_EQ(c.io.pictures[1].std, (std::vector<float>{2}));
  EXPECT_EQ(c.io.pictures[1].color, Color::kGray);
  o.picture = {};
  o.picture.std = "5;;1,1,1,1,1,1,1,1";  // of an input without pictures only what changes nothing
  c = Found(net, o);
  ASSERT_EQ(c.io.pictures.size(), 1u);
  EXPECT_EQ(c.io.pictures[0].std, (std::vector<float>{5, 5, 5}));
  for (const char* wrong : {"none=1", "grey=1;grey=2", "1;2;3;4", "1;1;2"}) {
    o.picture.std = wrong;
    EXPECT_EQ(net.Recognize(o).status().code(), Code::kUsage) << wrong;
  }
}

TEST(RecognizePicture, WhatTheUserGives) {
  Net net({1, 3, 224, 224});
  net.Out(net.Conv({1, 10}));
  Options o;
  o.picture = {"bgr", "103.5,116,123", "57.5", "crop:232", "0"};
  o.labels = std::vector<std::string>(10, "x");
  const Contracts c = Found(net, o);
  const auto& in = c.io.pictures.at(0);
  EXPECT_EQ(in.color, Color::kBgr);
  EXPECT_EQ(in.mean, (std::vector<float>{103.5F, 116, 123}));
  EXPECT_EQ(in.std, (std::vector<float>{57.5F, 57.5F, 57.5F}));
  EXPECT_EQ(in.crop_short, 232);
  EXPECT_EQ(in.pad, 0);
  for (const Source s : {in.color_source, in.mean_source, in.std_source, in.resize_source,
                         in.pad_source, c.decode.labels_source}) {
    EXPECT_EQ(s, Source::kGiven);
  }
  auto message = [&](PictureOptions p) {
    Options bad;
    bad.picture = std::move(p);
    const Status s = net.Recognize(bad).status();
    EXPECT_EQ(s.code(), Code::kUsage);
    return s.message();
  };
  EXPECT_EQ(message({.color = "rbg"}), "color: rgb, bgr or gray expected, found 'rbg'");
  EXPECT_EQ(message({.color = "gray"}), "color: gray given, but the input has 3 channels");
  EXPECT_EQ(message({.mean = "1,2"}), "mean: 3 numbers expected, one per channel, found '1,2'");
  EXPECT_EQ(message({.std = "0"}), "std: positive values expected, found 0");
  EXPECT_EQ(
      message({.resize = "squash"}),
      "resize: letterbox, letterbox-corner, stretch, crop or crop:SIDE expected, found 'squash'");
  message({.resize = "crop:0"});
  message({.resize = "stretch:3"});
  message({.pad = "256"});
  message({.mean = "a"});
  o.labels = std::vector<std::string>(9, "x");
  EXPECT_EQ(net.Recognize(o).status().message(), "labels: 10 expected, one per class, found 9");
}

TEST(Recognize, AFamilyThatDoesNotFitSaysWhatWasFound) {
  Net net;
  net.Out(net.Conv({1, 7, 9, 9}));
  EXPECT_EQ(net.Recognize(Decode("yolox")).status().message(),
            "decode: the outputs ('out0' 1x7x9x9) do not fit yolox for an input of 64x64; "
            "strides=, anchors= and reg_max= "
            "say more");
  const Contracts c = Found(net, Decode("none"));
  EXPECT_EQ(c.decode.family, Family::kNone);
  EXPECT_EQ(c.io.pictures.size(), 1u);
}

TEST(Facts, SayWhereEachComesFrom) {
  Net net;
  for (const int s : kStrides) {
    net.Out(net.Conv(Map(3 * 85, s)));
  }
  Options o;
  o.picture.color = "bgr";
  const Contracts c = Found(net, o);
  std::string text;
  for (const Fact& f : Facts(c.io, c.decode)) {
    text += f.what + ": " + f.value + " (" + std::string(SourceName(f.source)) + ")\n";
  }
  EXPECT_EQ(text,
            "input size: 64x64 nchw (recognised)\ncolor: bgr (given)\nmean: 0 (assumed)\nstd: 255 "
            "(assumed)\n"
            "resize: letterbox (assumed)\npad: 114 (assumed)\nfamily: yolov5 (recognised)\nscores: "
            "raw (recognised)\n"
            "boxes: decoded by Plumb (recognised)\nstrides: 8:16:32 (recognised)\n"
            "anchors: 10:13:16:30:33:23:30:61:62:45:59:119:116:90:156:198:373:326 "
            "(assumed)\nclasses: 80 (recognised)\n"
            "labels: person, ... (assumed)\n");
  EXPECT_EQ(c.why,
            "3 outputs of 3 x 85 channels on the grids of strides 8, 16, 32, without a sigmoid");
}

}  // namespace
}  // namespace plumb::contract
