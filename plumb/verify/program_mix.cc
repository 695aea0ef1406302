#include "plumb/verify/program_mix.h"

#include <algorithm>
#include <map>
#include <unordered_map>

#include "plumb/artifact/producers.h"
#include "plumb/base/hash.h"

namespace plumb::verify {

using artifact::Program;
using artifact::Record;
using artifact::TensorInfo;

namespace {

const TensorInfo& Info(const Program& program, int32_t tensor) {
  return program.tensors[static_cast<size_t>(tensor)];
}

// Held as real numbers or on a grid: what can be taken from one form to the other.
bool IsReal(const TensorInfo& info) {
  return info.dtype == DType::kF32 || (!info.quantization.empty() && !IsFloat(info.dtype));
}

bool SameForm(const TensorInfo& a, const TensorInfo& b) {
  return a.dtype == b.dtype && a.quantization == b.quantization;
}

std::string GridText(const Quantization& grid) {
  const auto bytes = [](const auto& list) { return std::as_bytes(std::span(list)); };
  return grid.empty() ? ""
                      : StrCat(Hash64(bytes(grid.scale)), ",", Hash64(bytes(grid.zero_point)), ",",
                               grid.axis);
}

std::string FormText(const TensorInfo& info) {
  return StrCat(DTypeName(info.dtype), "[", ShapeToString(info.shape), "]",
                GridText(info.quantization));
}

std::string AttributeText(const Attributes& attributes) {
  std::string text;
  const auto add = [&](const auto& value) {
    using T = std::decay_t<decltype(value)>;
    if constexpr (std::is_same_v<T, std::string>) {
      text += value;
    } else if constexpr (std::is_same_v<T, std::vector<std::string>>) {
      for (const std::string& item : value) {
        text += item + "\n";
      }
    } else if constexpr (std::is_arithmetic_v<T>) {
      text += StrCat(Hash64(std::as_bytes(std::span(&value, 1))));
    } else {
      text += StrCat(Hash64(std::as_bytes(std::span(value))));
    }
  };
  for (const auto& [name, value] : attributes) {
    text += StrCat(";", name, "=", value.index(), ":");
    std::visit(add, value);
  }
  return text;
}

}  // namespace

ProgramPair::ProgramPair(std::shared_ptr<const Program> a, std::shared_ptr<const Program> b)
    : a_{a, artifact::Producers(*a)}, b_{b, artifact::Producers(*b)} {
  common_of_a_.assign(a->tensors.size(), -1);
  common_of_b_.assign(b->tensors.size(), -1);
  input_of_a_.assign(a->tensors.size(), -1);
  input_of_b_.assign(b->tensors.size(), -1);
  CheckPorts();
  if (!why_not_.empty()) {
    return;
  }
  std::unordered_map<std::string_view, int32_t> names;
  for (size_t t = 0; t < b->tensors.size(); ++t) {
    if (b_.producer[t] >= 0) {
      names.emplace(b->tensors[t].name, static_cast<int32_t>(t));
    }
  }
  for (const Record& record : a->records) {
    for (const int32_t out : record.outputs) {
      if (out < 0) {
        continue;
      }
      const TensorInfo& info = Info(*a, out);
      const auto found = names.find(info.name);
      if (found == names.end()) {
        continue;
      }
      const TensorInfo& other = Info(*b, found->second);
      if (other.shape == info.shape && ((IsReal(info) && IsReal(other)) || SameForm(info, other))) {
        common_of_a_[static_cast<size_t>(out)] = static_cast<int32_t>(order_.size());
        common_of_b_[static_cast<size_t>(found->second)] = static_cast<int32_t>(order_.size());
        order_.push_back({info.name, out, found->second});
      }
    }
  }
  for (const Common& common : order_) {
    if (PartText(a_, true, common.a) != PartText(b_, false, common.b)) {
      differing_.push_back(common.name);
    }
  }
}

// Inputs and outputs must be the same, so that what goes in and comes out can be compared.
void ProgramPair::CheckPorts() {
  const Program& a = *a_.program;
  const Program& b = *b_.program;
  for (const bool outputs : {false, true}) {
    const auto& x = outputs ? a.outputs : a.inputs;
    const auto& y = outputs ? b.outputs : b.inputs;
    const char* what = outputs ? "outputs" : "inputs";
    if (x.size() != y.size()) {
      why_not_ = StrCat("they have ", x.size(), " and ", y.size(), " ", what);
      return;
    }
    for (size_t i = 0; i < x.size(); ++i) {
      const TensorInfo& s = Info(a, x[i].tensor);
      const TensorInfo& t = Info(b, y[i].tensor);
      if (x[i].name != y[i].name || s.shape != t.shape) {
        why_not_ =
            StrCat("their ", what, " are not the same: '", x[i].name, "' ", ShapeToString(s.shape),
                   " and '", y[i].name, "' ", ShapeToString(t.shape));
        return;
      }
      if (!outputs && !SameForm(s, t) && !(IsReal(s) && IsReal(t))) {
        why_not_ = StrCat("their inputs '", x[i].name, "' are ", DTypeName(s.dtype), " and ",
                          DTypeName(t.dtype));
        return;
      }
      if (!outputs) {
        input_of_a_[static_cast<size_t>(x[i].tensor)] = x[i].tensor;
        input_of_b_[static_cast<size_t>(y[i].tensor)] = x[i].tensor;
      }
    }
  }
}

// All that the part depends on: equal texts, equal parts.
std::string ProgramPair::PartText(const Side& side, bool of_a, int32_t tensor) const {
  const auto& common = of_a ? common_of_a_ : common_of_b_;
  const auto& inputs = of_a ? input_of_a_ : input_of_b_;
  const Program& program = *side.program;
  std::map<int32_t, std::string> known;  // of records within the part
  const auto part = [&](const auto& self, int32_t t) -> std::string {
    const int32_t r = side.producer[static_cast<size_t>(t)];
    const Record& record = program.records[static_cast<size_t>(r)];
    std::string& text = known[r];
    if (text.empty()) {
      text = StrCat(record.op, " ", record.version, AttributeText(record.attributes), "(");
      for (const int32_t in : record.inputs) {
        if (in < 0) {
          text += "-,";
          continue;
        }
        const TensorInfo& info = Info(program, in);
        const auto index = static_cast<size_t>(in);
        text += FormText(info);
        if (info.constant >= 0) {
          const artifact::Constant& constant =
              program.constants[static_cast<size_t>(info.constant)];
          text +=
              StrCat("=", Hash64({static_cast<const std::byte*>(constant.data), constant.bytes}));
        } else if (common[index] >= 0) {
          text += StrCat("@", common[index]);
        } else if (inputs[index] >= 0) {
          text += StrCat("input ", Info(*a_.program, inputs[index]).name);
        } else {
          text += self(self, in);
        }
        text += ",";
      }
      text += ")";
    }
    size_t place = 0;
    while (record.outputs[place] != t) {
      ++place;
    }
    return StrCat(Hash64(std::as_bytes(std::span(text))), ".", place, " ",
                  FormText(Info(program, t)));
  };
  return part(part, tensor);
}

std::vector<int32_t> ProgramPair::RecordsOf(const Side& side, bool of_a, int32_t tensor) const {
  const auto& common = of_a ? common_of_a_ : common_of_b_;
  const auto& inputs = of_a ? input_of_a_ : input_of_b_;
  std::set<int32_t> records;
  const auto add = [&](const auto& self, int32_t t) -> void {
    const int32_t r = side.producer[static_cast<size_t>(t)];
    if (r < 0 || !records.insert(r).second) {
      return;
    }
    for (const int32_t in : side.program->records[static_cast<size_t>(r)].inputs) {
      const auto index = static_cast<size_t>(in);
      if (in >= 0 && common[index] < 0 && inputs[index] < 0) {
        self(self, in);
      }
    }
  };
  add(add, tensor);
  return {records.begin(), records.end()};
}

ProgramPair::Part ProgramPair::PartOf(const std::string& tensor) const {
  const auto found = std::ranges::find(order_, tensor, &Common::name);
  return {found->a, found->b, RecordsOf(a_, true, found->a), RecordsOf(b_, false, found->b)};
}

// Puts a program together from the tensors that are asked for, backwards.
class PartBuilder {
 public:
  PartBuilder(const ProgramPair& pair, const std::set<std::string>& from_b) : pair_(pair) {
    made_.name = pair.a_.program->name;
    made_.symbolic_batch = pair.a_.program->symbolic_batch;
    taken_.assign(pair.order_.size(), false);
    for (size_t i = 0; i < pair.order_.size(); ++i) {
      taken_[i] = from_b.contains(pair.order_[i].name);
    }
    for (const artifact::Port& port : pair.a_.program->inputs) {
      artifact::Port copy = port;
      copy.tensor = a_[port.tensor] = made_.AddTensor(Info(*pair.a_.program, port.tensor));
      made_.inputs.push_back(std::move(copy));
    }
  }

  // The tensor in the form that `a` has it in.
  int32_t A(int32_t tensor) {
    const int32_t common = pair_.common_of_a_[static_cast<size_t>(tensor)];
    if (common >= 0 && taken_[static_cast<size_t>(common)]) {
      return Adapted(PartOfB(pair_.order_[static_cast<size_t>(common)].b),
                     Info(*pair_.a_.program, tensor));
    }
    return Emit(pair_.a_, a_, tensor, [this](int32_t in) { return A(in); });
  }

  // What b's part makes of it, in b's form.
  int32_t PartOfB(int32_t tensor) {
    return Emit(pair_.b_, b_, tensor, [this](int32_t in) { return B(in); });
  }

  artifact::Program Finish() { return std::move(made_); }
  artifact::Program& made() { return made_; }

 private:
  using Known = std::map<int32_t, int32_t>;

  // What a part of b reads.
  int32_t B(int32_t tensor) {
    const auto index = static_cast<size_t>(tensor);
    const TensorInfo& info = Info(*pair_.b_.program, tensor);
    if (pair_.input_of_b_[index] >= 0) {
      return Adapted(A(pair_.input_of_b_[index]), info);
    }
    const int32_t common = pair_.common_of_b_[index];
    if (common >= 0 && !taken_[static_cast<size_t>(common)]) {
      return Adapted(A(pair_.order_[static_cast<size_t>(common)].a), info);
    }
    return PartOfB(tensor);
  }

  template <typename Read>
  int32_t Emit(const ProgramPair::Side& side, Known& known, int32_t tensor, const Read& read) {
    if (const auto found = known.find(tensor); found != known.end()) {
      return found->second;
    }
    const Program& program = *side.program;
    TensorInfo info = Info(program, tensor);
    if (info.constant >= 0) {
      made_.constants.push_back(program.constants[static_cast<size_t>(info.constant)]);
      made_.constants.back().owner =
          std::make_shared<Owners>(made_.constants.back().owner, side.program);
      info.constant = static_cast<int32_t>(made_.constants.size() - 1);
      return known[tensor] = made_.AddTensor(std::move(info));
    }
    Record record =
        program.records[static_cast<size_t>(side.producer[static_cast<size_t>(tensor)])];
    for (int32_t& in : record.inputs) {
      in = in < 0 ? in : read(in);
    }
    for (int32_t& out : record.outputs) {
      if (out >= 0) {
        const int32_t made = made_.AddTensor(Info(program, out));
        known[out] = made;
        out = made;
      }
    }
    made_.records.push_back(std::move(record));
    return known.at(tensor);
  }

  // The tensor as `form` holds it: through real numbers where the grids are not the same.
  int32_t Adapted(int32_t tensor, const TensorInfo& form) {
    if (SameForm(Info(made_, tensor), form)) {
      return tensor;
    }
    int32_t real = tensor;
    if (Info(made_, tensor).dtype != DType::kF32) {
      real = Convert("dequantize", tensor,
                     {Info(made_, tensor).name + ".real", DType::kF32, form.shape, {}, -1}, {});
    }
    if (form.dtype == DType::kF32) {
      return real;
    }
    TensorInfo to = form;
    to.name += ".adapted";
    return Convert("quantize", real, std::move(to),
                   {{"dtype", std::string(DTypeName(form.dtype))}});
  }

  int32_t Convert(std::string op, int32_t from, TensorInfo to, Attributes attributes) {
    Record record;
    record.op = std::move(op);
    record.name = to.name;
    record.attributes = std::move(attributes);
    const int32_t made = made_.AddTensor(std::move(to));
    record.inputs = {from};
    record.outputs = {made};
    made_.records.push_back(std::move(record));
    return made;
  }

  using Owners = std::pair<std::shared_ptr<const void>, std::shared_ptr<const Program>>;

  const ProgramPair& pair_;
  Program made_;
  std::vector<bool> taken_;
  Known a_, b_;  // by tensor of either program: the one here
};

std::shared_ptr<const Program> ProgramPair::With(const std::set<std::string>& from_b) const {
  PartBuilder builder(*this, from_b);
  for (const artifact::Port& port : a_.program->outputs) {
    artifact::Port copy = port;
    copy.tensor = builder.A(port.tensor);
    builder.made().outputs.push_back(std::move(copy));
  }
  return std::make_shared<const Program>(builder.Finish());
}

std::shared_ptr<const Program> ProgramPair::SideBySide(std::span<const std::string> tensors) const {
  PartBuilder builder(*this, {});
  for (const std::string& name : tensors) {
    for (const Common& common : order_) {
      if (common.name == name) {
        builder.made().outputs.push_back({"a:" + name, builder.A(common.a), DType::kF32});
        builder.made().outputs.push_back({"b:" + name, builder.PartOfB(common.b), DType::kF32});
      }
    }
  }
  return std::make_shared<const Program>(builder.Finish());
}

}  // namespace plumb::verify
