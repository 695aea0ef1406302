// Frames come off a stream one by one, whatever their format, and damage is named.
#include "plumb/api/frames.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "plumb/base/npy.h"

namespace plumb {
namespace {

std::string Bmp(int width, int height, uint8_t value) {
  const auto stride = static_cast<size_t>((3 * width + 3) / 4 * 4);
  std::string file(54 + stride * static_cast<size_t>(height), static_cast<char>(value));
  const auto put = [&](size_t at, size_t number, int bytes) {
    for (int i = 0; i < bytes; ++i) {
      file[at + static_cast<size_t>(i)] = static_cast<char>(number >> (8 * i) & 0xFF);
    }
  };
  file[0] = 'B', file[1] = 'M';
  put(2, file.size(), 4), put(6, 0, 4), put(10, 54, 4), put(14, 40, 4);
  put(18, static_cast<size_t>(width), 4), put(22, static_cast<size_t>(height), 4);
  put(26, 1, 2), put(28, 24, 2);
  for (size_t at = 30; at < 54; at += 4) {
    put(at, 0, 4);
  }
  return file;
}

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST(Frames, OneBehindAnotherOfEveryFormat) {
  const std::string jpeg =
      ReadFile(std::string(PLUMB_SOURCE_DIR) + "/examples/shapes_detector/val/val_002.jpg");
  ASSERT_FALSE(jpeg.empty());
  std::stringstream stream(jpeg + Bmp(3, 2, 7) + jpeg + Bmp(5, 4, 9));
  const auto source = FramesOfStream(stream);
  std::vector<int> widths;
  while (true) {
    auto frame = source->Next();
    ASSERT_TRUE(frame.ok()) << frame.status().message();
    if (!frame->has_value()) {
      break;
    }
    widths.push_back((*frame)->picture.width);
  }
  ASSERT_EQ(widths.size(), 4u);
  EXPECT_EQ(widths[1], 3);
  EXPECT_EQ(widths[0], widths[2]);
  EXPECT_EQ(widths[3], 5);
}

TEST(Frames, AStreamThatEndsWithinAPictureIsNamed) {
  const std::string jpeg =
      ReadFile(std::string(PLUMB_SOURCE_DIR) + "/examples/shapes_detector/val/val_002.jpg");
  for (const size_t keep : {size_t{1}, size_t{2}, size_t{3}, size_t{20}, jpeg.size() - 1}) {
    std::stringstream stream(jpeg + jpeg.substr(0, keep));
    const auto source = FramesOfStream(stream);
    ASSERT_TRUE(source->Next().ok());
    const auto second = source->Next();
    ASSERT_FALSE(second.ok()) << keep;
    EXPECT_NE(second.status().message().find("frame 1"), std::string::npos);
  }
}

TEST(Frames, GarbageIsRefused) {
  std::stringstream stream("this is no picture at all");
  EXPECT_FALSE(FramesOfStream(stream)->Next().ok());
}

TEST(Frames, RawPixels) {
  std::stringstream stream(std::string(2 * 3 * 2 * 3, 'x') + "rest");
  const auto source = FramesOfRawStream(stream, 3, 2);
  for (int i = 0; i < 2; ++i) {
    const auto frame = source->Next();
    ASSERT_TRUE(frame.ok() && frame->has_value());
    EXPECT_EQ((*frame)->picture.pixels, std::vector<uint8_t>(18, 'x'));
  }
  EXPECT_FALSE(source->Next().ok());
}

}  // namespace
}  // namespace plumb
