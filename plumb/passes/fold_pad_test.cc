#include "plumb/passes/pass_test_support.h"
#include "plumb/passes/passes.h"

namespace plumb::passes {
namespace {

std::string Graph(std::string_view middle) {
  return StrCat(R"(
input %x: f32[1x4x4x2]
const %w: f32[1x3x3x2] = fill(0.5)
const %around: s64[8] = {0, 1, 2, 0, 0, 3, 0, 0}
const %spatial: s64[4] = {1, 2, 3, 0}
const %axes: s64[2] = {1, 2}
const %channels: s64[8] = {0, 0, 0, 1, 0, 0, 0, 0}
const %one: f32[] = {1}
const %w3: f32[1x3x3x3] = fill(0.5)
)",
                middle, "\noutput \"y\" = %y\n");
}

TEST(FoldPad, IntoAConvolution) {
  // Zeros add nothing to a chain of products: the same bits.
  const ir::Graph a = ExpectRewritten(FoldPad,
                                      Graph("%p: none[*] = pad(%x, %around) {mode = \"constant\"}\n"
                                            "%y: none[*] = conv(%p, %w) {pads = [1, 0, 0, 0]}"),
                                      1);
  EXPECT_EQ(Ops(a), "conv");
  EXPECT_EQ(a.node(a.Order()[0]).attributes.Ints("pads"), (std::vector<int64_t>{2, 2, 3, 0}));
  const ir::Graph b =
      ExpectRewritten(FoldPad,
                      Graph("%p: none[*] = pad(%x, %spatial, _, %axes) {mode = \"constant\"}\n"
                            "%y: none[*] = conv(%p, %w)"),
                      1);
  EXPECT_EQ(b.node(b.Order()[0]).attributes.Ints("pads"), (std::vector<int64_t>{1, 2, 3, 0}));
}

TEST(FoldPad, IntoAnAverage) {
  const ir::Graph g = ExpectRewritten(FoldPad,
                                      Graph("%p: none[*] = pad(%x, %around) {mode = \"constant\"}\n"
                                            "%y: none[*] = average_pool(%p) {kernel = [4, 4]}"),
                                      1);
  EXPECT_EQ(Ops(g), "average_pool");
}

TEST(FoldPad, IntoAMaximum) {
  const ir::Graph g =
      ExpectRewritten(FoldPad,
                      Graph("const %low: f32[] = {-3.4028235e38}\n"
                            "%p: none[*] = pad(%x, %around, %low) {mode = \"constant\"}\n"
                            "%y: none[*] = max_pool(%p) {kernel = [4, 4], pads = [0, 1, 0, 0]}"),
                      1);
  EXPECT_EQ(Ops(g), "max_pool");
  EXPECT_EQ(g.node(g.Order()[0]).attributes.Ints("pads"), (std::vector<int64_t>{1, 3, 3, 0}));
  // A window of padding alone, and a value that data may lie below.
  for (std::string_view kernel_and_value : {"[3, 3]|-3.4028235e38", "[4, 4]|-9"}) {
    const size_t bar = kernel_and_value.find('|');
    ExpectUntouched(FoldPad,
                    Graph(StrCat("const %low: f32[] = {", kernel_and_value.substr(bar + 1),
                                 "}\n%p: none[*] = pad(%x, %around, %low) {mode = \"constant\"}\n"
                                 "%y: none[*] = max_pool(%p) {kernel = ",
                                 kernel_and_value.substr(0, bar), "}")));
  }
}

TEST(FoldPad, NotOtherValuesChannelsModesOrReaders) {
  for (std::string_view middle :
       {"%p: none[*] = pad(%x, %around, %one) {mode = \"constant\"}\n%y: none[*] = conv(%p, %w)",
        "%p: none[*] = pad(%x, %channels) {mode = \"constant\"}\n%y: none[*] = conv(%p, %w3)",
        "%p: none[*] = pad(%x, %around) {mode = \"edge\"}\n%y: none[*] = conv(%p, %w)",
        "%p: none[*] = pad(%x, %around) {mode = \"constant\"}\n%y: none[*] = conv(%p, %w)\noutput "
        "\"p\" = %p",
        "%p: none[*] = pad(%x, %around) {mode = \"constant\"}\n%y: none[*] = max_pool(%p) {kernel "
        "= [2, 2]}"}) {
    ExpectUntouched(FoldPad, Graph(middle));
  }
}

}  // namespace
}  // namespace plumb::passes
