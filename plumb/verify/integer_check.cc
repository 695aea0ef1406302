#include "plumb/verify/integer_check.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>

#include "plumb/runtime/session.h"
#include "plumb/verify/grid_values.h"
#include "plumb/verify/plain_records.h"

namespace plumb::verify {
namespace {

using artifact::Program;
using artifact::Record;
using artifact::TensorInfo;

bool IsGridded(const TensorInfo& info) {
  return (info.dtype == DType::kS8 || info.dtype == DType::kS16) && !info.quantization.empty();
}

// `count` indices below `size` that fall on every channel and row alike: a walk whose step shares no factor with the size.
std::vector<int64_t> Spread(int64_t size, size_t count) {
  std::vector<int64_t> indices;
  if (size <= static_cast<int64_t>(count)) {
    indices.resize(static_cast<size_t>(size));
    std::iota(indices.begin(), indices.end(), int64_t{0});
    return indices;
  }
  int64_t step = size / static_cast<int64_t>(count) + 1;
  while (std::gcd(step, size) != 1) {
    ++step;
  }
  indices = {0, size - 1};
  for (int64_t at = step % size; indices.size() < count; at = (at + step) % size) {
    indices.push_back(at);
  }
  return indices;
}

class Checker {
 public:
  Checker(const Program& program, runtime::Session& session, const IntegerCheckOptions& options)
      : program_(program), session_(session), options_(options) {}

  Result<IntegerCheck> Run() {
    for (size_t i = 0; i < program_.records.size(); ++i) {
      const Record& record = program_.records[i];
      const auto holds = [&](int32_t t) {
        return t >= 0 && IsGridded(Info(t)) && Info(t).constant < 0;
      };
      if (std::none_of(record.inputs.begin(), record.inputs.end(), holds) &&
          std::none_of(record.outputs.begin(), record.outputs.end(), holds)) {
        continue;
      }
      index_ = i;
      if (const auto rule = PlainRecord::Of(View(record))) {
        CheckSampled(*rule);
      } else {
        PLUMB_RETURN_IF_ERROR(CheckAsReal(record));
      }
    }
    return std::move(check_);
  }

 private:
  [[nodiscard]] const TensorInfo& Info(int32_t t) const {
    return program_.tensors[static_cast<size_t>(t)];
  }

  [[nodiscard]] RecordView View(const Record& record) const {
    RecordView view{&record, {}, {}};
    for (const int32_t t : record.inputs) {
      view.inputs.push_back(
          t < 0 ? RecordTensor{} : RecordTensor{&Info(t), session_.tensor(static_cast<size_t>(t))});
    }
    for (const int32_t t : record.outputs) {
      view.outputs.push_back(
          t < 0 ? RecordTensor{} : RecordTensor{&Info(t), session_.tensor(static_cast<size_t>(t))});
    }
    return view;
  }

  void Differs(int steps) {
    ++check_.different;
    check_.worst_steps = std::max(check_.worst_steps, steps);
    if (check_.worst_record.empty()) {
      const Record& record = program_.records[index_];
      check_.worst_record = StrCat("record ", index_, " '", record.name, "' (", record.op, ")");
    }
  }

  void CheckSampled(const PlainRecord& rule) {
    const ConstTensorView made =
        session_.tensor(static_cast<size_t>(program_.records[index_].outputs[0]));
    ++check_.records;
    for (const int64_t i : Spread(made.size(), options_.elements)) {
      ++check_.elements;
      if (made.dtype == DType::kF32) {
        const float wanted = rule.Real(i), found = made.data<float>()[i];
        if (std::memcmp(&wanted, &found, sizeof(float)) != 0 &&
            !(std::isnan(wanted) && std::isnan(found))) {
          Differs(1);
        }
      } else if (const int32_t wanted = rule.Integer(i),
                 found = IntegerAt(made, static_cast<size_t>(i));
                 wanted != found) {
        Differs(std::abs(wanted - found));
      }
    }
  }

  // The record on real numbers, by the kernels for these: outputs on a grid must come out the same.
  Status CheckAsReal(const Record& record) {
    auto real = std::make_shared<Program>();
    Record twin = record;
    std::vector<std::pair<int32_t, std::vector<float>>> feeds;  // tensor of the program, values
    std::vector<int32_t> plain;                                 // likewise, fed as they are
    const auto copy = [&](int32_t t) {
      TensorInfo info = Info(t);
      info.constant = -1;
      if (IsGridded(info)) {
        info.dtype = DType::kF32;
        info.quantization = {};
      }
      return real->AddTensor(std::move(info));
    };
    for (int32_t& t : twin.inputs) {
      if (t < 0) {
        continue;
      }
      const int32_t from = t;
      const ConstTensorView view = session_.tensor(static_cast<size_t>(from));
      if (Info(from).constant >= 0) {
        Tensor constant(IsGridded(Info(from)) ? DType::kF32 : view.dtype, Info(from).shape);
        if (IsGridded(Info(from))) {
          WriteQuantized(RealValues(view, Info(from).quantization), {}, constant.view());
        } else if (view.bytes() > 0) {
          std::memcpy(constant.raw(), view.raw, view.bytes());
        }
        t = real->AddConstant(Info(from).name, std::make_shared<const Tensor>(std::move(constant)));
        continue;
      }
      t = copy(from);
      real->inputs.push_back({StrCat("in", real->inputs.size()), t, real->tensors.back().dtype});
      plain.push_back(from);
    }
    for (int32_t& t : twin.outputs) {
      if (t >= 0) {
        t = copy(t);
        real->outputs.push_back(
            {StrCat("out", real->outputs.size()), t, real->tensors.back().dtype});
      }
    }
    real->records = {twin};
    auto made = runtime::Session::Create(real, {.threads = options_.threads});
    if (!made.ok()) {
      check_.without_rule.push_back(StrCat(record.op, " '", record.name, "'"));
      return {};
    }
    for (size_t i = 0; i < plain.size(); ++i) {
      const ConstTensorView view = session_.tensor(static_cast<size_t>(plain[i]));
      const TensorView to = (*made)->input(i);
      if (IsGridded(Info(plain[i]))) {
        WriteQuantized(RealValues(view, Info(plain[i]).quantization), {}, to);
      } else if (view.bytes() > 0) {
        std::memcpy(to.raw, view.raw, view.bytes());
      }
    }
    PLUMB_RETURN_IF_ERROR((*made)->Run());
    ++check_.records;
    size_t output = 0;
    for (const int32_t t : record.outputs) {
      if (t >= 0) {
        CompareWhole(session_.tensor(static_cast<size_t>(t)), Info(t).quantization,
                     (*made)->output(output++));
      }
    }
    return {};
  }

  void CompareWhole(ConstTensorView found, const Quantization& grid, ConstTensorView wanted) {
    const auto n = static_cast<size_t>(found.size());
    check_.elements += n;
    if (wanted.dtype == found.dtype) {
      for (size_t i = 0; i < n; ++i) {
        const size_t size = DTypeSize(found.dtype);
        if (std::memcmp(static_cast<const std::byte*>(found.raw) + i * size,
                        static_cast<const std::byte*>(wanted.raw) + i * size, size) != 0) {
          Differs(1);
        }
      }
      return;
    }
    Tensor rounded(found.dtype, Shape(found.shape.begin(), found.shape.end()));
    WriteQuantized({wanted.data<float>(), n}, grid, rounded.view());
    if (std::memcmp(std::as_const(rounded).raw(), found.raw, rounded.bytes()) == 0) {
      return;
    }
    for (size_t i = 0; i < n; ++i) {
      const int32_t difference = IntegerAt(std::as_const(rounded).view(), i) - IntegerAt(found, i);
      if (difference != 0) {
        Differs(std::abs(difference));
      }
    }
  }

  const Program& program_;
  runtime::Session& session_;
  const IntegerCheckOptions& options_;
  size_t index_ = 0;
  IntegerCheck check_;
};

}  // namespace

Result<IntegerCheck> CheckIntegers(std::shared_ptr<const Program> program,
                                   std::span<const Tensor> inputs,
                                   const IntegerCheckOptions& options) {
  runtime::SessionOptions session_options{.threads = options.threads, .isa = options.isa};
  session_options.keep_all = true;
  PLUMB_ASSIGN_OR_RETURN(auto session, runtime::Session::Create(program, session_options));
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (inputs[i].bytes() > 0) {
      std::memcpy(session->input(i).raw, inputs[i].raw(), inputs[i].bytes());
    }
  }
  PLUMB_RETURN_IF_ERROR(session->Run());
  return Checker(*program, *session, options).Run();
}

}  // namespace plumb::verify
