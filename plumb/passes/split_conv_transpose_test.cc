#include "plumb/passes/pass_test_support.h"
#include "plumb/passes/passes.h"

namespace plumb::passes {
namespace {

TEST(SplitConvTranspose, KernelEqualToStrideIsAPointwiseConvolution) {
  const ir::Graph g = ExpectRewritten(SplitConvTranspose, R"(
input %x: f32[1x2x3x2]
const %w: f32[2x2x2x3] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24}
const %b: f32[3] = {0.5, 1, 2}
%y: none[*] = conv_transpose(%x, %w, %b) {strides = [2, 2]}
output "y" = %y
)",
                                      1);
  EXPECT_EQ(Ops(g), "conv depth_to_space");
}

TEST(SplitConvTranspose, NotWhereWindowsOverlapOrAreCut) {
  for (std::string_view attributes :
       {"{strides = [1, 1]}", "{pads = [1, 0, 0, 0], strides = [2, 2]}",
        "{output_padding = [1, 1], strides = [2, 2]}"}) {
    ExpectUntouched(SplitConvTranspose, StrCat(R"(
input %x: f32[1x2x3x2]
const %w: f32[2x2x2x1] = {1, 2, 3, 4, 5, 6, 7, 8}
%y: none[*] = conv_transpose(%x, %w) )",
                                               attributes, "\noutput \"y\" = %y\n"));
  }
}

}  // namespace
}  // namespace plumb::passes
