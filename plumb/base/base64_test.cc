#include "plumb/base/base64.h"

#include <gtest/gtest.h>

namespace plumb {
namespace {

std::string Encoded(std::string_view text) { return ToBase64(std::as_bytes(std::span(text))); }

// The vectors of RFC 4648, section 10.
TEST(Base64, Rfc4648) {
  const std::pair<std::string_view, std::string_view> rows[] = {{"", ""},
                                                                {"f", "Zg=="},
                                                                {"fo", "Zm8="},
                                                                {"foo", "Zm9v"},
                                                                {"foob", "Zm9vYg=="},
                                                                {"fooba", "Zm9vYmE="},
                                                                {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, coded] : rows) {
    EXPECT_EQ(Encoded(plain), coded);
    const auto back = FromBase64(coded);
    ASSERT_TRUE(back.ok()) << back.status().message();
    EXPECT_EQ(std::string(reinterpret_cast<const char*>(back->data()), back->size()), plain);
  }
}

TEST(Base64, EveryByteComesBack) {
  std::vector<std::byte> bytes;
  for (int i = 0; i < 256; ++i) {
    bytes.push_back(static_cast<std::byte>(i));
  }
  EXPECT_EQ(*FromBase64(ToBase64(bytes)), bytes);
}

TEST(Base64, RefusesWhatIsNotWritten) {
  for (std::string_view text : {"Zg", "Zg=", "Z===", "====", "Zh==", "Zm9=", "Zm 9", "Zg==Zg=="}) {
    EXPECT_FALSE(FromBase64(text).ok()) << text;
  }
}

}  // namespace
}  // namespace plumb
