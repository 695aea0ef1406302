// Gemm, and the operators that compute on integers with scales: written out as what they
// approximate, in f32, between dequantization and quantization.

#include "plumb/import/onnx/composites.h"
#include "plumb/ops/import_rules.h"

namespace plumb::onnx {
namespace {

using ir::ValueId;
using ops::EmitFloat;
using ops::ForeignAttributes;
using ops::ForeignNode;

Status ImportGemm(ForeignNode& node) {
  PLUMB_RETURN_IF_ERROR(node.RequireInputs(2, 3));
  ForeignAttributes in(node);
  const float alpha = in.Float("alpha", 1.0f);
  const float beta = in.Float("beta", 1.0f);
  const bool transpose_a = in.Int("transA", 0) != 0;
  const bool transpose_b = in.Int("transB", 0) != 0;
  PLUMB_RETURN_IF_ERROR(in.status());
  const auto turned = [&](ValueId matrix, bool turn) {
    return turn ? node.EmitHelper("transpose", {matrix}, {{"perm", std::vector<int64_t>{1, 0}}})
                : matrix;
  };
  const ValueId a = turned(node.inputs[0], transpose_a);
  const ValueId b = turned(node.inputs[1], transpose_b);
  const bool adds = node.HasInput(2) && beta != 0.0f;
  if (!adds && alpha == 1.0f) {
    node.EmitOutput("matmul", {a, b});
    return {};
  }
  ValueId product = node.EmitHelper("matmul", {a, b});
  if (!adds) {
    node.EmitOutput("mul", {product, EmitFloat(node, alpha, "alpha")});
    return {};
  }
  if (alpha != 1.0f) {
    product = node.EmitHelper("mul", {product, EmitFloat(node, alpha, "alpha")});
  }
  ValueId c = node.inputs[2];
  if (beta != 1.0f) {
    c = node.EmitHelper("mul", {c, EmitFloat(node, beta, "beta")});
  }
  node.EmitOutput("add", {product, c});
  return {};
}

ValueId Dequantized(ForeignNode& node, size_t value, size_t scale, size_t zero, int64_t axis) {
  std::vector<ValueId> inputs = {node.inputs[value], node.inputs[scale]};
  if (node.HasInput(zero)) {
    inputs.push_back(node.inputs[zero]);
  }
  return node.EmitHelper("dequantize_linear", std::move(inputs), {{"axis", axis}});
}

Status ImportQLinearMatMul(ForeignNode& node) {
  PLUMB_RETURN_IF_ERROR(node.RequireInputs(8, 8));
  const ValueId a = Dequantized(node, 0, 1, 2, -2);
  const ValueId b = Dequantized(node, 3, 4, 5, -1);
  const ValueId product = node.EmitHelper("matmul", {a, b});
  node.EmitOutput("quantize_linear", {product, node.inputs[6], node.inputs[7]},
                  {{"axis", int64_t{-1}}});
  return {};
}

Status ImportQLinearConv(ForeignNode& node) {
  PLUMB_RETURN_IF_ERROR(node.RequireInputs(8, 9));
  std::vector<ValueId> inputs = {Dequantized(node, 0, 1, 2, 1), Dequantized(node, 3, 4, 5, 0)};
  if (node.HasInput(8)) {
    // The bias has the scale of the products.
    const ValueId scale = node.EmitHelper("mul", {node.inputs[1], node.inputs[4]});
    inputs.push_back(
        node.EmitHelper("dequantize_linear", {node.inputs[8], scale}, {{"axis", int64_t{0}}}));
  }
  ForeignNode conv = node;
  conv.inputs = inputs;
  conv.output_names = {node.output_names[0] + ".real"};
  PLUMB_RETURN_IF_ERROR(ops::FindImportRule("onnx", "Conv")->import(conv));
  node.EmitOutput("quantize_linear", {conv.results[0], node.inputs[6], node.inputs[7]},
                  {{"axis", int64_t{1}}});
  return {};
}

// Integer operands without scales: their distances from the zero points, as f32.
ValueId Centered(ForeignNode& node, size_t value, size_t zero, int64_t axis) {
  std::vector<ValueId> inputs = {node.inputs[value], EmitFloat(node, 1.0f, "one")};
  if (node.HasInput(zero)) {
    inputs.push_back(node.inputs[zero]);
  }
  return node.EmitHelper("dequantize_linear", std::move(inputs), {{"axis", axis}});
}

// Exact up to sums of 2^24 and rounded above, which is far below what quantization loses.
Status ImportMatMulInteger(ForeignNode& node) {
  PLUMB_RETURN_IF_ERROR(node.RequireInputs(2, 4));
  const ValueId a = Centered(node, 0, 2, -2);
  const ValueId b = Centered(node, 1, 3, -1);
  node.EmitOutput("cast", {node.EmitHelper("matmul", {a, b})}, {{"to", std::string("s32")}});
  return {};
}

Status ImportConvInteger(ForeignNode& node) {
  PLUMB_RETURN_IF_ERROR(node.RequireInputs(2, 4));
  ForeignNode conv = node;
  conv.inputs = {Centered(node, 0, 2, 1), Centered(node, 1, 3, 0)};
  conv.output_names = {node.output_names[0] + ".real"};
  PLUMB_RETURN_IF_ERROR(ops::FindImportRule("onnx", "Conv")->import(conv));
  node.EmitOutput("cast", {conv.results[0]}, {{"to", std::string("s32")}});
  return {};
}

// u8, over the range of x and zero.
Status ImportDynamicQuantize(ForeignNode& node) {
  PLUMB_RETURN_IF_ERROR(node.RequireInputs(1, 1));
  const ValueId x = node.inputs[0];
  const ValueId zero = EmitFloat(node, 0.0f, "zero");
  const ValueId steps = EmitFloat(node, 255.0f, "steps");
  const Attributes scalar = {{"keepdims", int64_t{0}}};
  const ValueId low = node.EmitHelper("min", {node.EmitHelper("reduce_min", {x}, scalar), zero});
  const ValueId high = node.EmitHelper("max", {node.EmitHelper("reduce_max", {x}, scalar), zero});
  const ValueId range = node.EmitHelper("sub", {high, low});
  const ValueId scale = node.EmitHelper("div", {range, steps});
  const ValueId below = node.EmitHelper("neg", {node.EmitHelper("div", {low, scale})});
  const ValueId whole = node.EmitHelper("clip", {node.EmitHelper("round", {below}), zero, steps});
  const ValueId point = node.EmitHelper("cast", {whole}, {{"to", std::string("u8")}});
  node.EmitOutput("quantize_linear", {x, scale, point}, {{"axis", int64_t{0}}});
  node.AliasOutput(1, scale);
  node.AliasOutput(2, point);
  return {};
}

constexpr ops::ImportRule kRules[] = {
    {"onnx", "Gemm", &ImportGemm},
    {"onnx", "QLinearMatMul", &ImportQLinearMatMul},
    {"onnx", "QLinearConv", &ImportQLinearConv},
    {"onnx", "MatMulInteger", &ImportMatMulInteger},
    {"onnx", "ConvInteger", &ImportConvInteger},
    {"onnx", "DynamicQuantizeLinear", &ImportDynamicQuantize},
};

}  // namespace

std::span<const ops::ImportRule> ProductRules() { return kRules; }

}  // namespace plumb::onnx
