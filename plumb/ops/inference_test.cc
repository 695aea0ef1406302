// Output types of each operator on literal graphs: the type written in the text is the one
// expected.

#include <gtest/gtest.h>

#include "plumb/ir/text.h"
#include "plumb/ops/op_def.h"

namespace plumb::ops {
namespace {

struct InferenceCase {
  const char* name;
  const char* text;
};

std::string TypesOf(const std::vector<ir::TensorType>& types) {
  std::string text;
  for (const ir::TensorType& t : types) {
    text += t.ToString() + " ";
  }
  return text;
}

constexpr InferenceCase kCases[] = {
    {"UnaryKeepsType", "input %x: s32[2x3]\n%y: s32[2x3] = neg(%x)\n"},
    {"IsNanIsBool", "input %x: f32[2]\n%y: bool[2] = isnan(%x)\n"},
    {"BinaryBroadcasts",
     "input %a: f32[2x1x4]\ninput %b: f32[3x1]\n%y: f32[2x3x4] = add(%a, %b)\n"},
    {"BinaryBroadcastsEmpty",
     "input %a: f32[0x3]\ninput %b: f32[1x3]\n%y: f32[0x3] = mul(%a, %b)\n"},
    {"BinaryOfBytes", "input %a: s8[1x4]\ninput %b: s8[1x4]\n%y: s8[1x4] = add(%a, %b)\n"},
    {"PowKeepsBase", "input %a: f32[4]\ninput %b: s64[4]\n%y: f32[4] = pow(%a, %b)\n"},
    {"CompareIsBool", "input %a: f32[4]\ninput %b: f32[]\n%y: bool[4] = less(%a, %b)\n"},
    {"WhereBroadcastsAll",
     "input %c: bool[3x1]\ninput %a: f32[1x4]\ninput %b: f32[]\n%y: f32[3x4] = where(%c, %a, "
     "%b)\n"},
    {"CastToInteger", "input %x: f32[2]\n%y: s64[2] = cast(%x) {to = \"s64\"}\n"},
    {"CastToHalfIsFloat", "input %x: s32[2]\n%y: f32[2] = cast(%x) {to = \"f16\"}\n"},
    {"CastLike", "input %x: f32[2]\ninput %l: s8[7]\n%y: s8[2] = cast_like(%x, %l)\n"},
    {"ClipKeepsType", "input %x: f32[2]\nconst %m: f32[] = {0}\n%y: f32[2] = clip(%x, %m)\n"},
    {"ReduceAll", "input %x: f32[2x3x4]\n%y: f32[1x1x1] = reduce_mean(%x)\n"},
    {"ReduceAxes",
     "input %x: f32[2x3x4]\nconst %a: s64[2] = {-1, 0}\n%y: f32[3] = reduce_sum(%x, %a) {keepdims "
     "= 0}\n"},
    {"ReduceNothing",
     "input %x: f32[2x3]\nconst %a: s64[0] = {}\n%y: f32[2x3] = reduce_max(%x, %a) "
     "{noop_with_empty_axes = 1}\n"},
    {"ReduceBytes",
     "input %x: s8[1x4x4x8]\nconst %a: s64[2] = {1, 2}\n%y: s8[1x1x1x8] = reduce_mean(%x, %a)\n"},
    {"ArgMax", "input %x: f32[2x3]\n%y: s64[2x1] = argmax(%x) {axis = -1}\n"},
    {"ArgMinDropped", "input %x: f32[2x3]\n%y: s64[3] = argmin(%x) {axis = 0, keepdims = 0}\n"},
    {"Shape", "input %x: f32[2x3x4]\n%y: s64[3] = shape(%x)\n"},
    {"ShapePart", "input %x: f32[2x3x4]\n%y: s64[1] = shape(%x) {end = -1, start = 1}\n"},
    {"Size", "input %x: f32[2x3x4]\n%y: s64[] = size(%x)\n"},
    {"Range",
     "const %a: s64[] = {2}\nconst %b: s64[] = {9}\nconst %c: s64[] = {3}\n%y: s64[3] = range(%a, "
     "%b, %c)\n"},
    {"RangeDown",
     "const %a: s64[] = {5}\nconst %b: s64[] = {0}\nconst %c: s64[] = {-2}\n%y: s64[3] = range(%a, "
     "%b, %c)\n"},
    {"RangeEmpty",
     "const %a: f32[] = {5}\nconst %b: f32[] = {0}\nconst %c: f32[] = {1}\n%y: f32[0] = range(%a, "
     "%b, %c)\n"},
    {"ReshapeFree",
     "input %x: f32[2x3x4]\nconst %s: s64[3] = {0, -1, 2}\n%y: f32[2x6x2] = reshape(%x, %s)\n"},
    {"ReshapeZero",
     "input %x: f32[0x3]\nconst %s: s64[2] = {3, 0}\n%y: f32[3x0] = reshape(%x, %s) {allowzero = "
     "1}\n"},
    {"SqueezeAll", "input %x: s8[1x3x1]\n%y: s8[3] = squeeze(%x)\n"},
    {"SqueezeAxis",
     "input %x: f32[1x3x1]\nconst %a: s64[1] = {-1}\n%y: f32[1x3] = squeeze(%x, %a)\n"},
    {"Unsqueeze",
     "input %x: f32[3]\nconst %a: s64[2] = {0, -1}\n%y: f32[1x3x1] = unsqueeze(%x, %a)\n"},
    {"Flatten", "input %x: f32[2x3x4]\n%y: f32[6x4] = flatten(%x) {axis = -1}\n"},
    {"FlattenAll", "input %x: f32[2x3x4]\n%y: f32[1x24] = flatten(%x) {axis = 0}\n"},
    {"Identity", "input %x: bool[2]\n%y: bool[2] = identity(%x)\n"},
    {"Expand",
     "input %x: f32[3x1]\nconst %s: s64[3] = {2, 1, 6}\n%y: f32[2x3x6] = expand(%x, %s)\n"},
    {"Tile", "input %x: f32[3x1]\nconst %r: s64[2] = {2, 4}\n%y: f32[6x4] = tile(%x, %r)\n"},
    {"Transpose", "input %x: f32[2x3x4]\n%y: f32[4x2x3] = transpose(%x) {perm = [2, 0, 1]}\n"},
    {"TransposeReverses", "input %x: s8[2x3x4]\n%y: s8[4x3x2] = transpose(%x)\n"},
    {"Concat", "input %a: s8[2x3]\ninput %b: s8[2x1]\n%y: s8[2x4] = concat(%a, %b) {axis = -1}\n"},
    {"SplitEqual", "input %x: f32[4x6]\n%a: f32[4x3], %b: f32[4x3] = split(%x) {axis = 1}\n"},
    {"SplitSizes",
     "input %x: f32[6]\nconst %s: s64[2] = {2, 4}\n%a: f32[2], %b: f32[4] = split(%x, %s)\n"},
    {"SplitUneven",
     "input %x: f32[7]\n%a: f32[3], %b: f32[3], %c: f32[1] = split(%x) {num_outputs = 3}\n"},
    {"SliceBackwards",
     "input %x: f32[10]\nconst %s: s64[1] = {-1}\nconst %e: s64[1] = {-100}\nconst %a: s64[1] = "
     "{0}\nconst %t: s64[1] = {-3}\n%y: f32[4] = slice(%x, %s, %e, %a, %t)\n"},
    {"SliceClamps",
     "input %x: s8[4x10]\nconst %s: s64[2] = {1, -3}\nconst %e: s64[2] = {1000, "
     "9223372036854775807}\n%y: s8[3x3] = slice(%x, %s, %e)\n"},
    {"SliceEmpty",
     "input %x: f32[4]\nconst %s: s64[1] = {3}\nconst %e: s64[1] = {1}\n%y: f32[0] = slice(%x, %s, "
     "%e)\n"},
    {"Pad", "input %x: s8[2x3]\nconst %p: s64[4] = {0, 1, 2, -1}\n%y: s8[4x3] = pad(%x, %p)\n"},
    {"PadAxes",
     "input %x: f32[2x3]\nconst %p: s64[2] = {1, 1}\nconst %a: s64[1] = {-1}\n%y: f32[2x5] = "
     "pad(%x, %p, _, %a) {mode = \"reflect\"}\n"},
    {"Gather",
     "input %x: f32[5x6]\ninput %i: s64[2x3]\n%y: f32[5x2x3] = gather(%x, %i) {axis = 1}\n"},
    {"GatherElements",
     "input %x: f32[5x6]\ninput %i: s64[2x6]\n%y: f32[2x6] = gather_elements(%x, %i) {axis = 0}\n"},
    {"GatherNd",
     "input %x: f32[2x5x6]\ninput %i: s64[2x3x1]\n%y: f32[2x3x6] = gather_nd(%x, %i) {batch_dims = "
     "1}\n"},
    {"ScatterElements",
     "input %x: f32[3x3]\ninput %i: s64[2x3]\ninput %u: f32[2x3]\n%y: f32[3x3] = "
     "scatter_elements(%x, %i, %u) {axis = 0}\n"},
    {"ScatterNd",
     "input %x: f32[4x3]\ninput %i: s64[2x1]\ninput %u: f32[2x3]\n%y: f32[4x3] = scatter_nd(%x, "
     "%i, %u)\n"},
    {"Softmax", "input %x: f32[2x3]\n%y: f32[2x3] = softmax(%x) {axis = 0}\n"},
    {"TopK",
     "input %x: f32[2x9]\nconst %k: s64[1] = {4}\n%v: f32[2x4], %i: s64[2x4] = topk(%x, %k)\n"},
    {"NonZero", "const %x: f32[2x2] = {0, 1, -0, 2}\n%y: s64[2x2] = non_zero(%x)\n"},
    {"OneHot",
     "input %i: s64[2x3]\nconst %d: s64[] = {5}\nconst %v: f32[2] = {0, 1}\n%y: f32[2x5x3] = "
     "one_hot(%i, %d, %v) {axis = 1}\n"},
    {"CumSum", "input %x: f32[2x3]\nconst %a: s64[] = {-1}\n%y: f32[2x3] = cumsum(%x, %a)\n"},
    {"Trilu", "input %x: f32[2x3x3]\n%y: f32[2x3x3] = trilu(%x) {upper = 0}\n"},
    {"EyeLike", "input %x: s32[2x3]\n%y: f32[2x3] = eye_like(%x) {dtype = \"f32\", k = 1}\n"},
    {"ReverseSequence",
     "input %x: f32[4x2]\ninput %l: s64[2]\n%y: f32[4x2] = reverse_sequence(%x, %l)\n"},
    {"MatMulStacks",
     "input %a: f32[5x1x2x3]\ninput %b: f32[4x3x6]\n%y: f32[5x4x2x6] = matmul(%a, %b)\n"},
    {"MatMulVectors", "input %a: f32[3]\ninput %b: f32[3]\n%y: f32[] = matmul(%a, %b)\n"},
    {"MatMulRow", "input %a: f32[3]\ninput %b: f32[2x3x4]\n%y: f32[2x4] = matmul(%a, %b)\n"},
    {"FullyConnected",
     "input %x: f32[2x5x3]\nconst %w: f32[4x3] = fill(1)\n%y: f32[2x5x4] = fully_connected(%x, "
     "%w)\n"},
    {"FullyConnectedBytes",
     "input %x: s8[2x3]\nconst %w: s8[4x3] = fill(1)\nconst %m: f32[4] = fill(0.5)\n%y: s8[2x4] = "
     "fully_connected(%x, %w, _, %m)\n"},
    {"ConvNchw",
     "input %x: f32[1x3x8x9]\nconst %w: f32[6x3x3x3] = fill(1)\n%y: f32[1x6x4x5] = conv(%x, %w) "
     "{layout = \"nchw\", pads = [1, 1, 1, 1], strides = [2, 2]}\n"},
    {"ConvNhwcGroups",
     "input %x: f32[1x8x9x4]\nconst %w: f32[4x3x3x1] = fill(1)\n%y: f32[1x4x5x4] = conv(%x, %w) "
     "{dilations = [2, 2], groups = 4, layout = \"nhwc\"}\n"},
    {"ConvSameUpper",
     "input %x: f32[1x3x7x8]\nconst %w: f32[2x3x3x3] = fill(1)\n%y: f32[1x2x4x4] = conv(%x, %w) "
     "{auto_pad = \"same_upper\", layout = \"nchw\", strides = [2, 2]}\n"},
    {"Conv1d",
     "input %x: f32[1x3x8]\nconst %w: f32[2x3x3] = fill(1)\n%y: f32[1x2x6] = conv(%x, %w) {layout "
     "= \"nchw\"}\n"},
    {"ConvBytes",
     "input %x: s8[1x8x8x3]\nconst %w: s8[6x1x1x3] = fill(1)\nconst %b: s32[6] = fill(0)\nconst "
     "%m: f32[6] = fill(0.5)\n%y: s8[1x8x8x6] = conv(%x, %w, %b, %m) {function = \"none\"}\n"},
    {"ConvBytesToFloat",
     "input %x: s8[1x8x8x3]\nconst %w: s8[6x1x1x3] = fill(1)\nconst %m: f32[6] = fill(0.5)\n%y: "
     "f32[1x8x8x6] = conv(%x, %w, _, %m) {output_dtype = \"f32\"}\n"},
    {"ConvTranspose",
     "input %x: f32[1x3x4x4]\nconst %w: f32[3x2x3x3] = fill(1)\n%y: f32[1x2x9x8] = "
     "conv_transpose(%x, %w) {layout = \"nchw\", output_padding = [1, 0], pads = [0, 0, 1, 1], "
     "strides = [2, 2]}\n"},
    {"ConvTransposeShape",
     "input %x: f32[1x3x4x4]\nconst %w: f32[3x2x3x3] = fill(1)\n%y: f32[1x2x8x10] = "
     "conv_transpose(%x, %w) {layout = \"nchw\", output_shape = [8, 10], strides = [2, 2]}\n"},
    {"MaxPoolCeil",
     "input %x: f32[1x1x4x4]\n%y: f32[1x1x2x2] = max_pool(%x) {ceil_mode = 1, kernel = [3, 3], "
     "layout = \"nchw\", strides = [2, 2]}\n"},
    {"MaxPoolCeilLeavesOutPadding",
     "input %x: f32[1x1x2x2]\n%y: f32[1x1x1x1] = max_pool(%x) {ceil_mode = 1, kernel = [1, 1], "
     "layout = \"nchw\", strides = [2, 2]}\n"},
    {"AveragePoolBytes",
     "input %x: s8[1x4x4x8]\n%y: s8[1x2x2x8] = average_pool(%x) {kernel = [2, 2], layout = "
     "\"nhwc\", strides = [2, 2]}\n"},
    {"DepthToSpaceNchw",
     "input %x: f32[1x8x2x3]\n%y: f32[1x2x4x6] = depth_to_space(%x) {block = 2, layout = "
     "\"nchw\"}\n"},
    {"SpaceToDepthNhwc",
     "input %x: f32[1x4x6x2]\n%y: f32[1x2x3x8] = space_to_depth(%x) {block = 2, layout = "
     "\"nhwc\"}\n"},
    {"ResizeScales",
     "input %x: f32[1x2x3x5]\nconst %s: f32[4] = {1, 1, 2, 0.5}\n%y: f32[1x2x6x2] = resize(%x, _, "
     "%s)\n"},
    {"ResizeSizes",
     "input %x: s8[1x2x3x5]\nconst %n: s64[4] = {1, 2, 7, 1}\n%y: s8[1x2x7x1] = resize(%x, _, _, "
     "%n)\n"},
    {"ResizeNotLarger",
     "input %x: f32[2x4]\nconst %n: s64[2] = {7, 8}\n%y: f32[4x8] = resize(%x, _, _, %n) "
     "{keep_aspect_ratio_policy = \"not_larger\"}\n"},
    {"Quantize", "input %x: f32[2]\n%y: s8[2] = quantize(%x)\n"},
    {"QuantizeU8", "input %x: f32[2]\n%y: u8[2] = quantize(%x) {dtype = \"u8\"}\n"},
    {"Dequantize", "input %x: s8[2] scale(0.5) zero_point(0)\n%y: f32[2] = dequantize(%x)\n"},
    {"Table", "input %x: s8[1x4]\nconst %t: s8[256] = fill(0)\n%y: s8[1x4] = table(%x, %t)\n"},
    {"QuantizeLinear",
     "input %x: f32[2x3]\ninput %s: f32[3]\ninput %z: s8[3]\n%y: s8[2x3] = quantize_linear(%x, %s, "
     "%z) {axis = -1}\n"},
    {"DequantizeLinear",
     "input %x: u8[2x3]\ninput %s: f32[]\n%y: f32[2x3] = dequantize_linear(%x, %s)\n"},
    {"BatchNorm",
     "input %x: f32[1x3x2]\ninput %s: f32[3]\n%y: f32[1x3x2] = batch_norm(%x, %s, %s, %s, %s) "
     "{axis "
     "= 1}\n"},
    {"Lstm",
     "input %x: f32[7x2x5]\ninput %w: f32[1x12x5]\ninput %r: f32[1x12x3]\n%y: f32[7x1x2x3], %h: "
     "f32[1x2x3], %c: f32[1x2x3] = lstm(%x, %w, %r) {hidden_size = 3}\n"},
    {"GruBothWays",
     "input %x: f32[7x2x5]\ninput %w: f32[2x9x5]\ninput %r: f32[2x9x3]\n%y: f32[7x2x2x3], %h: "
     "f32[2x2x3] = gru(%x, %w, %r) {direction = \"bidirectional\", hidden_size = 3}\n"},
};

class Inference : public testing::TestWithParam<InferenceCase> {};

TEST_P(Inference, GivesTheWrittenTypes) {
  const Result<ir::Graph> graph = ir::Parse(StrCat("graph \"t\"\n", GetParam().text));
  ASSERT_TRUE(graph.ok()) << graph.status().message();
  const ir::Node& node = graph->node(static_cast<ir::NodeId>(graph->node_count() - 1));
  const auto types = Infer(NodeView(*graph, node));
  ASSERT_TRUE(types.ok()) << types.status().message();
  std::vector<ir::TensorType> expected;
  for (ir::ValueId out : node.outputs) {
    expected.push_back(graph->value(out).type);
  }
  EXPECT_EQ(TypesOf(*types), TypesOf(expected));
}

INSTANTIATE_TEST_SUITE_P(Operators, Inference, testing::ValuesIn(kCases),
                         [](const auto& info) { return std::string(info.param.name); });

struct RefusalCase {
  const char* name;
  const char* text;
  const char* message;
};

constexpr RefusalCase kRefusals[] = {
    {"ReshapeCount", "input %x: f32[2x3]\nconst %s: s64[1] = {5}\n%y: f32[5] = reshape(%x, %s)\n",
     "expected 6 elements"},
    {"ReshapeTwoFree",
     "input %x: f32[2x3]\nconst %s: s64[2] = {-1, -1}\n%y: f32[5] = reshape(%x, %s)\n",
     "does not fit"},
    {"ReshapeHuge",
     "input %x: f32[2x3]\nconst %s: s64[2] = {4611686018427387904, 4611686018427387904}\n%y: "
     "f32[5] = reshape(%x, %s)\n",
     "does not fit"},
    {"ShapeNotConstant", "input %x: f32[2x3]\ninput %s: s64[1]\n%y: f32[5] = reshape(%x, %s)\n",
     "is computed at run time"},
    {"ExpandHuge",
     "input %x: f32[1]\nconst %s: s64[2] = {4611686018427387904, 8}\n%y: f32[5] = expand(%x, %s)\n",
     "at most 2^40 elements"},
    {"ExpandNegative", "input %x: f32[1]\nconst %s: s64[1] = {-3}\n%y: f32[5] = expand(%x, %s)\n",
     "sizes from 0"},
    {"SqueezeOfTwo", "input %x: f32[2]\nconst %a: s64[1] = {0}\n%y: f32[2] = squeeze(%x, %a)\n",
     "expected axes of size 1"},
    {"UnsqueezeTwice",
     "input %x: f32[2]\nconst %a: s64[2] = {0, 0}\n%y: f32[2] = unsqueeze(%x, %a)\n",
     "expected different axes"},
    {"SplitSum",
     "input %x: f32[6]\nconst %s: s64[2] = {2, 5}\n%a: f32[2], %b: f32[5] = split(%x, %s)\n",
     "which sum up to that"},
    {"SliceStepZero",
     "input %x: f32[6]\nconst %z: s64[1] = {0}\n%y: f32[2] = slice(%x, %z, %z, %z, %z)\n",
     "step 0"},
    {"PadReflectTooWide",
     "input %x: f32[3]\nconst %p: s64[2] = {3, 0}\n%y: f32[6] = pad(%x, %p) {mode = \"reflect\"}\n",
     "expected fewer"},
    {"PadBelowZero", "input %x: f32[3]\nconst %p: s64[2] = {-2, -2}\n%y: f32[0] = pad(%x, %p)\n",
     "expected 0 or more"},
    {"ConvDoesNotFit",
     "input %x: f32[1x3x2x2]\nconst %w: f32[2x3x3x3] = fill(1)\n%y: f32[1] = conv(%x, %w) {layout "
     "= "
     "\"nchw\"}\n",
     "does not fit"},
    {"RangeStepZero",
     "const %a: s64[] = {2}\nconst %b: s64[] = {9}\nconst %c: s64[] = {0}\n%y: s64[3] = range(%a, "
     "%b, %c)\n",
     "a step other than 0"},
    {"ResizeScale", "input %x: f32[2]\nconst %s: f32[1] = {-1}\n%y: f32[2] = resize(%x, _, %s)\n",
     "a positive number"},
    {"TopKTooMany",
     "input %x: f32[2]\nconst %k: s64[1] = {3}\n%v: f32[3], %i: s64[3] = topk(%x, %k)\n", "k is 3"},
    {"ReduceAxis", "input %x: f32[2]\nconst %a: s64[1] = {1}\n%y: f32[1] = reduce_sum(%x, %a)\n",
     "expected different axes"},
    {"AttributeKind", "input %x: f32[2x3]\n%y: f32[3x2] = transpose(%x) {perm = \"no\"}\n",
     "is of another kind; expected a list of integers"},
    {"OutputCount", "input %x: f32[2]\n%y: f32[2], %z: f32[2] = relu(%x)\n",
     "2 outputs; expected 1"},
    {"UnknownOperator", "input %x: f32[2]\n%y: f32[2] = mystery(%x)\n", "'mystery' is not known"},
};

class Refusal : public testing::TestWithParam<RefusalCase> {};

TEST_P(Refusal, SaysWhatIsWrong) {
  const Result<ir::Graph> graph = ir::Parse(StrCat("graph \"t\"\n", GetParam().text));
  ASSERT_TRUE(graph.ok()) << graph.status().message();
  const ir::Node& node = graph->node(static_cast<ir::NodeId>(graph->node_count() - 1));
  const auto types = Infer(NodeView(*graph, node));
  ASSERT_FALSE(types.ok());
  EXPECT_EQ(types.status().code(), Code::kInvalidModel);
  EXPECT_NE(types.status().message().find(GetParam().message), std::string::npos)
      << types.status().message();
}

INSTANTIATE_TEST_SUITE_P(Operators, Refusal, testing::ValuesIn(kRefusals),
                         [](const auto& info) { return std::string(info.param.name); });

TEST(Fold, ShapePart) {
  const auto graph =
      ir::Parse("graph \"t\"\ninput %x: f32[2x3x4]\n%y: s64[2] = shape(%x) {start = 1}\n");
  ASSERT_TRUE(graph.ok());
  const auto folded = FindOp("shape")->fold(NodeView(*graph, graph->node(0)));
  ASSERT_EQ(folded.size(), 1u);
  EXPECT_EQ(folded[0].values<int64_t>()[0], 3);
  EXPECT_EQ(folded[0].values<int64_t>()[1], 4);
}

TEST(Fold, Range) {
  const auto graph = ir::Parse(
      "graph \"t\"\nconst %a: f32[] = {1}\nconst %b: f32[] = {2}\nconst %c: f32[] = {0.5}\n%r: "
      "f32[2] "
      "= range(%a, %b, %c)\n");
  ASSERT_TRUE(graph.ok());
  const auto folded = FindOp("range")->fold(NodeView(*graph, graph->node(0)));
  ASSERT_EQ(folded.size(), 1u);
  EXPECT_EQ(folded[0].values<float>()[1], 1.5f);
}

TEST(Fold, EyeLike) {
  const auto graph = ir::Parse(
      "graph \"t\"\ninput %x: f32[2x2]\n%e: s32[2x2] = eye_like(%x) {dtype = \"s32\", k = -1}\n");
  ASSERT_TRUE(graph.ok());
  const auto folded = FindOp("eye_like")->fold(NodeView(*graph, graph->node(0)));
  ASSERT_EQ(folded.size(), 1u);
  EXPECT_EQ(
      std::vector<int32_t>(folded[0].values<int32_t>().begin(), folded[0].values<int32_t>().end()),
      (std::vector<int32_t>{0, 0, 1, 0}));
}

TEST(Resolve, SamePadsAreWrittenOut) {
  auto graph = ir::Parse(
      "graph \"t\"\ninput %x: f32[1x3x7x8]\nconst %w: f32[2x3x3x3] = fill(1)\n%y: f32[1x2x4x4] = "
      "conv(%x, %w) {auto_pad = \"same_upper\", layout = \"nchw\", strides = [2, 2]}\n");
  ASSERT_TRUE(graph.ok());
  FindOp("conv")->resolve(NodeView(*graph, graph->node(0)), graph->node(0).attributes);
  EXPECT_EQ(graph->node(0).attributes.Ints("pads"), (std::vector<int64_t>{1, 0, 1, 1}));
  EXPECT_FALSE(graph->node(0).attributes.Has("auto_pad"));
}

}  // namespace
}  // namespace plumb::ops
