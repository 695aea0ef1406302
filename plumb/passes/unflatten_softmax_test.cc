#include "plumb/passes/pass_test_support.h"
#include "plumb/passes/passes.h"

namespace plumb::passes {
namespace {

std::string Graph(std::string_view softmax, std::string_view more = "") {
  return StrCat(R"(
input %x: f32[2x3x4]
const %flat: s64[2] = {6, 4}
const %other: s64[2] = {3, 8}
const %back: s64[3] = {2, 3, 4}
const %out: s64[3] = {3, 2, 4}
)",
                softmax, "\noutput \"y\" = %y\n", more);
}

TEST(UnflattenSoftmax, TheReshapesAround) {
  const ir::Graph a = ExpectRewritten(
      UnflattenSoftmax,
      Graph("%f: none[*] = reshape(%x, %flat)\n%s: none[*] = softmax(%f) {axis = 1}\n"
            "%y: none[*] = reshape(%s, %back)"),
      1);
  EXPECT_EQ(Ops(a), "softmax");
  const ir::Graph b = ExpectRewritten(
      UnflattenSoftmax,
      Graph("%f: none[*] = reshape(%x, %flat)\n%s: none[*] = log_softmax(%f) {axis = -1}\n"
            "%y: none[*] = reshape(%s, %out)"),
      1);
  EXPECT_EQ(Ops(b), "log_softmax reshape");
}

TEST(UnflattenSoftmax, NotOtherAxesOrReaders) {
  ExpectUntouched(UnflattenSoftmax,
                  Graph("%f: none[*] = reshape(%x, %flat)\n%s: none[*] = softmax(%f) {axis = 0}\n"
                        "%y: none[*] = reshape(%s, %back)"));
  ExpectUntouched(UnflattenSoftmax,
                  Graph("%f: none[*] = reshape(%x, %other)\n%s: none[*] = softmax(%f) {axis = 1}\n"
                        "%y: none[*] = reshape(%s, %back)"));
  ExpectUntouched(UnflattenSoftmax,
                  Graph("%f: none[*] = reshape(%x, %flat)\n%s: none[*] = softmax(%f) {axis = 1}\n"
                        "%y: none[*] = reshape(%s, %back)",
                        "output \"s\" = %s\n"));
}

}  // namespace
}  // namespace plumb::passes
