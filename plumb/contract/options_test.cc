#include "plumb/contract/options.h"

#include <gtest/gtest.h>

namespace plumb::contract {
namespace {

TEST(ParseDecode, Everything) {
  auto o = ParseDecode(
      "yolov5,anchors=10:13:16:30.5,strides=8:16,sigmoid=in_graph,boxes=raw,classes=3,reg_max=8,"
      "score=0.5,iou=0.6,"
      "nms=agnostic,max=7");
  ASSERT_TRUE(o.ok()) << o.status().message();
  EXPECT_EQ(o->family, artifact::Family::kYolov5);
  EXPECT_EQ(o->anchors, (std::vector<float>{10, 13, 16, 30.5F}));
  EXPECT_EQ(o->strides, (std::vector<int32_t>{8, 16}));
  EXPECT_EQ(o->sigmoid, true);
  EXPECT_EQ(o->decoded, false);
  EXPECT_EQ(o->classes, 3);
  EXPECT_EQ(o->reg_max, 8);
  EXPECT_EQ(o->score, 0.5F);
  EXPECT_EQ(o->iou, 0.6F);
  EXPECT_EQ(o->agnostic, true);
  EXPECT_EQ(o->max_boxes, 7);
  EXPECT_EQ(ParseDecode("yolo11")->family, artifact::Family::kYolov8);
}

TEST(DecodeText, ReadsBackAsTheSame) {
  for (std::string_view text :
       {"none", "yolox", "yolov5,anchors=10:13:16:30.5,score=0.1", "yolov8,reg_max=1,max=7",
        "yolov5,anchors=10:13:16:30.5,strides=8:16,sigmoid=in_graph,boxes=raw,classes=3,reg_max=8,"
        "score=0.3,iou=0.6,nms=class,max=7"}) {
    const auto options = ParseDecode(text);
    ASSERT_TRUE(options.ok()) << options.status().message();
    EXPECT_EQ(DecodeText(*options), text);
    EXPECT_EQ(*ParseDecode(DecodeText(*options)), *options);
  }
}

TEST(ParseDecode, WrongOnesAreExplained) {
  auto message = [](std::string_view text) {
    const auto o = ParseDecode(text);
    EXPECT_EQ(o.status().code(), Code::kUsage) << text;
    return o.status().message();
  };
  EXPECT_EQ(message("yolo"),
            "decode: unknown family 'yolo'; known are yolov5, yolov8, yolox, yolo-fastestv2, ssd, "
            "yunet, classifier, none");
  EXPECT_EQ(message("yolov5,anchor=1:2"),
            "decode: key=value expected, found 'anchor=1:2'; keys are anchors, strides, sigmoid, "
            "boxes, classes, "
            "reg_max, score, iou, nms, max");
  EXPECT_EQ(message("yolov5,anchors=10:13:16"),
            "decode: anchors=: pairs of width and height expected, found 3 numbers");
  EXPECT_EQ(message("yolov5,strides=16:8"),
            "decode: strides=: ascending numbers expected, found '16:8'");
  EXPECT_EQ(message("yolov5,sigmoid=yes"),
            "decode: sigmoid=: 'in_graph' or 'raw' expected, found 'yes'");
  EXPECT_EQ(message("yolov5,classes=0"),
            "decode: classes=: a whole number from 1 to 100000 expected, found '0'");
  for (const char* text : {"", "yolov5,", "yolov5,anchors", "yolov5,anchors=", "yolov5,anchors=1:x",
                           "yolov5,anchors=-1:2", "yolov5,score=2",
                           "yolov5,iou=", "yolov5,strides=8:", "yolov5,max=1e3",
                           "yolov5,classes=99999999999", "yolov5,score=nan"}) {
    message(text);
  }
}

}  // namespace
}  // namespace plumb::contract
