#include "plumb/verify/program_diff.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <set>

namespace plumb::verify {
namespace {

using artifact::Program;
using artifact::Record;
using artifact::TensorInfo;

const TensorInfo& Info(const Program& program, int32_t tensor) {
  return program.tensors[static_cast<size_t>(tensor)];
}

template <typename T>
void AppendReal(const artifact::Constant& constant, std::vector<double>& values) {
  std::vector<T> elements(constant.bytes / sizeof(T));
  std::memcpy(elements.data(), constant.data, elements.size() * sizeof(T));
  values.insert(values.end(), elements.begin(), elements.end());
}

// As real numbers where the tensor has a grid, else as stored. Empty for types without arithmetic.
std::vector<double> RealValues(const Program& program, const TensorInfo& info) {
  const artifact::Constant& constant = program.constants[static_cast<size_t>(info.constant)];
  std::vector<double> values;
  if (constant.bytes == 0) {
    return values;
  }
  switch (info.dtype) {
    case DType::kF32:
      AppendReal<float>(constant, values);
      break;
    case DType::kF64:
      AppendReal<double>(constant, values);
      break;
    case DType::kS8:
      AppendReal<int8_t>(constant, values);
      break;
    case DType::kU8:
      AppendReal<uint8_t>(constant, values);
      break;
    case DType::kS16:
      AppendReal<int16_t>(constant, values);
      break;
    case DType::kS32:
      AppendReal<int32_t>(constant, values);
      break;
    case DType::kS64:
      AppendReal<int64_t>(constant, values);
      break;
    default:
      return values;
  }
  const Quantization& grid = info.quantization;
  if (!grid.empty()) {
    const auto axis = static_cast<size_t>(std::max(grid.axis, 0));
    const auto inner = static_cast<size_t>(
        grid.per_channel() ? NumElements(std::span(info.shape).subspan(axis + 1)) : 1);
    for (size_t i = 0; i < values.size(); ++i) {
      const size_t c = grid.per_channel() ? i / inner % grid.scale.size() : 0;
      values[i] = (values[i] - grid.zero_point[c]) * static_cast<double>(grid.scale[c]);
    }
  }
  return values;
}

std::string RoleOf(const Record& record, size_t input, const TensorInfo& info) {
  const bool dot =
      record.op == "conv" || record.op == "fully_connected" || record.op == "conv_transpose";
  if (dot && input == 1) {
    return "weights";
  }
  if (dot && input == 2) {
    return "bias";
  }
  if (dot && input == 3 && info.dtype == DType::kF32) {
    return "multiplier";
  }
  return info.dtype == DType::kS8 && NumElements(info.shape) == 256 ? "table"
                                                                    : StrCat("input ", input);
}

std::optional<ConstantChange> CompareConstants(const Program& a, const TensorInfo& x,
                                               const Program& b, const TensorInfo& y) {
  ConstantChange change;
  const auto bytes = [](const Program& program, const TensorInfo& info) {
    const artifact::Constant& c = program.constants[static_cast<size_t>(info.constant)];
    return std::span(static_cast<const std::byte*>(c.data), c.bytes);
  };
  const bool same_form =
      x.dtype == y.dtype && x.shape == y.shape && x.quantization == y.quantization;
  if (same_form && std::ranges::equal(bytes(a, x), bytes(b, y))) {
    return std::nullopt;
  }
  if (x.dtype != y.dtype) {
    change.note = StrCat(DTypeName(y.dtype), " for ", DTypeName(x.dtype));
  } else if (x.shape != y.shape) {
    change.note = StrCat(ShapeToString(y.shape), " for ", ShapeToString(x.shape));
  } else if (x.quantization != y.quantization) {
    change.note = "another grid";
  }
  if (x.dtype != y.dtype && x.quantization.empty() && y.quantization.empty()) {
    return change;  // sums as integers and as real numbers: not to be compared element by element
  }
  const std::vector<double> p = RealValues(a, x), q = RealValues(b, y);
  change.elements = p.size();
  for (size_t i = 0; i < p.size() && p.size() == q.size(); ++i) {
    change.changed += p[i] != q[i];
    change.largest = std::max(change.largest, std::fabs(p[i] - q[i]));
  }
  if (same_form && !x.quantization.empty() && !x.quantization.per_channel()) {
    change.steps = change.largest / static_cast<double>(x.quantization.scale[0]);
  }
  return change;
}

void CompareAttributes(const Record& a, const Record& b, PartChange& change) {
  std::set<std::string> names;
  for (const auto& [name, value] : a.attributes) {
    names.insert(name);
  }
  for (const auto& [name, value] : b.attributes) {
    names.insert(name);
  }
  for (const std::string& name : names) {
    const Attribute* x = a.attributes.Find(name);
    const Attribute* y = b.attributes.Find(name);
    if (x == nullptr || y == nullptr || *x != *y) {
      change.attributes.push_back(name);
    }
  }
}

void CompareRecords(const Program& a, const Record& x, const Program& b, const Record& y,
                    PartChange& change) {
  CompareAttributes(x, y, change);
  for (size_t i = 0; i < std::min(x.inputs.size(), y.inputs.size()); ++i) {
    if (x.inputs[i] < 0 || y.inputs[i] < 0) {
      continue;
    }
    const TensorInfo& s = Info(a, x.inputs[i]);
    const TensorInfo& t = Info(b, y.inputs[i]);
    if (s.constant >= 0 && t.constant >= 0) {
      if (auto constant = CompareConstants(a, s, b, t)) {
        constant->role = RoleOf(x, i, s);
        change.constants.push_back(std::move(*constant));
      }
    } else if (s.quantization != t.quantization || s.dtype != t.dtype) {
      change.reads_other_grids = true;
    }
  }
}

std::string OperatorNames(const Program& program, std::span<const int32_t> records) {
  std::string names;
  for (const int32_t r : records) {
    names += (names.empty() ? "" : ", ") + program.records[static_cast<size_t>(r)].op;
  }
  return names;
}

std::vector<std::string> RecordsWithout(const Program& program, const Program& other) {
  std::set<std::string_view> names;
  for (const Record& record : other.records) {
    for (const int32_t out : record.outputs) {
      names.insert(out < 0 ? std::string_view() : Info(other, out).name);
    }
  }
  std::vector<std::string> without;
  for (const Record& record : program.records) {
    const std::string& name = Info(program, record.outputs[0]).name;
    if (!names.contains(name)) {
      without.push_back(StrCat("'", name, "' (", record.op, ")"));
    }
  }
  return without;
}

std::string ConstantText(const ConstantChange& c) {
  std::string text = c.role;
  if (!c.note.empty()) {
    text += StrCat(" (", c.note, ")");
  }
  if (c.changed > 0) {
    text += StrCat(" ", c.changed, " of ", c.elements, " elements, by ", c.largest, " at most");
    if (c.steps) {
      text += StrCat(" (", *c.steps, " steps)");
    }
  }
  return text;
}

}  // namespace

std::string GridText(const TensorInfo& info) {
  const Quantization& grid = info.quantization;
  if (grid.empty()) {
    return info.dtype == DType::kF32 ? "float" : std::string(DTypeName(info.dtype));
  }
  std::string text = info.dtype == DType::kS8 ? "" : StrCat(DTypeName(info.dtype), " ");
  if (!grid.per_channel()) {
    return StrCat(text, "scale ", grid.scale[0], ", zero point ", grid.zero_point[0]);
  }
  const auto [low, high] = std::minmax_element(grid.scale.begin(), grid.scale.end());
  return StrCat(text, grid.scale.size(), " scales from ", *low, " to ", *high);
}

std::string PartChange::Text() const {
  std::string text;
  const auto add = [&](const std::string& what) { text += (text.empty() ? "" : "; ") + what; };
  if (!records_a.empty()) {
    add(StrCat("computed by ", records_b, " in place of ", records_a));
  }
  if (!grid_a.empty()) {
    add(StrCat("held as ", grid_b, " in place of ", grid_a));
  }
  // Biases, multipliers and tables are made for the grids: with another grid they follow from it.
  const bool follow = !grid_a.empty() || reads_other_grids;
  for (const ConstantChange& constant : constants) {
    if (!follow || constant.role == "weights" || constant.role.starts_with("input")) {
      add(ConstantText(constant));
    }
  }
  for (const std::string& attribute : attributes) {
    add(StrCat("attribute ", attribute));
  }
  if (text.empty() && reads_other_grids) {
    add("reads tensors on other grids");
  }
  return text.empty() ? "what it is made of" : text;
}

ProgramDiff CompareParts(const ProgramPair& pair) {
  ProgramDiff diff;
  const Program& a = pair.a();
  const Program& b = pair.b();
  diff.only_a = RecordsWithout(a, b);
  diff.only_b = RecordsWithout(b, a);
  for (const std::string& name : pair.differing()) {
    const ProgramPair::Part part = pair.PartOf(name);
    PartChange change;
    change.tensor = name;
    const TensorInfo& x = Info(a, part.tensor_a);
    const TensorInfo& y = Info(b, part.tensor_b);
    if (x.dtype != y.dtype || x.quantization != y.quantization) {
      change.grid_a = GridText(x);
      change.grid_b = GridText(y);
      ++diff.grids;
    }
    const std::string in_a = OperatorNames(a, part.records_a);
    const std::string in_b = OperatorNames(b, part.records_b);
    if (in_a != in_b) {
      change.records_a = in_a;
      change.records_b = in_b;
    } else {
      for (size_t i = 0; i < part.records_a.size(); ++i) {
        CompareRecords(a, a.records[static_cast<size_t>(part.records_a[i])], b,
                       b.records[static_cast<size_t>(part.records_b[i])], change);
      }
    }
    diff.weights += std::ranges::any_of(
        change.constants, [](const ConstantChange& c) { return c.role == "weights"; });
    diff.parts.push_back(std::move(change));
  }
  return diff;
}

}  // namespace plumb::verify
