#include "plumb/pictures/read_picture.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <random>

#include "plumb/base/npy.h"
#include "plumb/pictures/formats.h"
#include "plumb/pictures/write_picture.h"

namespace plumb::pictures {
namespace {

std::span<const std::byte> Bytes(const std::string& s) {
  return {reinterpret_cast<const std::byte*>(s.data()), s.size()};
}

Picture Noise(int width, int height, int channels) {
  std::mt19937 random(3);
  Picture p(width, height, channels);
  for (uint8_t& v : p.pixels) {
    v = static_cast<uint8_t>(random());
  }
  return p;
}

void AppendInt(std::string& out, uint32_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) {
    out += static_cast<char>(i < 4 ? value >> (8 * i) : 0);
  }
}

// A BMP with rows given as they lie in the file.
std::string Bmp(int width, int height, int bits, uint32_t compression, const std::string& extra,
                const std::string& rows) {
  std::string out = "BM";
  AppendInt(out, 0, 8);
  AppendInt(out, 54 + static_cast<uint32_t>(extra.size()), 4);
  AppendInt(out, 40, 4);
  AppendInt(out, static_cast<uint32_t>(width), 4);
  AppendInt(out, static_cast<uint32_t>(height), 4);
  AppendInt(out, 1, 2);
  AppendInt(out, static_cast<uint32_t>(bits), 2);
  AppendInt(out, compression, 4);
  AppendInt(out, 0, 20);
  return out + extra + rows;
}

TEST(ReadPng, ReturnsWhatWasWritten) {
  for (const auto& [w, h] : {std::pair{1, 1}, {7, 5}, {64, 3}}) {
    const Picture p = Noise(w, h, 3);
    auto file = EncodePng(p);
    ASSERT_TRUE(file.ok());
    auto back = DecodePicture(Bytes(*file), "x.png");
    ASSERT_TRUE(back.ok()) << back.status().message();
    EXPECT_EQ(back->width, w);
    EXPECT_EQ(back->pixels, p.pixels);
  }
  const Picture gray = Noise(4, 4, 1);
  auto back = DecodePicture(Bytes(*EncodePng(gray)), "x.png");
  ASSERT_TRUE(back.ok());
  EXPECT_EQ(back->channels, 3);
  EXPECT_EQ(back->pixels[3], gray.pixels[1]);
  EXPECT_EQ(back->pixels[5], gray.pixels[1]);
}

TEST(ReadJpeg, IsCloseToWhatWasWritten) {
  Picture p(16, 8, 3);
  for (int y = 0; y < 8; ++y) {
    for (int x = 0; x < 16; ++x) {
      *p.At(x, y) = static_cast<uint8_t>(x * 15);
      *(p.At(x, y) + 1) = static_cast<uint8_t>(y * 30);
    }
  }
  auto back = DecodePicture(Bytes(*EncodeJpeg(p, 95)), "x.jpg");
  ASSERT_TRUE(back.ok()) << back.status().message();
  for (size_t i = 0; i < p.pixels.size(); ++i) {
    EXPECT_NEAR(back->pixels[i], p.pixels[i], 24) << i;
  }
}

TEST(ReadPicture, EveryTruncationIsAnErrorThatNamesTheFile) {
  const Picture p = Noise(24, 16, 3);
  for (const std::string& file :
       {*EncodePng(p), *EncodeJpeg(p, 90), Bmp(2, 2, 24, 0, "", std::string(16, 'x'))}) {
    ASSERT_TRUE(DecodePicture(Bytes(file), "whole").ok());
    for (size_t n = 0; n + 2 < file.size(); ++n) {
      const auto result = DecodePicture(Bytes(file.substr(0, n)), "cut");
      ASSERT_FALSE(result.ok()) << n << " of " << file.size();
      EXPECT_EQ(result.status().code(), Code::kUsage);
      EXPECT_EQ(result.status().message().substr(0, 4), "cut:");
    }
  }
}

TEST(ReadPicture, DamagedFilesNeverCrash) {
  const Picture p = Noise(24, 16, 3);
  std::mt19937 random(11);
  for (const std::string& file :
       {*EncodePng(p), *EncodeJpeg(p, 90), Bmp(2, 2, 24, 0, "", std::string(16, 'x'))}) {
    for (int k = 0; k < 2000; ++k) {
      std::string broken = file;
      for (int n = 1 + static_cast<int>(random() % 4); n > 0; --n) {
        broken[random() % broken.size()] = static_cast<char>(random());
      }
      (void)DecodePicture(Bytes(broken), "broken");
    }
  }
}

TEST(ReadPicture, WhatIsNoPictureIsSaid) {
  auto message = [](const std::string& data) {
    return DecodePicture(Bytes(data), "a").status().message();
  };
  EXPECT_EQ(message(""), "a: a picture expected, found an empty file");
  EXPECT_EQ(message("GIF89a..."), "a: a JPEG, PNG or BMP picture expected, found GIF");
  EXPECT_EQ(message("hello"), "a: a JPEG, PNG or BMP picture expected, found none of these");
  EXPECT_EQ(ReadPicture("/nowhere/x.jpg").status().code(), Code::kUsage);
}

TEST(ReadPicture, TooLargeIsRefusedByName) {
  EXPECT_EQ(
      DecodePicture(Bytes(Bmp(20000, 5001, 24, 0, "", "")), "big.bmp").status().message(),
      "big.bmp: a picture of 1x1 to 100 megapixels, sides up to 65535, expected, found 20000x5001");
  EXPECT_FALSE(CheckSize("a", 65536, 1).ok());
  EXPECT_FALSE(CheckSize("a", 0, 1).ok());
  EXPECT_TRUE(CheckSize("a", 10000, 10000).ok());
  EXPECT_TRUE(CheckSize("a", 1, 1).ok());
  // A PNG header that promises 60000 x 60000 is refused before memory is taken.
  std::string png = *EncodePng(Noise(1, 1, 3));
  png.replace(16, 8, std::string("\0\0\xEA\x60\0\0\xEA\x60", 8));
  EXPECT_FALSE(DecodePicture(Bytes(png), "a").ok());
}

TEST(ReadBmp, RowOrderPalettesAndMasks) {
  // 2x2, 24 bits, bottom row first; rows padded to 4 bytes.
  const std::string rows("\x01\x02\x03\x04\x05\x06\0\0\x07\x08\x09\x0A\x0B\x0C\0\0", 16);
  auto p = DecodePicture(Bytes(Bmp(2, 2, 24, 0, "", rows)), "a");
  ASSERT_TRUE(p.ok()) << p.status().message();
  EXPECT_EQ(p->pixels, (std::vector<uint8_t>{9, 8, 7, 12, 11, 10, 3, 2, 1, 6, 5, 4}));
  p = DecodePicture(Bytes(Bmp(2, -2, 24, 0, "", rows)), "a");
  ASSERT_TRUE(p.ok());
  EXPECT_EQ(p->pixels[0], 3);
  // 1 bit: colours 0 and 1.
  const std::string palette("\0\0\0\0\x10\x20\x30\0", 8);
  p = DecodePicture(Bytes(Bmp(3, 1, 1, 0, palette, std::string("\x40\0\0\0", 4))), "a");
  ASSERT_TRUE(p.ok());
  EXPECT_EQ(p->pixels, (std::vector<uint8_t>{0, 0, 0, 0x30, 0x20, 0x10, 0, 0, 0}));
  // A colour outside the palette.
  EXPECT_FALSE(
      DecodePicture(Bytes(Bmp(1, 1, 8, 0, palette, std::string("\x02\0\0\0", 4))), "a").ok());
  // 16 bits, 5-6-5: 31 and 63 become 255.
  std::string masks;
  for (const uint32_t m : {0xF800U, 0x07E0U, 0x001FU}) {
    AppendInt(masks, m, 4);
  }
  p = DecodePicture(Bytes(Bmp(2, 1, 16, 3, masks, std::string("\xFF\xFF\x00\x80", 4))), "a");
  ASSERT_TRUE(p.ok()) << p.status().message();
  EXPECT_EQ(p->pixels, (std::vector<uint8_t>{255, 255, 255, 132, 0, 0}));
  EXPECT_FALSE(DecodePicture(Bytes(Bmp(2, 2, 8, 1, palette, rows)), "a").ok());  // run-length coded
}

TEST(Exif, OrientationInEitherByteOrder) {
  auto tiff = [](bool little, uint32_t value) {
    std::string t = little ? std::string("II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0", 18)
                           : std::string("MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01", 18);
    t += little ? std::string{static_cast<char>(value), '\0'}
                : std::string{'\0', static_cast<char>(value)};
    return t + std::string(2, '\0');
  };
  for (uint32_t v = 1; v <= 8; ++v) {
    EXPECT_EQ(ExifOrientation(Bytes(tiff(true, v))), static_cast<int>(v));
    EXPECT_EQ(ExifOrientation(Bytes(tiff(false, v))), static_cast<int>(v));
  }
  EXPECT_EQ(ExifOrientation(Bytes(tiff(true, 9))), 1);
  const std::string good = tiff(true, 6);
  for (size_t n = 0; n < good.size(); ++n) {
    EXPECT_EQ(ExifOrientation(Bytes(good.substr(0, n))), 1);
  }
}

TEST(Exif, UprightTurnsAsTheStandardSays) {
  // Stored:  1 2      Orientation 6: the stored first row is the upright right column.
  //          3 4
  //          5 6
  Picture p(2, 3, 1);
  p.pixels = {1, 2, 3, 4, 5, 6};
  const std::vector<uint8_t> expected[] = {
      {1, 2, 3, 4, 5, 6}, {2, 1, 4, 3, 6, 5}, {6, 5, 4, 3, 2, 1}, {5, 6, 3, 4, 1, 2},
      {1, 3, 5, 2, 4, 6}, {5, 3, 1, 6, 4, 2}, {6, 4, 2, 5, 3, 1}, {2, 4, 6, 1, 3, 5}};
  for (int o = 1; o <= 8; ++o) {
    const Picture up = Upright(p, o);
    EXPECT_EQ(up.width, o >= 5 ? 3 : 2);
    EXPECT_EQ(up.pixels, expected[o - 1]) << o;
  }
}

TEST(WritePicture, ByEndingAtomically) {
  const auto folder = std::filesystem::temp_directory_path() / "plumb_write_picture_test";
  std::filesystem::create_directories(folder);
  const Picture p = Noise(5, 4, 3);
  ASSERT_TRUE(WritePicture((folder / "a.PNG").string(), p).ok());
  auto back = ReadPicture((folder / "a.PNG").string());
  ASSERT_TRUE(back.ok());
  EXPECT_EQ(back->pixels, p.pixels);
  ASSERT_TRUE(WritePicture((folder / "a.jpeg").string(), p).ok());
  EXPECT_EQ(WritePicture((folder / "a.gif").string(), p).code(), Code::kUsage);
  EXPECT_EQ(WritePicture((folder / "none" / "a.png").string(), p).code(), Code::kEnvironment);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder), {}), 2);
  std::filesystem::remove_all(folder);
}

TEST(WritePicture, TooLargeForJpegIsAnError) {
  EXPECT_FALSE(EncodeJpeg(Picture(65535, 1, 3), 90).ok());  // the library's limit is 65500
}

TEST(HasPictureName, AnyCase) {
  EXPECT_TRUE(HasPictureName("a/b.JPG"));
  EXPECT_TRUE(HasPictureName("x.jpeg"));
  EXPECT_FALSE(HasPictureName("x.txt"));
  EXPECT_FALSE(HasPictureName("jpg"));
}

}  // namespace
}  // namespace plumb::pictures
