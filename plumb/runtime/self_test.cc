#include "plumb/runtime/self_test.h"

#include <algorithm>
#include <cstring>

#include "plumb/base/number_text.h"
#include "plumb/runtime/record_hash.h"
#include "plumb/runtime/record_slice.h"
#include "plumb/runtime/session.h"

namespace plumb::runtime {
namespace {

using artifact::Program;
using artifact::Record;

// About as many multiply-adds as plain C++ needs a millisecond for.
constexpr int64_t kWhole = 3'000'000;  // a record of no more is run whole
constexpr int64_t kTile = 1'000'000;   // else three tiles of about this, of a row at least
constexpr int64_t kPerElement = 4;     // what an element costs beside its products

struct Variant {
  Isa isa;
  int threads;
  bool in_place;
};

std::string NameOf(const Variant& v) {
  return StrCat(IsaName(v.isa), ", ", v.threads, v.threads == 1 ? " thread" : " threads",
                v.in_place ? "" : ", nothing in place");
}

Result<std::unique_ptr<Session>> MakeSession(const std::shared_ptr<const Program>& program,
                                             const Variant& v, bool keep_all = false) {
  SessionOptions options;
  options.threads = v.threads;
  options.isa = v.isa;
  options.in_place = v.in_place;
  options.keep_all = keep_all;
  return Session::Create(program, options);
}

void SetInputs(Session& session, std::span<const Tensor> inputs) {
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (inputs[i].bytes() > 0) {
      std::memcpy(session.input(i).raw, inputs[i].raw(), inputs[i].bytes());
    }
  }
}

Tensor CopyOf(ConstTensorView view) { return CopyPart(view, {}); }

// Runs the whole program; hashes by record.
Result<std::vector<uint64_t>> RunWhole(Session& session, std::span<const Tensor> inputs) {
  SetInputs(session, inputs);
  std::vector<uint64_t> hashes;
  hashes.reserve(session.program().records.size());
  PLUMB_RETURN_IF_ERROR(
      session.Run([&](size_t, const Record&, std::span<const TensorView> outputs) {
        hashes.push_back(HashOutputs(outputs));
      }));
  return hashes;
}

// A record alone, or a part of it, on tensors of `whole`, which kept them all.
Result<std::vector<Tensor>> RunSlice(const RecordSlice& slice, const Session& whole, Isa isa) {
  PLUMB_ASSIGN_OR_RETURN(const auto session, MakeSession(slice.program, {isa, 1, true}));
  std::vector<Tensor> inputs;
  for (const TensorPart& part : slice.inputs) {
    inputs.push_back(CopyPart(whole.tensor(part.tensor), part));
  }
  SetInputs(*session, inputs);
  PLUMB_RETURN_IF_ERROR(session->Run());
  std::vector<Tensor> outputs;
  for (size_t i = 0; i < slice.outputs.size(); ++i) {
    outputs.push_back(CopyOf(session->output(i)));
  }
  return outputs;
}

uint64_t HashOf(std::vector<Tensor>& outputs) {
  std::vector<TensorView> views;
  for (Tensor& output : outputs) {
    views.push_back(output.view());
  }
  return HashOutputs(views);
}

template <typename T>
std::string Text(const std::byte* at) {
  T value;
  std::memcpy(&value, at, sizeof(T));
  if constexpr (std::is_floating_point_v<T>) {
    char text[40];
    std::snprintf(text, sizeof(text), "%.9g", static_cast<double>(value));
    return text;
  } else {
    return std::to_string(value);
  }
}

std::string ValueText(const Tensor& tensor, size_t element) {
  const auto* at =
      static_cast<const std::byte*>(tensor.raw()) + element * DTypeSize(tensor.dtype());
  switch (tensor.dtype()) {
    case DType::kF32:
      return Text<float>(at);
    case DType::kF64:
      return Text<double>(at);
    case DType::kS8:
      return Text<int8_t>(at);
    case DType::kS16:
      return Text<int16_t>(at);
    case DType::kS32:
      return Text<int32_t>(at);
    case DType::kS64:
      return Text<int64_t>(at);
    case DType::kU32:
      return Text<uint32_t>(at);
    case DType::kU64:
      return Text<uint64_t>(at);
    default:
      return DTypeSize(tensor.dtype()) == 1 ? Text<uint8_t>(at) : Text<uint16_t>(at);
  }
}

// Notes the first element in which two lists of outputs differ. `offset`: of the tensors' first row along an axis.
void NoteElement(const std::vector<Tensor>& expected, const std::vector<Tensor>& found,
                 std::span<const TensorPart> parts, RecordDifference& difference) {
  for (size_t i = 0; i < expected.size(); ++i) {
    const size_t size = DTypeSize(expected[i].dtype());
    const auto* a = static_cast<const std::byte*>(expected[i].raw());
    const auto* b = static_cast<const std::byte*>(found[i].raw());
    for (size_t e = 0; e < static_cast<size_t>(expected[i].size()); ++e) {
      if (std::memcmp(a + e * size, b + e * size, size) == 0) {
        continue;
      }
      difference.has_element = true;
      difference.output = i;
      difference.expected = ValueText(expected[i], e);
      difference.found = ValueText(found[i], e);
      difference.element.assign(expected[i].shape().size(), 0);
      auto rest = static_cast<int64_t>(e);
      for (size_t d = difference.element.size(); d-- > 0;) {
        difference.element[d] = rest % expected[i].shape()[d];
        rest /= expected[i].shape()[d];
      }
      if (i < parts.size() && parts[i].axis >= 0) {
        difference.element[static_cast<size_t>(parts[i].axis)] += parts[i].begin;
      }
      return;
    }
  }
}

class Tester {
 public:
  Tester(const std::shared_ptr<const Program>& program, std::span<const SelfTestCase> cases,
         const SelfTestOptions& options, const OutputsObserver& observer)
      : program_(program), cases_(cases), options_(options), observer_(observer) {}

  Result<SelfTestReport> Run() {
    report_.records = program_->records.size();
    report_.cases = cases_.size();
    for (const Record& record : program_->records) {
      for (int32_t t : record.outputs) {
        report_.elements += NumElements(program_->tensors[static_cast<size_t>(t)].shape);
      }
    }
    if (options_.isa.has_value()) {
      isa_ = *options_.isa;
    } else {
      PLUMB_ASSIGN_OR_RETURN(isa_, SelectIsa());
    }
    for (size_t i = 0; i < cases_.size(); ++i) {
      expected_.emplace_back(cases_[i].hashes.begin(), cases_[i].hashes.end());
    }
    for (const Variant& variant : Variants()) {
      PLUMB_RETURN_IF_ERROR(RunVariant(variant));
      if (report_.difference) {
        return std::move(report_);
      }
    }
    if (!options_.full && isa_ != Isa::kScalar && !cases_.empty()) {
      PLUMB_RETURN_IF_ERROR(SampleScalar());
    }
    return std::move(report_);
  }

 private:
  std::vector<Variant> Variants() const {
    std::vector<Variant> variants;
    const std::vector<Isa> isas = options_.full ? AvailableIsas() : std::vector<Isa>{isa_};
    for (Isa isa : isas) {
      variants.push_back({isa, 1, true});
      if (options_.threads > 1) {
        variants.push_back({isa, options_.threads, true});
      }
    }
    if (options_.full) {
      variants.push_back({isas.back(), 1, false});
    }
    return variants;
  }

  Status RunVariant(const Variant& variant) {
    const bool first = report_.variants.empty();
    report_.variants.push_back(NameOf(variant));
    PLUMB_ASSIGN_OR_RETURN(const auto session, MakeSession(program_, variant));
    for (size_t i = 0; i < cases_.size(); ++i) {
      PLUMB_ASSIGN_OR_RETURN(const auto hashes, RunWhole(*session, cases_[i].inputs));
      if (expected_[i].empty()) {
        expected_[i] = hashes;
      }
      const size_t record = FirstDifference(i, hashes);
      if (record < hashes.size()) {
        return Explain(variant, i, record);
      }
      if (first && observer_) {
        std::vector<ConstTensorView> outputs;
        for (size_t o = 0; o < program_->outputs.size(); ++o) {
          outputs.push_back(session->output(o));
        }
        PLUMB_RETURN_IF_ERROR(observer_(i, outputs));
      }
    }
    return {};
  }

  [[nodiscard]] size_t FirstDifference(size_t test_case,
                                       const std::vector<uint64_t>& hashes) const {
    return static_cast<size_t>(
        std::mismatch(hashes.begin(), hashes.end(), expected_[test_case].begin()).first -
        hashes.begin());
  }

  // Which of this machine's kernels give the expected bits for the record that `variant` got wrong first.
  Status Explain(Variant variant, size_t test_case, size_t record) {
    const std::span<const Tensor> inputs = cases_[test_case].inputs;
    const Variant apart{variant.isa, 1, false};
    PLUMB_ASSIGN_OR_RETURN(const auto kept, MakeSession(program_, apart, true));
    PLUMB_ASSIGN_OR_RETURN(const auto hashes, RunWhole(*kept, inputs));
    if (const size_t earlier = FirstDifference(test_case, hashes); earlier < record) {
      record = earlier;
      variant = apart;
    }
    RecordDifference difference;
    difference.record = record;
    difference.test_case = test_case;
    difference.variant = NameOf(variant);
    difference.kernel = std::string(kept->cost(record).kernel);
    difference.hashes_known = !cases_[test_case].hashes.empty();
    difference.expected_hash = expected_[test_case][record];

    std::vector<Tensor> found;  // once more, with the outputs kept
    PLUMB_ASSIGN_OR_RETURN(const auto again, MakeSession(program_, variant));
    SetInputs(*again, inputs);
    PLUMB_RETURN_IF_ERROR(
        again->Run([&](size_t i, const Record&, std::span<const TensorView> outputs) {
          if (i == record) {
            for (const TensorView& output : outputs) {
              found.push_back(CopyOf(output));
            }
          }
        }));
    difference.found_hash = HashOf(found);

    const RecordSlice alone = WholeRecord(*program_, record);
    std::optional<std::vector<Tensor>> right;
    bool own_is_right = false, agree = true;
    for (Isa isa : AvailableIsas()) {
      PLUMB_ASSIGN_OR_RETURN(std::vector<Tensor> outputs, RunSlice(alone, *kept, isa));
      const uint64_t hash = HashOf(outputs);
      agree = agree && hash == difference.found_hash;
      own_is_right = own_is_right || (isa == variant.isa && hash == difference.expected_hash);
      if (!right && hash == difference.expected_hash) {
        right = std::move(outputs);
      }
    }
    difference.cause = own_is_right ? DifferenceCause::kSchedule
                       : right      ? DifferenceCause::kKernel
                       : agree      ? DifferenceCause::kProgram
                                    : DifferenceCause::kUnknown;
    if (right) {
      NoteElement(*right, found, {}, difference);
    }
    report_.difference = std::move(difference);
    return {};
  }

  // Plain C++ beside the fast kernels, on the first case.
  Status SampleScalar() {
    const Variant apart{isa_, 1, false};
    report_.variants.push_back(NameOf(apart));
    PLUMB_ASSIGN_OR_RETURN(const auto kept, MakeSession(program_, apart, true));
    PLUMB_ASSIGN_OR_RETURN(const auto hashes, RunWhole(*kept, cases_[0].inputs));
    if (const size_t record = FirstDifference(0, hashes); record < hashes.size()) {
      return Explain(apart, 0, record);
    }
    for (size_t i = 0; i < program_->records.size() && !report_.difference; ++i) {
      PLUMB_RETURN_IF_ERROR(SampleRecord(*kept, i));
    }
    return {};
  }

  Status SampleRecord(const Session& kept, size_t record) {
    int64_t elements = 0;
    for (int32_t t : program_->records[record].outputs) {
      elements += NumElements(program_->tensors[static_cast<size_t>(t)].shape);
    }
    const int64_t work = kept.cost(record).macs + kPerElement * elements;
    const int axis = work > kWhole ? SliceAxis(*program_, record) : -1;
    if (axis >= 0) {
      const auto y = static_cast<size_t>(program_->records[record].outputs[0]);
      const int64_t rows = program_->tensors[y].shape[static_cast<size_t>(axis)];
      const int64_t tile = std::max<int64_t>(1, kTile * rows / work);
      if (rows > 3 * tile) {
        ++report_.sampled_records;
        for (const int64_t begin : {int64_t{0}, (rows - tile) / 2, rows - tile}) {
          const auto slice = SliceRecord(*program_, record, begin, begin + tile);
          if (slice && !report_.difference) {
            PLUMB_RETURN_IF_ERROR(CompareSlice(*slice, kept, record));
          }
        }
        return {};
      }
    }
    ++report_.whole_records;
    return CompareSlice(WholeRecord(*program_, record), kept, record);
  }

  Status CompareSlice(const RecordSlice& slice, const Session& kept, size_t record) {
    Result<std::vector<Tensor>> scalar = RunSlice(slice, kept, Isa::kScalar);
    if (!scalar.ok()) {
      return scalar.status().WithContext(StrCat("record ", record, " alone"));
    }
    std::vector<Tensor> fast;
    bool same = true;
    for (size_t i = 0; i < slice.outputs.size(); ++i) {
      fast.push_back(CopyPart(kept.tensor(slice.outputs[i].tensor), slice.outputs[i]));
      report_.sampled_elements += fast[i].size();
      same = same && (fast[i].bytes() == 0 ||
                      std::memcmp(fast[i].raw(), (*scalar)[i].raw(), fast[i].bytes()) == 0);
    }
    if (same) {
      return {};
    }
    RecordDifference difference;
    difference.record = record;
    difference.hashes_known = !cases_[0].hashes.empty();
    difference.cause = DifferenceCause::kKernel;
    difference.expected_hash = expected_[0][record];
    if (difference.hashes_known) {  // which the fast kernels gave
      difference.variant = NameOf({Isa::kScalar, 1, false});
      NoteElement(fast, *scalar, slice.outputs, difference);
    } else {
      difference.variant = NameOf({isa_, 1, false});
      difference.kernel = std::string(kept.cost(record).kernel);
      NoteElement(*scalar, fast, slice.outputs, difference);
    }
    report_.difference = std::move(difference);
    return {};
  }

  const std::shared_ptr<const Program>& program_;
  std::span<const SelfTestCase> cases_;
  const SelfTestOptions& options_;
  const OutputsObserver& observer_;
  Isa isa_ = Isa::kScalar;
  std::vector<std::vector<uint64_t>> expected_;  // by case and record
  SelfTestReport report_;
};

}  // namespace

Result<SelfTestReport> SelfTest(const std::shared_ptr<const Program>& program,
                                std::span<const SelfTestCase> cases, const SelfTestOptions& options,
                                const OutputsObserver& observer) {
  return Tester(program, cases, options, observer).Run();
}

std::string DescribeDifference(const Program& program, const RecordDifference& d) {
  const Record& record = program.records[d.record];
  std::string text = StrCat("record ", d.record, " '", record.name, "' (", record.op, ") on ",
                            d.variant, d.kernel.empty() ? "" : ", kernel " + d.kernel);
  if (d.has_element) {
    std::string at;
    for (int64_t i : d.element) {
      at += StrCat(at.empty() ? "" : ", ", i);
    }
    const auto tensor = static_cast<size_t>(record.outputs[d.output]);
    text += StrCat(": element [", at, "] of '", program.tensors[tensor].name, "': expected ",
                   d.expected, ", found ", d.found);
  }
  if (d.hashes_known && d.found_hash != 0) {
    text += StrCat(d.has_element ? "; " : ": ", "hash expected ", HexText(d.expected_hash),
                   ", found ", HexText(d.found_hash));
  }
  return text;
}

}  // namespace plumb::runtime
