#include "plumb/base/npy.h"

#include <gtest/gtest.h>

#include <filesystem>

namespace plumb {
namespace {

std::span<const std::byte> Bytes(const std::string& s) {
  return {reinterpret_cast<const std::byte*>(s.data()), s.size()};
}

TEST(Npy, EveryTypeReturnsAsWritten) {
  for (const DType type :
       {DType::kF16, DType::kF32, DType::kF64, DType::kS8, DType::kU8, DType::kS16, DType::kU16,
        DType::kS32, DType::kU32, DType::kS64, DType::kU64, DType::kBool}) {
    for (const Shape& shape : {Shape{}, Shape{0}, Shape{3}, Shape{2, 3}, Shape{1, 2, 1, 2}}) {
      Tensor t(type, shape);
      for (size_t i = 0; i < t.bytes(); ++i) {
        static_cast<uint8_t*>(t.raw())[i] =
            static_cast<uint8_t>(type == DType::kBool ? i % 2 : 17 * i + 1);
      }
      const std::string text = FormatNpy(t.view());
      auto back = ParseNpy(Bytes(text), "t");
      ASSERT_TRUE(back.ok()) << back.status().message();
      EXPECT_EQ(back->dtype(), type);
      EXPECT_EQ(back->shape(), shape);
      if (t.bytes() > 0) {  // memcmp takes no null pointer
        EXPECT_EQ(std::memcmp(back->raw(), t.raw(), t.bytes()), 0);
      }
    }
  }
}

TEST(Npy, HeaderIsWhatNumpyWrites) {
  const std::string text = FormatNpy(Tensor(DType::kF32, {2, 3}).view());
  EXPECT_EQ(text.substr(10, 59), "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }");
  EXPECT_EQ((text.size() - 24) % 64, 0u);
}

std::string File(const std::string& header, const std::string& data) {
  std::string h = header + "\n";
  std::string out("\x93NUMPY\x01", 7);
  out += '\0';
  out += static_cast<char>(h.size() & 0xFF);
  out += static_cast<char>(h.size() >> 8);
  return out + h + data;
}

TEST(Npy, BigEndianIsTurned) {
  const std::string text = File("{'descr': '>i2', 'fortran_order': False, 'shape': (2,), }",
                                std::string("\x01\x02\x03\x04", 4));
  auto t = ParseNpy(Bytes(text), "t");
  ASSERT_TRUE(t.ok());
  EXPECT_EQ(t->values<int16_t>()[0], 0x0102);
  EXPECT_EQ(t->values<int16_t>()[1], 0x0304);
}

TEST(Npy, RefusesWhatIsWrong) {
  const std::string good =
      File("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2), }", std::string(16, 'x'));
  ASSERT_TRUE(ParseNpy(Bytes(good), "t").ok());
  for (size_t n = 0; n < good.size(); ++n) {  // every truncation
    const auto t = ParseNpy(Bytes(good.substr(0, n)), "t");
    ASSERT_FALSE(t.ok()) << n;
    EXPECT_EQ(t.status().code(), Code::kUsage);
  }
  for (const char* header :
       {"{'descr': '<c8', 'fortran_order': False, 'shape': (2,), }",
        "{'descr': '|O', 'fortran_order': False, 'shape': (2,), }",
        "{'descr': '<f4', 'fortran_order': True, 'shape': (2, 2), }",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (-1,), }",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296, 4), }",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,), }",
        "{'descr': '', 'fortran_order': False, 'shape': (2,), }", "{'shape': (4", "garbage"}) {
    EXPECT_FALSE(ParseNpy(Bytes(File(header, std::string(16, 'x'))), "t").ok()) << header;
  }
}

TEST(Npy, WritingIsAtomicAndNamesThePath) {
  const auto folder = std::filesystem::temp_directory_path() / "plumb_npy_test";
  std::filesystem::create_directories(folder);
  const std::string path = (folder / "x.npy").string();
  ASSERT_TRUE(WriteNpy(path, Tensor::Of<float>({2}, std::vector<float>{1, 2}).view()).ok());
  auto back = ReadNpy(path);
  ASSERT_TRUE(back.ok());
  EXPECT_EQ(back->values<float>()[1], 2.0F);
  const Status failed = WriteNpy((folder / "missing" / "x.npy").string(), back->view());
  EXPECT_EQ(failed.code(), Code::kEnvironment);
  EXPECT_NE(failed.message().find("missing/x.npy"), std::string::npos);
  EXPECT_EQ(ReadNpy((folder / "none.npy").string()).status().code(), Code::kUsage);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder), {}), 1);
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace plumb
