// conv_transpose(x, filter, bias?): the gradient of a convolution, used to enlarge pictures.

#include <algorithm>

#include "plumb/ops/conv/conv.h"
#include "plumb/ops/lowering.h"
#include "plumb/ops/shape_rules.h"
#include "plumb/ops/window.h"

namespace plumb::ops {
namespace {

bool AllFloat(const NodeView& n) { return InputsShareDType(n) && n.dtype(0) == DType::kF32; }
bool ChannelsFit(const NodeView& n) { return n.shape(1)[0] == n.shape(0)[ChannelAxis(n)]; }
int64_t OutputChannels(const NodeView& n) {
  return FilterDepth(n) * n.attributes().Int("groups", 1);
}
bool BiasFits(const NodeView& n) {
  return !n.HasInput(2) || n.shape(2) == Shape{OutputChannels(n)};
}
bool OutputAttributesFit(const NodeView& n) {
  const auto spatial = static_cast<size_t>(n.rank(0)) - 2;
  const auto fits = [&](std::string_view name, int64_t least) {
    if (!n.attributes().Has(name)) {
      return true;
    }
    const std::vector<int64_t> values = n.attributes().Ints(name);
    return values.size() == spatial && std::all_of(values.begin(), values.end(), [&](int64_t v) {
             return v >= least && v <= (int64_t{1} << 31);
           });
  };
  return WindowAttributesFit(n) && fits("output_padding", 0) && fits("output_shape", 1);
}
constexpr Constraint kConstraints[] = {
    {"C1", "x, filter and, optionally, bias", TakesInputs<2, 3>, FoundInputCount},
    {"C2", "the layout is nchw or nhwc", LayoutIsKnown, FoundLayout},
    {"C3", "x and filter have one rank, 3 to 5, and the filter is not empty", FilterRankFits,
     FoundTypes},
    {"C4", "groups divides the input channels", GroupsAreSensible, FoundGroups},
    {"C5", "the filter has one part for each input channel", ChannelsFit, FoundTypes},
    {"C6", "all inputs are f32", AllFloat, FoundTypes},
    {"C7", "the bias has one entry for each output channel", BiasFits, FoundTypes},
    {"C8", "strides and dilations from 1, pads and output_padding from 0, for each axis",
     OutputAttributesFit, FoundWindow},
};

using Kind = AttributeRule::Kind;
constexpr AttributeRule kAttributes[] = {
    {"strides", Kind::kInts},        {"pads", Kind::kInts},        {"dilations", Kind::kInts},
    {"groups", Kind::kInt},          {"auto_pad", Kind::kString},  {"layout", Kind::kString},
    {"output_padding", Kind::kInts}, {"output_shape", Kind::kInts}};

struct Enlarged {
  Window window;
  std::vector<int64_t> output_padding;
  Shape sizes;
};

Enlarged Resolve(const NodeView& n) {
  const std::vector<int64_t> kernel = KernelSizes(n);
  const size_t spatial = kernel.size();
  const Attributes& a = n.attributes();
  Enlarged e{{kernel, a.Ints("strides", std::vector<int64_t>(spatial, 1)),
              a.Ints("dilations", std::vector<int64_t>(spatial, 1)),
              a.Ints("pads", std::vector<int64_t>(2 * spatial, 0))},
             a.Ints("output_padding", std::vector<int64_t>(spatial, 0)),
             {}};
  const std::string auto_pad = a.String("auto_pad", "");
  const Shape in = SpatialSizes(n);
  const bool given = a.Has("output_shape");
  for (size_t i = 0; i < spatial; ++i) {
    const int64_t reach = (kernel[i] - 1) * e.window.dilations[i] + 1;
    const int64_t full = e.window.strides[i] * (in[i] - 1) + e.output_padding[i] + reach;
    if (given || !auto_pad.empty()) {
      const int64_t wanted = given ? a.Ints("output_shape")[i] : in[i] * e.window.strides[i];
      const int64_t total = full - wanted;
      if (total < 0) {
        e.output_padding[i] -= total;
      }
      const int64_t pads = std::max<int64_t>(total, 0);
      // The odd one goes to the back for same_upper and to the front otherwise.
      const int64_t front = auto_pad == "same_upper" ? pads / 2 : pads - pads / 2;
      e.window.pads[i] = front;
      e.window.pads[i + spatial] = pads - front;
      e.sizes.push_back(wanted);
    } else {
      e.sizes.push_back(full - e.window.pads[i] - e.window.pads[i + spatial]);
    }
  }
  return e;
}

Result<Types> InferConvTranspose(const NodeView& n) {
  const Enlarged e = Resolve(n);
  if (std::any_of(e.sizes.begin(), e.sizes.end(), [](int64_t s) { return s < 1; })) {
    return NodeError(n, "the output would have positions ", ShapeToString(e.sizes),
                     "; expected sizes from 1");
  }
  return OneType(DType::kF32, WithSizes(n, OutputChannels(n), e.sizes));
}

Status ImportConvTranspose(ForeignNode& node) {
  PLUMB_RETURN_IF_ERROR(node.RequireInputs(2, 3));
  ForeignAttributes in(node);
  Attributes attributes{{"layout", std::string("nchw")}, {"groups", in.Int("group", 1)}};
  for (std::string_view name : {"output_padding", "output_shape"}) {
    if (in.Has(name)) {
      attributes.Set(std::string(name), in.Ints(name));
    }
  }
  PLUMB_RETURN_IF_ERROR(ReadWindow(in, node, attributes));
  node.EmitOutput("conv_transpose", node.inputs, std::move(attributes));
  return {};
}
constexpr ImportRule kImports[] = {{"onnx", "ConvTranspose", &ImportConvTranspose}};

void ResolveConvTranspose(const NodeView& n, Attributes& attributes) {
  const Enlarged e = Resolve(n);
  WriteWindow(e.window, attributes);
  attributes.Set("output_padding", e.output_padding);
  attributes.Erase("output_shape");
}

Status LowerConvTranspose(const ir::Node& node, LowerContext& context) {
  const NodeView view(context.graph(), node);
  if (view.constant(1) == nullptr) {
    return NodeError(view, "the filter (input 1) is computed at run time; expected a constant");
  }
  if (IsNchw(view) || view.rank(0) != 4) {
    return NodeError(view, "transposed convolution over ", view.rank(0) - 2, " axes in layout ",
                     IsNchw(view) ? "nchw" : "nhwc",
                     "; expected two axes in layout nhwc (three axes are not supported)");
  }
  const Enlarged e = Resolve(view);
  std::vector<int32_t> inputs = context.TensorsOf(node.inputs);
  inputs.resize(3, -1);
  Attributes attributes{{"groups", view.attributes().Int("groups", 1)}};
  WriteWindow(e.window, attributes);
  context.AddRecord(node, "conv_transpose", std::move(inputs), context.TensorsOf(node.outputs),
                    std::move(attributes));
  return {};
}

constexpr OpDef kOps[] = {{"conv_transpose",
                           "Each input position adds its multiple of the filter to a window.",
                           kAttributes, kConstraints, &InferConvTranspose, kImports,
                           QuantKind::kFloat, &LowerConvTranspose, nullptr, &ResolveConvTranspose}};

}  // namespace

std::span<const OpDef> ConvTransposeOps() { return kOps; }

}  // namespace plumb::ops
