#include "plumb/api/reduce_model.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <map>

#include "plumb/api/float_name.h"
#include "plumb/api/report_text.h"
#include "plumb/api/samples.h"
#include "plumb/api/version.h"
#include "plumb/export/onnx/export_onnx.h"
#include "plumb/lower/lower.h"
#include "plumb/runtime/session.h"
#include "plumb/verify/closeness.h"
#include "plumb/verify/gate.h"
#include "plumb/verify/grid_values.h"
#include "plumb/verify/judge.h"
#include "plumb/verify/reduce.h"

namespace plumb {
namespace {

namespace fs = std::filesystem;

using Kind = ReduceCheck::Kind;

constexpr std::string_view kExpected =
    "expected sqnr(NAME)<20, cosine(NAME)<0.99, nan(NAME), differs-by-isa(NAME) or "
    "differs-from-judge(NAME)";

bool IsFinite(const Tensor& tensor) {
  if (tensor.dtype() != DType::kF32) {
    return true;
  }
  const std::span<const float> x = tensor.values<float>();
  return std::all_of(x.begin(), x.end(), [](float v) { return std::isfinite(v); });
}

// Every tensor of one run, as its user would get it: what lies on a grid as f32.
Result<std::map<std::string, Tensor>> RunWhole(std::shared_ptr<const artifact::Program> program,
                                               std::span<const Tensor> inputs, int threads) {
  runtime::SessionOptions options;
  options.threads = threads;
  options.keep_all = true;
  PLUMB_ASSIGN_OR_RETURN(auto session, runtime::Session::Create(program, options));
  std::vector<runtime::NamedTensor> named;
  for (size_t i = 0; i < inputs.size(); ++i) {
    named.push_back({program->inputs[i].name, inputs[i]});
  }
  PLUMB_RETURN_IF_ERROR(runtime::RunNamed(*session, named).status());
  std::map<std::string, Tensor> values;
  for (size_t t = 0; t < program->tensors.size(); ++t) {
    const artifact::TensorInfo& info = program->tensors[t];
    if (info.constant >= 0) {
      continue;
    }
    const ConstTensorView view = session->tensor(t);
    const bool on_grid =
        !info.quantization.empty() && (info.dtype == DType::kS8 || info.dtype == DType::kS16);
    if (on_grid) {
      values[info.name] =
          Tensor::Of<float>(info.shape, verify::RealValues(view, info.quantization));
    } else if (view.raw != nullptr || view.size() == 0) {
      Tensor tensor(info.dtype, info.shape);
      if (tensor.bytes() > 0) {
        std::memcpy(tensor.raw(), view.raw, tensor.bytes());
      }
      values[info.name] = std::move(tensor);
    }
  }
  return values;
}

class ModelReducer {
 public:
  explicit ModelReducer(const ReduceOptions& options) : options_(options) {}

  Result<ReduceResult> Run() {
    PLUMB_RETURN_IF_ERROR(Load());
    verify::ReduceInput input;
    input.program = model_.program.get();
    PLUMB_ASSIGN_OR_RETURN(input.output, FindOutput());
    input.known = [this](int32_t tensor) { return ValueOf(tensor) != nullptr; };
    input.fails = [this](const verify::ProgramPart& part) { return Fails(part); };
    Result<verify::Reduced> reduced = verify::Reduce(input);
    if (!reduced.ok()) {
      return figure_.empty() ? reduced.status()
                             : Status(reduced.status().code(),
                                      StrCat(reduced.status().message(), ": ", figure_));
    }
    result_.tries = reduced->tries;
    result_.records_before = model_.program->records.size();
    PLUMB_RETURN_IF_ERROR(Describe(reduced->part));
    PLUMB_RETURN_IF_ERROR(Write(reduced->part));
    return std::move(result_);
  }

 private:
  [[nodiscard]] bool NeedsReference() const {
    return options_.check.kind == Kind::kSqnr || options_.check.kind == Kind::kCosine;
  }

  Status Load() {
    PLUMB_ASSIGN_OR_RETURN(model_, LoadModel(options_.model, options_.model_options));
    PLUMB_ASSIGN_OR_RETURN(const SampleList list,
                           ListSamples(options_.data, model_.program->inputs.size(), 1));
    PLUMB_ASSIGN_OR_RETURN(const std::vector<Tensor> sample,
                           LoadSample(list, 0, *model_.program, model_.io));
    PLUMB_ASSIGN_OR_RETURN(own_, RunWhole(model_.program, sample, options_.threads));
    if (!NeedsReference()) {
      return {};
    }
    if (options_.against.empty()) {
      return UsageError("--check compares with the float network: give it with --against MODEL");
    }
    ModelOptions read_with = options_.model_options;
    ReadAsRecorded(model_, read_with);
    PLUMB_ASSIGN_OR_RETURN(const Model reference, LoadModel(options_.against, read_with));
    if (!reference.graph) {
      return UsageError("--against ", options_.against, ": expected the float model");
    }
    PLUMB_ASSIGN_OR_RETURN(const auto program, lower::Lower(*reference.graph));
    if (program->inputs.size() != sample.size()) {
      return UsageError("--against ", options_.against, ": another network: it has ",
                        program->inputs.size(), " inputs; expected ", sample.size());
    }
    PLUMB_ASSIGN_OR_RETURN(reference_, RunWhole(program, sample, options_.threads));
    for (const artifact::Port& port : program->outputs) {
      const std::string& tensor = program->tensors[static_cast<size_t>(port.tensor)].name;
      if (reference_.contains(tensor)) {
        reference_outputs_[port.name] = &reference_[tensor];
      }
    }
    return {};
  }

  Result<int32_t> FindOutput() const {
    const artifact::Program& program = *model_.program;
    const std::string& wanted = options_.check.tensor;
    if (wanted.empty() && !program.outputs.empty()) {
      return program.outputs[0].tensor;
    }
    for (const artifact::Port& port : program.outputs) {
      if (port.name == wanted) {
        return port.tensor;
      }
    }
    for (size_t t = 0; t < program.tensors.size(); ++t) {
      if (program.tensors[t].name == wanted && program.tensors[t].constant < 0) {
        return static_cast<int32_t>(t);
      }
    }
    std::string names;
    for (const artifact::Port& port : program.outputs) {
      names += StrCat(names.empty() ? "'" : ", '", port.name, "'");
    }
    return UsageError("--check: '", options_.model, "' has no tensor '", wanted,
                      "'; its outputs are ", names);
  }

  // What a part is given there, and what it has to give: the float network's value where the check compares with it,
  // this network's own otherwise. Null where none is known.
  [[nodiscard]] const Tensor* ValueOf(int32_t tensor) const {
    const artifact::TensorInfo& info = model_.program->tensors[static_cast<size_t>(tensor)];
    const auto find = [&](const std::map<std::string, Tensor>& values,
                          const std::string& name) -> const Tensor* {
      const auto found = values.find(name);
      return found == values.end() || found->second.shape() != info.shape ? nullptr
                                                                          : &found->second;
    };
    const bool real = info.dtype == DType::kF32 || !info.quantization.empty();
    if (!NeedsReference() || !real) {
      return find(own_, info.name);
    }
    if (const Tensor* value = find(reference_, FloatNameOf(info.name))) {
      return value;
    }
    for (const artifact::Port& port : model_.program->outputs) {
      const auto output = reference_outputs_.find(port.name);
      if (port.tensor == tensor && output != reference_outputs_.end() &&
          output->second->shape() == info.shape) {
        return output->second;
      }
    }
    return nullptr;
  }

  [[nodiscard]] std::vector<runtime::NamedTensor> InputsOf(const verify::ProgramPart& part) const {
    std::vector<runtime::NamedTensor> inputs;
    for (size_t i = 0; i < part.inputs.size(); ++i) {
      inputs.push_back({part.program->inputs[i].name, *ValueOf(part.inputs[i])});
    }
    return inputs;
  }

  Result<Tensor> RunPart(const verify::ProgramPart& part, std::optional<Isa> isa) const {
    runtime::SessionOptions options;
    options.threads = options_.threads;
    options.isa = isa;
    PLUMB_ASSIGN_OR_RETURN(auto session, runtime::Session::Create(part.program, options));
    PLUMB_ASSIGN_OR_RETURN(std::vector<runtime::NamedTensor> outputs,
                           runtime::RunNamed(*session, InputsOf(part)));
    return std::move(outputs[0].tensor);
  }

  Result<bool> Fails(const verify::ProgramPart& part) {
    PLUMB_ASSIGN_OR_RETURN(const Tensor made, RunPart(part, {}));
    switch (options_.check.kind) {
      case Kind::kSqnr:
      case Kind::kCosine:
        return IsFar(*ValueOf(part.output), made);
      case Kind::kNotFinite: {
        const std::vector<runtime::NamedTensor> inputs = InputsOf(part);
        figure_ = IsFinite(made) ? "every value is finite" : "NaN or infinity";
        return !IsFinite(made) && std::all_of(inputs.begin(), inputs.end(), [](const auto& input) {
          return IsFinite(input.tensor);
        });
      }
      case Kind::kByIsa: {
        PLUMB_ASSIGN_OR_RETURN(const Tensor plain, RunPart(part, Isa::kScalar));
        const bool differs = std::memcmp(plain.raw(), made.raw(), made.bytes()) != 0;
        PLUMB_ASSIGN_OR_RETURN(const Isa fast, SelectIsa());
        figure_ = StrCat(IsaName(fast), " and scalar kernels give ",
                         differs ? "different" : "the same", " bits");
        return differs;
      }
      case Kind::kByJudge:
        return JudgeDiffers(part, made);
    }
    return false;
  }

  bool IsFar(const Tensor& reference, const Tensor& made) {
    if (reference.dtype() != DType::kF32 || made.dtype() != DType::kF32) {
      return false;
    }
    verify::Closeness closeness;
    closeness.Add(reference.values<float>(), made.values<float>());
    if (options_.check.kind == Kind::kSqnr) {
      figure_ = StrCat("SQNR ", DecibelText(closeness.Sqnr()), " dB");
      return closeness.Sqnr() < options_.check.limit;
    }
    figure_ = StrCat("cosine ", FixedText(closeness.Cosine(), 5));
    return closeness.Cosine() < options_.check.limit;
  }

  Result<bool> JudgeDiffers(const verify::ProgramPart& part, const Tensor& made) {
    PLUMB_RETURN_IF_ERROR(WriteModel(part));
    PLUMB_ASSIGN_OR_RETURN(const verify::OnnxRuntimeRun run,
                           verify::RunOnnxRuntime(ModelFile(), InputsOf(part)));
    if (!run.available) {
      return EnvironmentError(
          "--check differs-from-judge: no onnxruntime is installed; PLUMB_JUDGE_PYTHON names an "
          "interpreter that has it");
    }
    if (!run.problem.empty() || run.outputs.size() != 1) {
      return false;  // a part that the judge cannot run shows nothing
    }
    const std::array ours = {runtime::NamedTensor{part.program->outputs[0].name, made}};
    const verify::Judgement judgement = verify::Compare("onnxruntime", ours, run.outputs);
    figure_ = StrCat("differs from onnxruntime ", run.version, " by ",
                     SignificantText(judgement.worst), " of the range");
    judged_ = run.outputs[0].tensor;
    return judgement.checked && judgement.worst > verify::Gate().judge_tolerance;
  }

  Status Describe(const verify::ProgramPart& part) {
    for (const size_t r : part.records) {
      const artifact::Record& record = model_.program->records[r];
      result_.records.push_back({record.op, record.name});
    }
    for (const artifact::Port& port : part.program->inputs) {
      result_.inputs.push_back(port.name);
    }
    result_.output = part.program->outputs[0].name;
    std::vector<size_t> all(model_.program->records.size());
    for (size_t i = 0; i < all.size(); ++i) {
      all[i] = i;
    }
    PLUMB_ASSIGN_OR_RETURN(const int32_t output, FindOutput());
    PLUMB_RETURN_IF_ERROR(Fails(verify::TakePart(*model_.program, all, output)).status());
    result_.figure_before = figure_;
    PLUMB_RETURN_IF_ERROR(Fails(part).status());  // once more: what is written belongs to it
    result_.figure_after = figure_;
    return {};
  }

  [[nodiscard]] std::string ModelFile() const {
    return (fs::path(options_.output) / "model.onnx").string();
  }

  Status WriteModel(const verify::ProgramPart& part) const {
    std::error_code error;
    fs::create_directories(options_.output, error);
    if (error) {
      return EnvironmentError("-o ", options_.output,
                              ": cannot make this folder: ", error.message());
    }
    exporting::OnnxOptions onnx;
    onnx.form = exporting::OnnxForm::kQOperator;
    onnx.producer_version = Release();
    return exporting::ExportOnnx(*part.program, onnx, ModelFile()).status();
  }

  Status Write(const verify::ProgramPart& part) {
    PLUMB_RETURN_IF_ERROR(WriteModel(part));
    const fs::path folder = fs::path(options_.output) / "test_data_set_0";
    std::error_code error;
    fs::remove_all(folder, error);
    fs::create_directories(folder, error);
    if (error) {
      return EnvironmentError("-o ", options_.output, ": cannot make '", folder.string(),
                              "': ", error.message());
    }
    const std::vector<runtime::NamedTensor> inputs = InputsOf(part);
    for (size_t i = 0; i < inputs.size(); ++i) {
      PLUMB_RETURN_IF_ERROR(exporting::WriteTensorProto(
          (folder / StrCat("input_", i, ".pb")).string(), inputs[i].name, inputs[i].tensor));
    }
    Tensor expected;
    if (NeedsReference()) {
      expected = *ValueOf(part.output);
      result_.expected_from = "the float network";
    } else if (options_.check.kind == Kind::kByJudge) {
      expected = judged_;
      result_.expected_from = "onnxruntime";
    } else {
      PLUMB_ASSIGN_OR_RETURN(expected, RunPart(part, Isa::kScalar));
      result_.expected_from = "the plain C++ kernels";
    }
    result_.file = ModelFile();
    return exporting::WriteTensorProto((folder / "output_0.pb").string(), result_.output, expected);
  }

  const ReduceOptions& options_;
  ReduceResult result_;
  Model model_;
  std::map<std::string, Tensor> own_, reference_;
  std::map<std::string, const Tensor*> reference_outputs_;
  std::string figure_;  // of the part that was looked at last
  Tensor judged_;
};

}  // namespace

Result<ReduceCheck> ParseReduceCheck(std::string_view text) {
  const auto wrong = [&] { return UsageError("--check ", text, ": ", kExpected); };
  ReduceCheck check;
  const size_t open = text.find('('), close = text.rfind(')');
  const size_t less = text.rfind('<');
  const bool named = open != std::string_view::npos && close != std::string_view::npos;
  if (named != (open != std::string_view::npos) || (named && close < open)) {
    return wrong();
  }
  const bool limited = less != std::string_view::npos && (!named || less > close);
  const std::string_view name = text.substr(0, named     ? open
                                               : limited ? less
                                                         : std::string_view::npos);
  if (named) {
    check.tensor = text.substr(open + 1, close - open - 1);
    if (close + 1 != (limited ? less : text.size())) {
      return wrong();
    }
  }
  constexpr std::pair<std::string_view, Kind> kNames[] = {{"sqnr", Kind::kSqnr},
                                                          {"cosine", Kind::kCosine},
                                                          {"nan", Kind::kNotFinite},
                                                          {"differs-by-isa", Kind::kByIsa},
                                                          {"differs-from-judge", Kind::kByJudge}};
  const auto* known = std::find_if(std::begin(kNames), std::end(kNames),
                                   [&](const auto& row) { return row.first == name; });
  if (known == std::end(kNames)) {
    return wrong();
  }
  check.kind = known->second;
  if (limited != (check.kind == Kind::kSqnr || check.kind == Kind::kCosine)) {
    return wrong();
  }
  if (limited) {
    const std::string number(text.substr(less + 1));
    char* end = nullptr;
    check.limit = std::strtod(number.c_str(), &end);
    if (number.empty() || *end != '\0') {
      return wrong();
    }
  }
  return check;
}

Result<ReduceResult> ReduceModel(const ReduceOptions& options) {
  return ModelReducer(options).Run();
}

}  // namespace plumb
