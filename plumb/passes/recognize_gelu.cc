// x/2 * (1 + erf(x / sqrt(2))) and x/2 * (1 + tanh(sqrt(2/pi) * (x + 0.044715 x^3))), the factors
// in any order: gelu(x).
#include <cmath>
#include <vector>

#include "plumb/passes/passes.h"
#include "plumb/passes/recognize_activation.h"

namespace plumb::passes {
namespace {

bool Near(float a, double b) { return std::fabs(a - b) <= 1e-5 * std::fabs(b); }

// v = c * x through products and quotients by constants: gives x and the whole factor.
ScaledValue Unscaled(const ir::Graph& graph, ir::ValueId value) {
  ScaledValue at = {value, 1.0f};
  while (true) {
    if (const auto mul = MatchScalarOperand(graph, at.value, "mul")) {
      at = {mul->value, at.constant * mul->constant};
    } else if (const auto div = MatchScalarOperand(graph, at.value, "div")) {
      at = {div->value, at.constant / div->constant};
    } else {
      return at;
    }
  }
}

// The factors of a product of values and constants.
void Factors(const ir::Graph& graph, ir::ValueId value, ir::NodeId end, float& constant,
             std::vector<ir::ValueId>& factors) {
  const ir::NodeId mul = graph.ProducerWithOp(value, "mul");
  const bool inside = mul == end || (graph.value(value).producer != ir::kNone &&
                                     graph.OnlyUser(value) != ir::kNone);
  if (mul != ir::kNone && inside) {
    for (ir::ValueId in : graph.node(mul).inputs) {
      if (const auto c = ConstantScalar(graph, in)) {
        constant *= *c;
      } else {
        Factors(graph, in, end, constant, factors);
      }
    }
    return;
  }
  if (const auto div = MatchScalarOperand(graph, value, "div"); div && inside) {
    constant /= div->constant;
    Factors(graph, div->value, end, constant, factors);
    return;
  }
  factors.push_back(value);
}

// v = x^3 * 0.044715 + x, in any order: gives x, else kNone.
ir::ValueId CubicArgument(const ir::Graph& graph, ir::ValueId value) {
  const ir::NodeId add = graph.ProducerWithOp(value, "add");
  if (add == ir::kNone) {
    return ir::kNone;
  }
  for (size_t i = 0; i < 2; ++i) {
    const ir::ValueId x = graph.node(add).inputs[i];
    float constant = 1.0f;
    std::vector<ir::ValueId> factors;
    Factors(graph, graph.node(add).inputs[1 - i], ir::kNone, constant, factors);
    int power = 0;
    for (ir::ValueId factor : factors) {
      const auto pow = MatchScalarOperand(graph, factor, "pow");
      power += factor == x ? 1
               : pow && pow->value == x && pow->constant == std::floor(pow->constant)
                   ? static_cast<int>(pow->constant)
                   : 100;
    }
    if (power == 3 && Near(constant, 0.044715)) {
      return x;
    }
  }
  return ir::kNone;
}

// value = 1 + f(x) of one of the two forms: gives x and sets `form`, else kNone.
ir::ValueId GateOf(const ir::Graph& graph, ir::ValueId value, std::string& form) {
  const auto sum = MatchScalarOperand(graph, value, "add");
  if (!sum || sum->constant != 1.0f) {
    return ir::kNone;
  }
  if (const ir::NodeId erf = graph.ProducerWithOp(sum->value, "erf"); erf != ir::kNone) {
    const ScaledValue in = Unscaled(graph, graph.node(erf).inputs[0]);
    form = "none";
    return Near(in.constant, std::sqrt(0.5)) ? in.value : ir::kNone;
  }
  if (const ir::NodeId tanh = graph.ProducerWithOp(sum->value, "tanh"); tanh != ir::kNone) {
    const ScaledValue in = Unscaled(graph, graph.node(tanh).inputs[0]);
    form = "tanh";
    return Near(in.constant, std::sqrt(2 / M_PI)) ? CubicArgument(graph, in.value) : ir::kNone;
  }
  return ir::kNone;
}

}  // namespace

Result<int> RecognizeGelu(ir::Graph& graph) {
  int found = 0;
  std::vector<ir::NodeId> order = graph.Order();
  // From the end: the outermost product of the pattern is met first.
  for (auto it = order.rbegin(); it != order.rend(); ++it) {
    const ir::NodeId id = *it;
    if (!graph.alive(id) || (graph.node(id).op != "mul" && graph.node(id).op != "div")) {
      continue;
    }
    float constant = 1.0f;
    std::vector<ir::ValueId> factors;
    Factors(graph, graph.node(id).outputs[0], id, constant, factors);
    if (factors.size() != 2 || constant != 0.5f) {
      continue;
    }
    for (size_t i = 0; i < 2; ++i) {
      std::string form;
      if (graph.OnlyUser(factors[i]) != ir::kNone &&
          GateOf(graph, factors[i], form) == factors[1 - i]) {
        PLUMB_RETURN_IF_ERROR(
            ReplaceByFunction(graph, id, "gelu", factors[1 - i], {{"approximate", form}}));
        graph.RemoveDeadNodes();
        ++found;
        break;
      }
    }
  }
  return found;
}

}  // namespace plumb::passes
