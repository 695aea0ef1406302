#include "plumb/base/hash.h"

#include <gtest/gtest.h>

#include <string>

#include "plumb/base/sha256.h"

namespace plumb {
namespace {

uint64_t Of(std::string_view text) { return Hash64(std::as_bytes(std::span(text))); }
std::string ShaOf(std::string_view text) {
  return ToHex(Sha256::Of(std::as_bytes(std::span(text))));
}

TEST(Hash64, GivesThePublishedValues) {
  EXPECT_EQ(Of(""), 0xEF46DB3751D8E999U);
  EXPECT_EQ(Of("a"), 0xD24EC4F1A98C6E5BU);
  EXPECT_EQ(Of("abc"), 0x44BC2CF5AD770999U);
  EXPECT_EQ(Of("Nobody inspects the spammish repetition"), 0xFBCEA83C8A378BF1U);
}

TEST(Hash64, SeesTheElementsOfATensorOnly) {
  const Tensor a = Tensor::Of<float>({2, 3}, std::vector<float>{1, 2, 3, 4, 5, 6});
  const Tensor b = Tensor::Of<float>({6}, std::vector<float>{1, 2, 3, 4, 5, 6});
  const Tensor c = Tensor::Of<float>({6}, std::vector<float>{1, 2, 3, 4, 5, 7});
  EXPECT_EQ(HashTensor(a.view()), HashTensor(b.view()));
  EXPECT_NE(HashTensor(a.view()), HashTensor(c.view()));
}

TEST(Sha256, GivesThePublishedValues) {
  EXPECT_EQ(ShaOf(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(ShaOf("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(ShaOf("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(ShaOf(std::string(1000000, 'a')),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, DoesNotDependOnHowBytesArrive) {
  const std::string text(300, 'x');
  for (size_t step = 1; step < 130; ++step) {
    Sha256 hash;
    for (size_t i = 0; i < text.size(); i += step) {
      hash.Update(std::string_view(text).substr(i, step));
    }
    EXPECT_EQ(ToHex(hash.Finish()), ShaOf(text));
  }
}

}  // namespace
}  // namespace plumb
