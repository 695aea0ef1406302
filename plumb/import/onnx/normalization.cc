// Normalizations, written out as means, sums and products.

#include <algorithm>
#include <limits>

#include "plumb/import/onnx/composites.h"
#include "plumb/ops/import_rules.h"

namespace plumb::onnx {
namespace {

using ir::ValueId;
using ops::EmitAxesFrom;
using ops::EmitFloat;
using ops::EmitInts;
using ops::ForeignAttributes;
using ops::ForeignNode;

const Attributes kKeep = {{"keepdims", int64_t{1}}, {"noop_with_empty_axes", int64_t{1}}};

// The axes from `axis` (counted from either end) to the last.
ValueId AxesToTheEnd(ForeignNode& node, ValueId x, int64_t axis) {
  if (axis >= 0) {
    return EmitAxesFrom(node, x, axis);
  }
  std::vector<int64_t> axes;
  for (int64_t i = std::max<int64_t>(axis, -64); i < 0; ++i) {
    axes.push_back(i);
  }
  return EmitInts(node, axes, "axes");
}

struct Centered {
  ValueId mean;
  ValueId centered;
  ValueId inverse_deviation;
};

// x minus its mean over axes, and 1 / sqrt(variance + epsilon).
Centered Center(ForeignNode& node, ValueId x, ValueId axes, float epsilon) {
  Centered c{};
  c.mean = node.EmitHelper("reduce_mean", {x, axes}, kKeep);
  c.centered = node.EmitHelper("sub", {x, c.mean});
  const ValueId square = node.EmitHelper("mul", {c.centered, c.centered});
  const ValueId variance = node.EmitHelper("reduce_mean", {square, axes}, kKeep);
  const ValueId sum = node.EmitHelper("add", {variance, EmitFloat(node, epsilon, "epsilon")});
  const ValueId deviation = node.EmitHelper("sqrt", {sum});
  c.inverse_deviation = node.EmitHelper("reciprocal", {deviation});
  return c;
}

Status ImportLayerNorm(ForeignNode& node) {
  PLUMB_RETURN_IF_ERROR(node.RequireInputs(2, 3));
  ForeignAttributes in(node);
  const int64_t axis = in.Int("axis", -1);
  const float epsilon = in.Float("epsilon", 1e-5f);
  PLUMB_RETURN_IF_ERROR(in.status());
  const ValueId x = node.inputs[0];
  const Centered c = Center(node, x, AxesToTheEnd(node, x, axis), epsilon);
  const ValueId normal = node.EmitHelper("mul", {c.centered, c.inverse_deviation});
  if (node.HasInput(2)) {
    const ValueId scaled = node.EmitHelper("mul", {normal, node.inputs[1]});
    node.EmitOutput("add", {scaled, node.inputs[2]});
  } else {
    node.EmitOutput("mul", {normal, node.inputs[1]});
  }
  if (node.HasOutput(1)) {
    node.AliasOutput(1, c.mean);
  }
  if (node.HasOutput(2)) {
    node.AliasOutput(2, c.inverse_deviation);
  }
  return {};
}

Status ImportRmsNorm(ForeignNode& node) {
  PLUMB_RETURN_IF_ERROR(node.RequireInputs(2, 2));
  ForeignAttributes in(node);
  const int64_t axis = in.Int("axis", -1);
  const float epsilon = in.Float("epsilon", 1e-5f);
  PLUMB_RETURN_IF_ERROR(in.status());
  const ValueId x = node.inputs[0];
  const ValueId square = node.EmitHelper("mul", {x, x});
  const ValueId mean = node.EmitHelper("reduce_mean", {square, AxesToTheEnd(node, x, axis)}, kKeep);
  const ValueId sum = node.EmitHelper("add", {mean, EmitFloat(node, epsilon, "epsilon")});
  const ValueId root = node.EmitHelper("sqrt", {sum});
  const ValueId normal = node.EmitHelper("div", {x, root});
  node.EmitOutput("mul", {normal, node.inputs[1]});
  return {};
}

// x as [N, groups, rest], each group normalized.
ValueId NormalizeGroups(ForeignNode& node, int64_t groups, float epsilon) {
  const ValueId grouped =
      node.EmitHelper("reshape", {node.inputs[0], EmitInts(node, {0, groups, -1}, "groups")});
  const Centered c = Center(node, grouped, EmitInts(node, {2}, "axes"), epsilon);
  return node.EmitHelper("mul", {c.centered, c.inverse_deviation});
}

// One parameter a channel or group, to be applied to [N, C, rest].
ValueId AsColumn(ForeignNode& node, ValueId parameter) {
  return node.EmitHelper("reshape", {parameter, EmitInts(node, {-1, 1}, "column")});
}

void EmitScaled(ForeignNode& node, ValueId normal, ValueId like) {
  const ValueId scaled = node.EmitHelper("mul", {normal, AsColumn(node, node.inputs[1])});
  const ValueId shifted = node.EmitHelper("add", {scaled, AsColumn(node, node.inputs[2])});
  node.EmitOutput("reshape", {shifted, node.EmitHelper("shape", {like})},
                  {{"allowzero", int64_t{1}}});
}

Status ImportInstanceNorm(ForeignNode& node) {
  PLUMB_RETURN_IF_ERROR(node.RequireInputs(3, 3));
  ForeignAttributes in(node);
  const float epsilon = in.Float("epsilon", 1e-5f);
  PLUMB_RETURN_IF_ERROR(in.status());
  EmitScaled(node, NormalizeGroups(node, 0, epsilon), node.inputs[0]);
  return {};
}

// Scale and bias are per group before opset 21, per channel from then on.
Status ImportGroupNorm(ForeignNode& node) {
  PLUMB_RETURN_IF_ERROR(node.RequireInputs(3, 3));
  ForeignAttributes in(node);
  const float epsilon = in.Float("epsilon", 1e-5f);
  const int64_t groups = in.Int("num_groups", 0);
  PLUMB_RETURN_IF_ERROR(in.status());
  if (groups < 1) {
    return InvalidModel(node.Describe(), ": num_groups is ", groups, "; expected 1 or more");
  }
  const ValueId x = node.inputs[0];
  ValueId normal = NormalizeGroups(node, groups, epsilon);
  if (node.version >= 21) {
    const ValueId channels = node.EmitHelper("shape", {x}, {{"end", int64_t{2}}});
    const ValueId target =
        node.EmitHelper("concat", {channels, EmitInts(node, {-1}, "rest")}, {{"axis", int64_t{0}}});
    normal = node.EmitHelper("reshape", {normal, target});
  }
  EmitScaled(node, normal, x);
  return {};
}

Status ImportMeanVariance(ForeignNode& node) {
  PLUMB_RETURN_IF_ERROR(node.RequireInputs(1, 1));
  ForeignAttributes in(node);
  const std::vector<int64_t> axes = in.Ints("axes", {0, 2, 3});
  PLUMB_RETURN_IF_ERROR(in.status());
  const Centered c = Center(node, node.inputs[0], EmitInts(node, axes, "axes"), 1e-9f);
  node.EmitOutput("mul", {c.centered, c.inverse_deviation});
  return {};
}

Status ImportLpNorm(ForeignNode& node) {
  PLUMB_RETURN_IF_ERROR(node.RequireInputs(1, 1));
  ForeignAttributes in(node);
  const int64_t axis = in.Int("axis", -1);
  const int64_t p = in.Int("p", 2);
  PLUMB_RETURN_IF_ERROR(in.status());
  if (p != 1 && p != 2) {
    return InvalidModel(node.Describe(), ": p is ", p, "; expected 1 or 2");
  }
  const ValueId norm = node.EmitHelper(p == 1 ? "reduce_l1" : "reduce_l2",
                                       {node.inputs[0], EmitInts(node, {axis}, "axes")}, kKeep);
  // All zero stays zero: the divisor is at least the smallest normal number.
  const ValueId divisor =
      node.EmitHelper("max", {norm, EmitFloat(node, std::numeric_limits<float>::min(), "least")});
  node.EmitOutput("div", {node.inputs[0], divisor});
  return {};
}

// y = x / (bias + alpha / size * sum of squares of `size` channels around)^beta. The sum is a pool
// over channels.
Status ImportLocalResponse(ForeignNode& node) {
  PLUMB_RETURN_IF_ERROR(node.RequireInputs(1, 1));
  ForeignAttributes in(node);
  const int64_t size = in.Int("size", 0);
  const float alpha = in.Float("alpha", 1e-4f);
  const float beta = in.Float("beta", 0.75f);
  const float bias = in.Float("bias", 1.0f);
  PLUMB_RETURN_IF_ERROR(in.status());
  if (size < 1 || size > (int64_t{1} << 31)) {
    return InvalidModel(node.Describe(), ": size is ", size, "; expected 1 or more");
  }
  const ValueId x = node.inputs[0];
  const ValueId flat = node.EmitHelper("reshape", {x, EmitInts(node, {0, 0, -1}, "flat")});
  const ValueId square = node.EmitHelper("mul", {flat, flat});
  const ValueId picture = node.EmitHelper("unsqueeze", {square, EmitInts(node, {1}, "channel")});
  using Ints = std::vector<int64_t>;
  const ValueId mean = node.EmitHelper("average_pool", {picture},
                                       {{"layout", std::string("nchw")},
                                        {"kernel", Ints{size, 1}},
                                        {"pads", Ints{(size - 1) / 2, 0, size / 2, 0}},
                                        {"count_include_pad", int64_t{1}}});
  const ValueId back = node.EmitHelper("squeeze", {mean, EmitInts(node, {1}, "channel")});
  const ValueId scaled = node.EmitHelper("mul", {back, EmitFloat(node, alpha, "alpha")});
  const ValueId sum = node.EmitHelper("add", {scaled, EmitFloat(node, bias, "bias")});
  const ValueId power = node.EmitHelper("pow", {sum, EmitFloat(node, beta, "beta")});
  const ValueId quotient = node.EmitHelper("div", {flat, power});
  node.EmitOutput("reshape", {quotient, node.EmitHelper("shape", {x})},
                  {{"allowzero", int64_t{1}}});
  return {};
}

constexpr ops::ImportRule kRules[] = {
    {"onnx", "LayerNormalization", &ImportLayerNorm},
    {"onnx", "RMSNormalization", &ImportRmsNorm},
    {"onnx", "InstanceNormalization", &ImportInstanceNorm},
    {"onnx", "GroupNormalization", &ImportGroupNorm},
    {"onnx", "MeanVarianceNormalization", &ImportMeanVariance},
    {"onnx", "LpNormalization", &ImportLpNorm},
    {"onnx", "LRN", &ImportLocalResponse},
};

}  // namespace

std::span<const ops::ImportRule> NormalizationRules() { return kRules; }

}  // namespace plumb::onnx
