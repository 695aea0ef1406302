#include "plumb/pictures/npz.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <filesystem>
#include <fstream>
#include <random>

#include "plumb/base/npy.h"

namespace plumb::pictures {
namespace {

void Append(std::string& out, std::initializer_list<std::pair<uint32_t, int>> fields) {
  for (const auto& [value, bytes] : fields) {
    for (int i = 0; i < bytes; ++i) {
      out += static_cast<char>(value >> (8 * i));
    }
  }
}

std::string Deflate(const std::string& text) {
  z_stream s = {};
  EXPECT_EQ(deflateInit2(&s, 9, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string out(text.size() + 100, '\0');
  s.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(text.data()));
  s.avail_in = static_cast<uInt>(text.size());
  s.next_out = reinterpret_cast<Bytef*>(out.data());
  s.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&s, Z_FINISH), Z_STREAM_END);
  out.resize(s.total_out);
  deflateEnd(&s);
  return out;
}

// As numpy.savez (stored) and savez_compressed write it.
std::string Archive(const std::vector<std::pair<std::string, Tensor>>& arrays, bool deflated) {
  std::string out, directory;
  for (const auto& [name, tensor] : arrays) {
    const std::string plain = FormatNpy(tensor.view()), body = deflated ? Deflate(plain) : plain,
                      file = name + ".npy";
    const auto crc = static_cast<uint32_t>(
        ::crc32(0, reinterpret_cast<const Bytef*>(plain.data()), static_cast<uInt>(plain.size())));
    const auto at = static_cast<uint32_t>(out.size()), packed = static_cast<uint32_t>(body.size()),
               size = static_cast<uint32_t>(plain.size()),
               length = static_cast<uint32_t>(file.size());
    const uint32_t method = deflated ? 8 : 0;
    Append(out, {{0x04034b50, 4},
                 {20, 2},
                 {0, 2},
                 {method, 2},
                 {0, 4},
                 {crc, 4},
                 {packed, 4},
                 {size, 4},
                 {length, 2},
                 {0, 2}});
    out += file + body;
    Append(directory, {{0x02014b50, 4},
                       {20, 2},
                       {20, 2},
                       {0, 2},
                       {method, 2},
                       {0, 4},
                       {crc, 4},
                       {packed, 4},
                       {size, 4},
                       {length, 2},
                       {0, 2},
                       {0, 2},
                       {0, 2},
                       {0, 2},
                       {0, 4},
                       {at, 4}});
    directory += file;
  }
  const auto count = static_cast<uint32_t>(arrays.size()), at = static_cast<uint32_t>(out.size()),
             size = static_cast<uint32_t>(directory.size());
  out += directory;
  Append(out, {{0x06054b50, 4}, {0, 4}, {count, 2}, {count, 2}, {size, 4}, {at, 4}, {0, 2}});
  return out;
}

Result<std::vector<NpzEntry>> Read(const std::string& archive) {
  const std::string path = (std::filesystem::temp_directory_path() / "plumb_npz_test.npz").string();
  std::ofstream(path, std::ios::binary) << archive;
  auto entries = ReadNpz(path);
  std::filesystem::remove(path);
  return entries;
}

std::vector<std::pair<std::string, Tensor>> Arrays() {
  return {{"a", Tensor::Of<float>({2, 3}, {0, 1, 2, 3, 4, 5})}, {"b/c", Tensor(DType::kU8, {100})}};
}

TEST(Npz, StoredAndDeflated) {
  for (const bool deflated : {false, true}) {
    const auto back = Read(Archive(Arrays(), deflated));
    ASSERT_TRUE(back.ok()) << back.status().message();
    ASSERT_EQ(back->size(), 2u);
    EXPECT_EQ((*back)[0].name, "a");
    EXPECT_EQ((*back)[0].tensor.values<float>()[5], 5);
    EXPECT_EQ((*back)[1].name, "b/c");
    EXPECT_EQ((*back)[1].tensor.shape(), Shape{100});
  }
}

TEST(Npz, DamageIsAnErrorNeverACrash) {
  std::mt19937 random(5);
  for (const bool deflated : {false, true}) {
    const std::string good = Archive(Arrays(), deflated);
    for (size_t n = 0; n < good.size(); ++n) {
      const auto r = Read(good.substr(0, n));
      ASSERT_FALSE(r.ok()) << n;
      EXPECT_EQ(r.status().code(), Code::kUsage);
    }
    for (int k = 0; k < 200; ++k) {
      std::string broken = good;
      broken[random() % broken.size()] = static_cast<char>(random());
      (void)Read(broken);
    }
    std::string changed = good;
    changed[deflated ? 60 : 170] ^= 1;  // within the first array
    EXPECT_FALSE(Read(changed).ok());
  }
}

}  // namespace
}  // namespace plumb::pictures
