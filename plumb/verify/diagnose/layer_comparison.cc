#include "plumb/verify/diagnose/layer_comparison.h"

#include <algorithm>
#include <map>
#include <set>

#include "plumb/verify/diagnose/float_donor.h"
#include "plumb/verify/diagnose/product_comparison.h"
#include "plumb/verify/diagnose/record_numbers.h"
#include "plumb/verify/diagnose/table_check.h"

namespace plumb::verify {
namespace {

using artifact::Program;
using artifact::Record;

// Attributes that follow from grids, and are compared through them.
bool FollowsFromGrids(const std::string& name) {
  static const std::set<std::string> names = {"clamp_lo",       "clamp_hi",     "sum_clamp_lo",
                                              "sum_clamp_hi",   "own_scale",    "own_zero_point",
                                              "mid_zero_point", "output_dtype", "dtype"};
  return names.contains(name);
}

std::string AttributeText(const Attribute& attribute) {
  if (const auto* i = std::get_if<int64_t>(&attribute)) {
    return StrCat(*i);
  }
  if (const auto* f = std::get_if<float>(&attribute)) {
    return StrCat(*f);
  }
  if (const auto* s = std::get_if<std::string>(&attribute)) {
    return *s;
  }
  if (const auto* ints = std::get_if<std::vector<int64_t>>(&attribute)) {
    std::string text;
    for (const int64_t v : *ints) {
      text += StrCat(text.empty() ? "" : ",", v);
    }
    return text;
  }
  return "other numbers";
}

std::vector<std::string> OpsOf(const Program& program, const Block& block) {
  std::vector<std::string> ops;
  for (const size_t r : block.records) {
    const std::string& op = program.records[r].op;
    if (op != "quantize" && op != "dequantize") {
      ops.push_back(op);
    }
  }
  return ops;
}

std::string Joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) {
    text += (text.empty() ? "" : ", ") + name;
  }
  return text.empty() ? "nothing" : text;
}

// What `all` has and `taken` has not, each as often as it is there.
std::vector<std::string> Without(std::vector<std::string> all,
                                 const std::vector<std::string>& taken) {
  for (const std::string& name : taken) {
    if (const auto found = std::find(all.begin(), all.end(), name); found != all.end()) {
      all.erase(found);
    }
  }
  return all;
}

std::optional<LayerFault> CompareAttributes(const Record& record, const Record& twin) {
  if (record.op != twin.op) {
    return std::nullopt;
  }
  for (const auto* list : {&twin.attributes, &record.attributes}) {
    for (const auto& [name, value] : *list) {
      const Attribute* x = record.attributes.Find(name);
      const Attribute* y = twin.attributes.Find(name);
      if (FollowsFromGrids(name) || (x != nullptr && y != nullptr && *x == *y)) {
        continue;
      }
      const std::string has = x == nullptr ? "nothing" : AttributeText(*x);
      const std::string wants = y == nullptr ? "nothing" : AttributeText(*y);
      if (name == "function" && (x == nullptr || has == "none")) {
        return LayerFault{"activation-dropped", StrCat("its function (", wants, ") is left out"),
                          false};
      }
      // A table and a function in float are two forms of one thing.
      if (name == "function" && (has == "table" || wants == "table") && has != "none" &&
          wants != "none" && x != nullptr && y != nullptr) {
        continue;
      }
      const std::string cause = name == "pads"          ? "padding"
                                : record.op == "resize" ? "resize-kernel"
                                                        : "operator-attribute";
      return LayerFault{cause, StrCat("its '", name, "' is ", has, ", expected ", wants), false};
    }
  }
  return std::nullopt;
}

// Differences of kind: other operators, another operator, other attributes.
std::optional<LayerFault> CompareKind(const Program& a, const Block& block, const Program& b,
                                      const Block& twin_block) {
  const std::vector<std::string> ops = OpsOf(a, block), expected = OpsOf(b, twin_block);
  const std::vector<std::string> missing = Without(expected, ops), extra = Without(ops, expected);
  const Record& record = a.records[block.records.back()];
  const Record& twin = b.records[twin_block.records.back()];
  if (auto fault = CompareAttributes(record, twin)) {
    return fault;
  }
  std::set<std::string> reads, wanted;
  for (const int32_t t : block.inputs) {
    reads.insert(ValueNameOf(InfoOf(a, t).name));
  }
  for (const int32_t t : twin_block.inputs) {
    wanted.insert(ValueNameOf(InfoOf(b, t).name));
  }
  if (reads == wanted) {
    std::vector<int32_t> order_a, order_b;
    std::vector<std::string> names_a, names_b;
    for (const int32_t t : record.inputs) {
      if (t >= 0 && !IsConstant(a, t)) {
        names_a.push_back(ValueNameOf(InfoOf(a, t).name));
      }
    }
    for (const int32_t t : twin.inputs) {
      if (t >= 0 && !IsConstant(b, t)) {
        names_b.push_back(ValueNameOf(InfoOf(b, t).name));
      }
    }
    const bool commutes = record.op == "add" || record.op == "mul" || IsProduct(record);
    if (record.op == twin.op && names_a != names_b && !commutes &&
        std::is_permutation(names_a.begin(), names_a.end(), names_b.begin(), names_b.end())) {
      return LayerFault{"swapped-inputs", "its inputs are exchanged", false};
    }
  }
  if (ops == expected && reads == wanted) {
    return std::nullopt;
  }
  if (!missing.empty() && extra.empty() &&
      std::all_of(missing.begin(), missing.end(),
                  [](const auto& op) { return op == "table" || IsElementFunction(op); })) {
    return LayerFault{"activation-dropped",
                      StrCat("a function is left out in front of it (it computes ", Joined(ops),
                             ", expected ", Joined(expected), ")"),
                      false};
  }
  const bool pads = std::find(extra.begin(), extra.end(), "pad") != extra.end();
  if (!missing.empty() || !extra.empty()) {
    return LayerFault{pads ? "padding" : "other-operators",
                      StrCat("it computes ", Joined(ops), ", expected ", Joined(expected)), false};
  }
  return LayerFault{"other-operators",
                    StrCat("it reads ", Joined({reads.begin(), reads.end()}), ", expected ",
                           Joined({wanted.begin(), wanted.end()})),
                    false};
}

// Constants of other records (shifts, indices, sizes).
std::optional<LayerFault> CompareConstants(const Program& a, const Record& record, const Program& b,
                                           const Record& twin) {
  if (record.inputs.size() != twin.inputs.size()) {
    return std::nullopt;
  }
  for (size_t i = 0; i < record.inputs.size(); ++i) {
    if (!IsConstant(a, record.inputs[i]) || !IsConstant(b, twin.inputs[i])) {
      continue;
    }
    const ConstTensorView x = ConstantOf(a, record.inputs[i]), y = ConstantOf(b, twin.inputs[i]);
    const bool same =
        x.dtype == y.dtype && x.size() == y.size() && std::memcmp(x.raw, y.raw, x.bytes()) == 0;
    if (!same) {
      return LayerFault{"other-constant", StrCat("its constant input ", i, " is not the model's"),
                        false};
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<LayerFault> CompareLayers(const Program& subject, const Block& block,
                                        const Program& twin, const Block& twin_block,
                                        const ir::Graph* graph) {
  if (auto fault = CompareKind(subject, block, twin, twin_block)) {
    fault->form = true;
    return fault;
  }
  const Record& record = subject.records[block.records.back()];
  const Record& other = twin.records[twin_block.records.back()];
  if (record.op != other.op) {
    return std::nullopt;
  }
  if (IsProduct(record) && IsConstant(subject, record.inputs[1]) &&
      IsConstant(twin, other.inputs[1])) {
    if (auto fault = CompareProducts(subject, record, twin, other)) {
      return fault;
    }
  } else if (record.op != "table") {
    if (auto fault = CompareConstants(subject, record, twin, other)) {
      return fault;
    }
  }
  return graph == nullptr ? std::nullopt : CheckTable(subject, record, *graph);
}

std::optional<LayerFault> CompareOperators(const artifact::Record& subject,
                                           const artifact::Record& twin) {
  if (IsProduct(subject)) {
    return std::nullopt;
  }
  auto fault = CompareAttributes(subject, twin);
  if (fault) {
    fault->form = true;
  }
  return fault;
}

}  // namespace plumb::verify
