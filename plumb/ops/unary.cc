// Functions of one element: one row per operator.

#include "plumb/ops/import_rules.h"
#include "plumb/ops/shape_rules.h"

namespace plumb::ops {
namespace {

bool FloatInput(const NodeView& n) { return n.dtype(0) == DType::kF32; }
bool SignedInput(const NodeView& n) { return n.dtype(0) == DType::kF32 || IsInteger(n.dtype(0)); }
bool BoolInput(const NodeView& n) { return n.dtype(0) == DType::kBool; }
bool IntegerInput(const NodeView& n) { return IsInteger(n.dtype(0)); }

constexpr Constraint kOneInput = {"C1", "one input", TakesInputs<1, 1>, FoundInputCount};
constexpr Constraint kFloat[] = {kOneInput, {"C2", "the input is f32", FloatInput, FoundTypes}};
constexpr Constraint kNumber[] = {
    kOneInput, {"C2", "the input is f32 or an integer type", SignedInput, FoundTypes}};
constexpr Constraint kBool[] = {kOneInput, {"C2", "the input is bool", BoolInput, FoundTypes}};
constexpr Constraint kInteger[] = {
    kOneInput, {"C2", "the input has an integer type", IntegerInput, FoundTypes}};

Result<Types> InferBool(const NodeView& n) { return OneType(DType::kBool, n.shape(0)); }

// The parameters of a row and their defaults in ONNX.
struct Parameter {
  std::string_view name;
  float fallback;
};
constexpr Parameter kLeakyRelu[] = {{"alpha", 0.01f}};
constexpr Parameter kElu[] = {{"alpha", 1.0f}};
constexpr Parameter kSelu[] = {{"alpha", 1.67326319217681884765625f},
                               {"gamma", 1.05070102214813232421875f}};
constexpr Parameter kHardSigmoid[] = {{"alpha", 0.2f}, {"beta", 0.5f}};
constexpr Parameter kThreshold[] = {{"alpha", 1.0f}};

template <FixedString kOp, auto& kParameters>
Status ImportWithParameters(ForeignNode& node) {
  PLUMB_RETURN_IF_ERROR(node.RequireInputs(1, 1));
  ForeignAttributes in(node);
  Attributes attributes;
  for (const Parameter& p : kParameters) {
    attributes.Set(std::string(p.name), in.Float(p.name, p.fallback));
  }
  PLUMB_RETURN_IF_ERROR(in.status());
  node.EmitOutput(kOp.view(), node.inputs, std::move(attributes));
  return {};
}
template <FixedString kOnnx, FixedString kOp, auto& kParameters>
constexpr ImportRule kParameterRule[] = {
    {"onnx", kOnnx.view(), &ImportWithParameters<kOp, kParameters>}};

Status ImportGelu(ForeignNode& node) {
  PLUMB_RETURN_IF_ERROR(node.RequireInputs(1, 1));
  ForeignAttributes in(node);
  std::string approximate = in.String("approximate", "none");
  PLUMB_RETURN_IF_ERROR(in.status());
  if (approximate != "none" && approximate != "tanh") {
    return InvalidModel(node.Describe(), ": approximate is '", approximate,
                        "'; expected none or tanh");
  }
  node.EmitOutput("gelu", node.inputs, {{"approximate", approximate}});
  return {};
}
constexpr ImportRule kGelu[] = {{"onnx", "Gelu", &ImportGelu},
                                {"onnx", "com.microsoft:Gelu", &ImportGelu}};

Status ImportIsInf(ForeignNode& node) {
  PLUMB_RETURN_IF_ERROR(node.RequireInputs(1, 1));
  ForeignAttributes in(node);
  const int64_t negative = in.Int("detect_negative", 1);
  const int64_t positive = in.Int("detect_positive", 1);
  PLUMB_RETURN_IF_ERROR(in.status());
  node.EmitOutput("isinf", node.inputs,
                  {{"detect_negative", negative}, {"detect_positive", positive}});
  return {};
}
constexpr ImportRule kIsInf[] = {{"onnx", "IsInf", &ImportIsInf}};

using Kind = AttributeRule::Kind;
constexpr AttributeRule kAlpha[] = {{"alpha", Kind::kFloat}};
constexpr AttributeRule kAlphaBeta[] = {{"alpha", Kind::kFloat}, {"beta", Kind::kFloat}};
constexpr AttributeRule kAlphaGamma[] = {{"alpha", Kind::kFloat}, {"gamma", Kind::kFloat}};
constexpr AttributeRule kApproximate[] = {{"approximate", Kind::kString}};
constexpr AttributeRule kDetect[] = {{"detect_negative", Kind::kInt},
                                     {"detect_positive", Kind::kInt}};

using Rules = std::span<const ImportRule>;
using Attrs = std::span<const AttributeRule>;

constexpr OpDef Float(std::string_view name, std::string_view summary, Rules rules,
                      Attrs attributes = {}) {
  return {name, summary, attributes, kFloat, &InferSameType, rules, QuantKind::kTable};
}
constexpr OpDef Number(std::string_view name, std::string_view summary, Rules rules) {
  return {name, summary, {}, kNumber, &InferSameType, rules, QuantKind::kTable};
}

constexpr OpDef kOps[] = {
    Number("abs", "The absolute value of each element.", kPlainRule<"Abs", "abs">),
    Number("neg", "Each element with its sign changed.", kPlainRule<"Neg", "neg">),
    Number("sign", "-1, 0 or 1 by the sign of each element.", kPlainRule<"Sign", "sign">),
    Number("relu", "max(x, 0) of each element.", kPlainRule<"Relu", "relu">),
    Float("sigmoid", "1 / (1 + exp(-x)) of each element.", kPlainRule<"Sigmoid", "sigmoid">),
    Float("tanh", "The hyperbolic tangent of each element.", kPlainRule<"Tanh", "tanh">),
    Float("exp", "e to the power of each element.", kPlainRule<"Exp", "exp">),
    Float("log", "The natural logarithm of each element.", kPlainRule<"Log", "log">),
    Float("sqrt", "The square root of each element.", kPlainRule<"Sqrt", "sqrt">),
    Float("floor", "Each element rounded down.", kPlainRule<"Floor", "floor">),
    Float("ceil", "Each element rounded up.", kPlainRule<"Ceil", "ceil">),
    Float("round", "Each element rounded to nearest, ties to even.", kPlainRule<"Round", "round">),
    Float("erf", "The error function of each element.", kPlainRule<"Erf", "erf">),
    Float("reciprocal", "1 / x of each element.", kPlainRule<"Reciprocal", "reciprocal">),
    Float("softplus", "log(1 + exp(x)) of each element.", kPlainRule<"Softplus", "softplus">),
    Float("softsign", "x / (1 + |x|) of each element.", kPlainRule<"Softsign", "softsign">),
    Float("leaky_relu", "x, or alpha * x where x is negative.",
          kParameterRule<"LeakyRelu", "leaky_relu", kLeakyRelu>, kAlpha),
    Float("elu", "x, or alpha * (exp(x) - 1) where x is negative.",
          kParameterRule<"Elu", "elu", kElu>, kAlpha),
    Float("selu", "gamma * x, or gamma * alpha * (exp(x) - 1) where x is negative.",
          kParameterRule<"Selu", "selu", kSelu>, kAlphaGamma),
    Float("celu", "max(x, 0) + min(alpha * (exp(x / alpha) - 1), 0) of each element.",
          kParameterRule<"Celu", "celu", kElu>, kAlpha),
    Float("hard_sigmoid", "alpha * x + beta, held between 0 and 1.",
          kParameterRule<"HardSigmoid", "hard_sigmoid", kHardSigmoid>, kAlphaBeta),
    Float("hard_swish", "x * (x + 3, held between 0 and 6) / 6 of each element.",
          kPlainRule<"HardSwish", "hard_swish">),
    Float("silu", "x * sigmoid(x) of each element.", {}),
    Float("gelu", "x times the normal distribution function of x, exact or by tanh.", kGelu,
          kApproximate),
    Float("mish", "x * tanh(softplus(x)) of each element.", kPlainRule<"Mish", "mish">),
    Float("thresholded_relu", "x where x is above alpha, else 0.",
          kParameterRule<"ThresholdedRelu", "thresholded_relu", kThreshold>, kAlpha),
    Float("sin", "The sine of each element.", kPlainRule<"Sin", "sin">),
    Float("cos", "The cosine of each element.", kPlainRule<"Cos", "cos">),
    Float("tan", "The tangent of each element.", kPlainRule<"Tan", "tan">),
    Float("asin", "The arc sine of each element.", kPlainRule<"Asin", "asin">),
    Float("acos", "The arc cosine of each element.", kPlainRule<"Acos", "acos">),
    Float("atan", "The arc tangent of each element.", kPlainRule<"Atan", "atan">),
    Float("sinh", "The hyperbolic sine of each element.", kPlainRule<"Sinh", "sinh">),
    Float("cosh", "The hyperbolic cosine of each element.", kPlainRule<"Cosh", "cosh">),
    Float("asinh", "The inverse hyperbolic sine of each element.", kPlainRule<"Asinh", "asinh">),
    Float("acosh", "The inverse hyperbolic cosine of each element.", kPlainRule<"Acosh", "acosh">),
    Float("atanh", "The inverse hyperbolic tangent of each element.", kPlainRule<"Atanh", "atanh">),
    {"not",
     "The other truth value of each element.",
     {},
     kBool,
     &InferSameType,
     kPlainRule<"Not", "not">},
    {"bitwise_not",
     "Each element with every bit changed.",
     {},
     kInteger,
     &InferSameType,
     kPlainRule<"BitwiseNot", "bitwise_not">},
    {"isnan",
     "Whether each element is not a number.",
     {},
     kFloat,
     &InferBool,
     kPlainRule<"IsNaN", "isnan">},
    {"isinf", "Whether each element is infinite, with the chosen sign.", kDetect, kFloat,
     &InferBool, kIsInf},
};

}  // namespace

std::span<const OpDef> UnaryOps() { return kOps; }

}  // namespace plumb::ops
