// depth_to_space and space_to_depth {block, mode, layout}: channels moved into positions and back.

#include "plumb/ops/lowering.h"
#include "plumb/ops/shape_rules.h"
#include "plumb/ops/window.h"

namespace plumb::ops {
namespace {

bool IsPicture(const NodeView& n) { return n.rank(0) == 4; }
int64_t Block(const NodeView& n) { return n.attributes().Int("block", 0); }
std::string FoundBlock(const NodeView& n) {
  return StrCat("block ", Block(n), ", ", FoundTypes(n));
}
bool BlockFitsDepth(const NodeView& n) {
  const int64_t b = Block(n);
  return b >= 1 && b <= 65536 && n.shape(0)[ChannelAxis(n)] % (b * b) == 0;
}
bool BlockFitsSpace(const NodeView& n) {
  const int64_t b = Block(n);
  const Shape s = SpatialSizes(n);
  return b >= 1 && b <= 65536 && s[0] % b == 0 && s[1] % b == 0;
}
bool ModeIsKnown(const NodeView& n) {
  const std::string mode = n.attributes().String("mode", "DCR");
  return mode == "DCR" || mode == "CRD";
}
std::string FoundMode(const NodeView& n) {
  return StrCat("mode '", n.attributes().String("mode", "DCR"), "'");
}
constexpr Constraint kOneInput = {"C1", "one input", TakesInputs<1, 1>, FoundInputCount};
constexpr Constraint kLayout = {"C2", "the layout is nchw or nhwc", LayoutIsKnown, FoundLayout};
constexpr Constraint kRank = {"C3", "the input has rank 4", IsPicture, FoundTypes};
constexpr Constraint kDepth[] = {
    kOneInput,
    kLayout,
    kRank,
    {"C4", "the square of block divides the channels", BlockFitsDepth, FoundBlock},
    {"C5", "the mode is DCR or CRD", ModeIsKnown, FoundMode}};
constexpr Constraint kSpace[] = {
    kOneInput,
    kLayout,
    kRank,
    {"C4", "block divides height and width", BlockFitsSpace, FoundBlock}};

using Kind = AttributeRule::Kind;
constexpr AttributeRule kAttributes[] = {
    {"block", Kind::kInt}, {"mode", Kind::kString}, {"layout", Kind::kString}};

Result<Types> InferDepth(const NodeView& n) {
  const int64_t b = Block(n);
  const Shape s = SpatialSizes(n);
  return OneType(n.dtype(0),
                 WithSizes(n, n.shape(0)[ChannelAxis(n)] / (b * b), {s[0] * b, s[1] * b}));
}
Result<Types> InferSpace(const NodeView& n) {
  const int64_t b = Block(n);
  const Shape s = SpatialSizes(n);
  return OneType(n.dtype(0),
                 WithSizes(n, n.shape(0)[ChannelAxis(n)] * b * b, {s[0] / b, s[1] / b}));
}

template <FixedString kOp>
Status ImportBlock(ForeignNode& node) {
  PLUMB_RETURN_IF_ERROR(node.RequireInputs(1, 1));
  ForeignAttributes in(node);
  Attributes attributes{{"layout", std::string("nchw")}, {"block", in.Int("blocksize", 0)}};
  if (kOp.view() == "depth_to_space") {
    attributes.Set("mode", in.String("mode", "DCR"));
  }
  PLUMB_RETURN_IF_ERROR(in.status());
  node.EmitOutput(kOp.view(), node.inputs, std::move(attributes));
  return {};
}
constexpr ImportRule kDepthRule[] = {{"onnx", "DepthToSpace", &ImportBlock<"depth_to_space">}};
constexpr ImportRule kSpaceRule[] = {{"onnx", "SpaceToDepth", &ImportBlock<"space_to_depth">}};

Status LowerBlock(const ir::Node& node, LowerContext& context) {
  const NodeView view(context.graph(), node);
  if (IsNchw(view)) {
    return NodeError(view, "layout nchw; expected nhwc, which the pass ConvertLayout makes");
  }
  Attributes attributes{{"block", Block(view)}};
  if (node.op == "depth_to_space") {
    attributes.Set("mode", view.attributes().String("mode", "DCR"));
  }
  context.AddRecord(node, node.op, context.TensorsOf(node.inputs), context.TensorsOf(node.outputs),
                    std::move(attributes));
  return {};
}

constexpr OpDef kOps[] = {
    {"depth_to_space", "Channels spread over blocks of positions.", kAttributes, kDepth,
     &InferDepth, kDepthRule, QuantKind::kSameGrid, &LowerBlock},
    {"space_to_depth", "Blocks of positions gathered into channels.", kAttributes, kSpace,
     &InferSpace, kSpaceRule, QuantKind::kSameGrid, &LowerBlock},
};

}  // namespace

std::span<const OpDef> DepthToSpaceOps() { return kOps; }

}  // namespace plumb::ops
