// Einsum of one or two operands, without ellipsis and without a letter twice in one operand: sums,
// transposes and a matrix product; a product with broadcasting and a sum where no matrix product
// fits.

#include <algorithm>

#include "plumb/import/onnx/composites.h"
#include "plumb/ops/import_rules.h"

namespace plumb::onnx {
namespace {

using ir::ValueId;
using ops::EmitInts;
using ops::ForeignNode;
using Ints = std::vector<int64_t>;

struct Operand {
  ValueId value;
  std::string letters;
};

bool Has(const std::string& letters, char c) { return letters.find(c) != std::string::npos; }

bool AreDistinctLetters(const std::string& letters) {
  std::string sorted = letters;
  std::sort(sorted.begin(), sorted.end());
  return std::adjacent_find(sorted.begin(), sorted.end()) == sorted.end() &&
         std::all_of(sorted.begin(), sorted.end(),
                     [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); });
}

// Sums over letters that are not in `kept`.
Operand Summed(ForeignNode& node, Operand operand, const std::string& kept) {
  Ints axes;
  std::string left;
  for (size_t i = 0; i < operand.letters.size(); ++i) {
    if (Has(kept, operand.letters[i])) {
      left += operand.letters[i];
    } else {
      axes.push_back(static_cast<int64_t>(i));
    }
  }
  if (axes.empty()) {
    return operand;
  }
  return {node.EmitHelper("reduce_sum", {operand.value, EmitInts(node, axes, "axes")},
                          {{"keepdims", int64_t{0}}}),
          left};
}

// With exactly the axes `letters`, in that order; those it lacks have size 1.
ValueId Arranged(ForeignNode& node, const Operand& operand, const std::string& letters) {
  Ints perm;
  Ints missing;
  for (size_t i = 0; i < letters.size(); ++i) {
    if (Has(operand.letters, letters[i])) {
      perm.push_back(static_cast<int64_t>(operand.letters.find(letters[i])));
    } else {
      missing.push_back(static_cast<int64_t>(i));
    }
  }
  ValueId value = operand.value;
  if (!std::is_sorted(perm.begin(), perm.end())) {
    value = node.EmitHelper("transpose", {value}, {{"perm", perm}});
  }
  return missing.empty()
             ? value
             : node.EmitHelper("unsqueeze", {value, EmitInts(node, missing, "missing")});
}

std::string Letters(const Operand& a, const Operand& b, const std::string& output, bool in_a,
                    bool in_b, bool in_output) {
  std::string letters;
  for (char c : a.letters + b.letters) {
    if (Has(a.letters, c) == in_a && Has(b.letters, c) == in_b && Has(output, c) == in_output &&
        !Has(letters, c)) {
      letters += c;
    }
  }
  return letters;
}

Operand Product(ForeignNode& node, const Operand& a, const Operand& b, const std::string& output) {
  const std::string shared = Letters(a, b, output, true, true, true);
  const std::string summed = Letters(a, b, output, true, true, false);
  const std::string rows = Letters(a, b, output, true, false, true);
  const std::string columns = Letters(a, b, output, false, true, true);
  if (summed.size() == 1 && rows.size() <= 1 && columns.size() <= 1) {
    // A missing row or column is an axis of size 1, under a letter of its own.
    const std::string row = rows.empty() ? "*" : rows;
    const std::string column = columns.empty() ? "+" : columns;
    const ValueId product = node.EmitHelper(
        "matmul",
        {Arranged(node, a, shared + row + summed), Arranged(node, b, shared + summed + column)});
    Ints extra;
    if (rows.empty()) {
      extra.push_back(-2);
    }
    if (columns.empty()) {
      extra.push_back(-1);
    }
    const ValueId squeezed =
        extra.empty() ? product
                      : node.EmitHelper("squeeze", {product, EmitInts(node, extra, "extra")});
    return {squeezed, shared + rows + columns};
  }
  const std::string all = shared + rows + columns + summed;
  const ValueId product = node.EmitHelper("mul", {Arranged(node, a, all), Arranged(node, b, all)});
  return Summed(node, {product, all}, output);
}

// Without an arrow: the letters that stand once, in alphabetical order.
std::string ImpliedOutput(const std::string& left) {
  std::string output;
  for (char c : left) {
    if (c != ',' && std::count(left.begin(), left.end(), c) == 1) {
      output += c;
    }
  }
  std::sort(output.begin(), output.end());
  return output;
}

Status ImportEinsum(ForeignNode& node) {
  PLUMB_RETURN_IF_ERROR(node.RequireInputs(1, SIZE_MAX));
  ops::ForeignAttributes in(node);
  std::string equation = in.String("equation", "");
  PLUMB_RETURN_IF_ERROR(in.status());
  std::erase(equation, ' ');
  const auto unsupported = [&] {
    return InvalidModel(node.Describe(), ": equation '", equation, "' for ", node.inputs.size(),
                        " operands is not supported; expected one or two operands and ",
                        "letters that stand once in each");
  };
  const size_t arrow = equation.find("->");
  if (node.inputs.size() > 2) {
    return unsupported();
  }
  const std::string left = equation.substr(0, arrow);
  const std::string output =
      arrow == std::string::npos ? ImpliedOutput(left) : equation.substr(arrow + 2);
  std::vector<Operand> operands;
  for (size_t begin = 0; begin <= left.size();) {
    const size_t end = std::min(left.find(',', begin), left.size());
    const size_t index = operands.size();
    if (index >= node.inputs.size() || !node.HasInput(index)) {
      return unsupported();
    }
    operands.push_back({node.inputs[index], left.substr(begin, end - begin)});
    begin = end + 1;
  }
  std::string known;
  for (const Operand& operand : operands) {
    known += operand.letters;
    if (!AreDistinctLetters(operand.letters)) {
      return unsupported();
    }
  }
  if (operands.size() != node.inputs.size() || !AreDistinctLetters(output) ||
      std::any_of(output.begin(), output.end(), [&](char c) { return !Has(known, c); })) {
    return unsupported();
  }
  Operand result = operands[0];
  if (operands.size() == 1) {
    result = Summed(node, result, output);
  } else {
    const Operand a = Summed(node, operands[0], output + operands[1].letters);
    const Operand b = Summed(node, operands[1], output + operands[0].letters);
    result = Product(node, a, b, output);
  }
  Ints perm;
  for (char c : output) {
    perm.push_back(static_cast<int64_t>(result.letters.find(c)));
  }
  if (std::is_sorted(perm.begin(), perm.end())) {
    node.EmitOutput("identity", {result.value});
  } else {
    node.EmitOutput("transpose", {result.value}, {{"perm", perm}});
  }
  return {};
}

constexpr ops::ImportRule kRules[] = {{"onnx", "Einsum", &ImportEinsum}};

}  // namespace

std::span<const ops::ImportRule> EinsumRules() { return kRules; }

}  // namespace plumb::onnx
