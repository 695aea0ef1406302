#include "plumb/api/selftest.h"

#include <algorithm>
#include <bit>

#include "plumb/api/golden_vectors.h"
#include "plumb/artifact/variants.h"
#include "plumb/base/hash.h"
#include "plumb/vision/golden_input.h"

namespace plumb {
namespace {

using artifact::Artifact;
using artifact::GoldenInput;
using artifact::GoldenVector;
using runtime::DifferenceCause;

constexpr const char* kConvertAgain =
    "convert the model again, or fetch the artifact again from where it was made";

// Records whose parameters are not those that the vectors were made with.
std::vector<size_t> ChangedRecords(const Artifact& artifact) {
  std::vector<size_t> changed;
  for (size_t r = 0; r < artifact.golden.definitions.size(); ++r) {
    if (artifact::DefinitionHash(artifact.program, r) != artifact.golden.definitions[r]) {
      changed.push_back(r);
    }
  }
  return changed;
}

std::string NameOf(const artifact::Program& program, size_t record) {
  return StrCat("record ", record, " '", program.records[record].name, "' (",
                program.records[record].op, ")");
}

// What stands in for the inputs of an artifact without golden vectors: the whole range of pictures and grids.
std::vector<GoldenInput> Noise(const Artifact& artifact) {
  std::vector<GoldenInput> inputs;
  const artifact::Program& program = artifact.program;
  for (size_t i = 0; i < program.inputs.size(); ++i) {
    const int32_t tensor = program.inputs[i].tensor;
    const artifact::TensorInfo& info = program.tensors[static_cast<size_t>(tensor)];
    GoldenInput input;
    input.seed = i + 1;
    switch (info.dtype) {
      case DType::kS8:
        input.low = -128, input.high = 127;
        break;
      case DType::kU8:
        input.high = 255;
        break;
      case DType::kS16:
        input.low = -32768, input.high = 32767;
        break;
      case DType::kF32:
      case DType::kF64:
      case DType::kF16:
      case DType::kBF16:
        input.low = -1, input.high = 1;
        break;
      default:  // indices, sizes, flags: what is valid in most networks
        input.high = 1;
        break;
    }
    for (const artifact::Record& record : program.records) {
      if (record.op != "quantize" || record.inputs.empty() || record.inputs[0] != tensor) {
        continue;
      }
      const artifact::TensorInfo& grid = program.tensors[static_cast<size_t>(record.outputs[0])];
      if (grid.dtype == DType::kS8 && !grid.quantization.empty()) {
        const auto scale = static_cast<double>(grid.quantization.scale[0]);
        input.low = scale * (-128 - grid.quantization.zero_point[0]);
        input.high = scale * (127 - grid.quantization.zero_point[0]);
      }
    }
    inputs.push_back(std::move(input));
  }
  return inputs;
}

class Answerer {
 public:
  Answerer(const std::shared_ptr<const Artifact>& artifact, const runtime::SelfTestOptions& options)
      : artifact_(artifact), options_(options) {}

  Result<SelfTestAnswer> Run() {
    answer_.vectors = artifact_->golden.vectors.size();
    changed_ = ChangedRecords(*artifact_);
    PLUMB_RETURN_IF_ERROR(MakeCases());
    PLUMB_ASSIGN_OR_RETURN(
        answer_.report,
        runtime::SelfTest(artifact::ProgramOf(artifact_), cases_, options_,
                          [this](size_t i, std::span<const ConstTensorView> outputs) {
                            return CompareResult(i, outputs);
                          }));
    Judge();
    return std::move(answer_);
  }

 private:
  Status MakeCases() {
    const artifact::Program& program = artifact_->program;
    std::vector<std::vector<GoldenInput>> given;
    for (const GoldenVector& vector : artifact_->golden.vectors) {
      given.push_back(vector.inputs);
    }
    if (given.empty()) {
      given.push_back(Noise(*artifact_));
    }
    for (size_t v = 0; v < given.size(); ++v) {
      runtime::SelfTestCase& test_case = cases_.emplace_back();
      for (size_t i = 0; i < program.inputs.size(); ++i) {
        const artifact::TensorInfo& info =
            program.tensors[static_cast<size_t>(program.inputs[i].tensor)];
        Tensor& tensor = test_case.inputs.emplace_back(info.dtype, info.shape);
        PLUMB_RETURN_IF_ERROR(vision::FillGoldenInput(*artifact_, given[v][i], i, tensor.view()));
        if (answer_.vectors > 0 && HashTensor(tensor.view()) != given[v][i].hash &&
            input_.empty()) {
          input_ =
              StrCat("input '", program.inputs[i].name, "' of golden vector ", v,
                     ": the values made of its stored form are not those that it was made with");
        }
      }
      if (answer_.vectors > 0) {
        test_case.hashes = artifact_->golden.vectors[v].hashes;
      }
    }
    return {};
  }

  Status CompareResult(size_t v, std::span<const ConstTensorView> outputs) {
    if (answer_.vectors == 0 || !result_.empty()) {
      return {};
    }
    const GoldenVector& vector = artifact_->golden.vectors[v];
    std::vector<Tensor> storage;
    PLUMB_ASSIGN_OR_RETURN(
        const vision::GoldenDecoded decoded,
        vision::DecodeGolden(*artifact_, OutputsAsF32(artifact_->program, outputs, storage)));
    if (decoded.result == vector.result && decoded.objects == vector.objects) {
      return {};
    }
    const char* what = vector.result == artifact::GoldenResult::kClasses ? " classes" : " boxes";
    if (decoded.objects.size() != vector.objects.size()) {
      result_ = StrCat("golden vector ", v, ": expected ", vector.objects.size(), what, ", found ",
                       decoded.objects.size());
      return {};
    }
    const auto [expected, found] =
        std::mismatch(vector.objects.begin(), vector.objects.end(), decoded.objects.begin());
    if (expected != vector.objects.end()) {
      result_ = StrCat("golden vector ", v, ", ", what + 1, " ", expected - vector.objects.begin(),
                       ": expected ", Text(*expected), ", found ", Text(*found));
    } else {
      result_ = StrCat("golden vector ", v, ": another kind of result");
    }
    return {};
  }

  static std::string Text(const artifact::GoldenObject& object) {
    std::string text = StrCat("label ", object.label);
    for (uint32_t bits : object.numbers) {
      text += StrCat(" ", std::bit_cast<float>(bits));
    }
    return text;
  }

  // What of all that was found is the cause, and what follows from it.
  void Judge() {
    const artifact::Program& program = artifact_->program;
    const auto& difference = answer_.report.difference;
    if (difference) {
      answer_.difference = runtime::DescribeDifference(program, *difference);
    }
    if (!changed_.empty()) {
      const bool shows = difference.has_value();
      answer_.problems.push_back(
          {"parameters",
           StrCat(NameOf(program, changed_[0]),
                  changed_.size() > 1 ? StrCat(" and ", changed_.size() - 1, " more") : "",
                  ": its weights, scales or attributes are not those that the golden vectors were "
                  "made with"),
           shows ? StrCat("the file was changed after it was made; ", answer_.difference)
                 : "the file was changed after it was made; on the golden inputs it does not show",
           kConvertAgain});
    }
    if (artifact_->golden.contracts != artifact::ContractsHash(artifact_->io, artifact_->decode) &&
        answer_.vectors > 0) {
      answer_.problems.push_back(
          {"contracts",
           "the I/O or decode contract is not the one that the golden vectors were made with",
           "colour order, mean, std, resize rule, anchors, classes, labels or thresholds were "
           "changed after the artifact was made",
           kConvertAgain});
    }
    if (!input_.empty()) {
      answer_.problems.push_back(
          {"input", input_,
           "the picture's code, the resize rule or mean and std give other values here",
           kConvertAgain});
    }
    // A changed input makes every record differ.
    if (difference && input_.empty() &&
        std::find(changed_.begin(), changed_.end(), difference->record) == changed_.end()) {
      answer_.problems.push_back(
          {"record", answer_.difference, CauseOf(*difference), FixOf(*difference)});
    }
    if (!result_.empty() && !difference) {
      answer_.problems.push_back(
          {"result", result_,
           "the tensors have the stored bits: the decoder differs, or its "
           "contract or the stored result was changed",
           "run the release of Plumb that made the artifact, or convert again"});
    }
  }

  static std::string CauseOf(const runtime::RecordDifference& d) {
    switch (d.cause) {
      case DifferenceCause::kKernel:
        return d.hashes_known
                   ? "another kernel of this machine computes the stored bits: this kernel, "
                     "its compiler or this processor is at fault"
                   : "two kernels of this machine compute different bits";
      case DifferenceCause::kSchedule:
        return "the same kernel computes the expected bits alone, with one thread: the number of "
               "threads or the place of its tensors changes its result";
      case DifferenceCause::kProgram:
        return "all kernels of this machine agree with each other: the stored hash is not theirs, "
               "or this build computes another arithmetic than the one the artifact was made with";
      case DifferenceCause::kUnknown:
        break;
    }
    return "no kernel of this machine computes the expected bits, and they do not agree";
  }

  static std::string FixOf(const runtime::RecordDifference& d) {
    if (d.cause == DifferenceCause::kProgram) {
      return "compare 'plumb --version' with the maker in 'plumb inspect'; else convert again";
    }
    return "do not trust results of this machine; try PLUMB_ISA=scalar, and report it with the "
           "output of 'plumb doctor'";
  }

  const std::shared_ptr<const Artifact>& artifact_;
  const runtime::SelfTestOptions& options_;
  SelfTestAnswer answer_;
  std::vector<runtime::SelfTestCase> cases_;
  std::vector<size_t> changed_;
  std::string input_, result_;  // the first difference of each kind
};

}  // namespace

Result<SelfTestAnswer> RunSelfTest(const std::shared_ptr<const Artifact>& artifact,
                                   const runtime::SelfTestOptions& options) {
  PLUMB_ASSIGN_OR_RETURN(SelfTestAnswer answer, Answerer(artifact, options).Run());
  for (size_t v = 1; answer.passed() && v < artifact::VariantCount(*artifact); ++v) {
    const std::shared_ptr<const Artifact> variant = artifact::Variant(artifact, v);
    PLUMB_ASSIGN_OR_RETURN(SelfTestAnswer other, Answerer(variant, options).Run());
    if (!other.passed()) {
      other.variant = v;
      other.problems[0].text =
          StrCat(artifact::InputShapesText(variant->program), ": ", other.problems[0].text);
      return other;
    }
    answer.vectors += other.vectors;
    answer.report.records += other.report.records;
  }
  return answer;
}

std::string SelfTestSummary(const SelfTestAnswer& answer) {
  if (!answer.passed()) {
    return answer.problems[0].text;
  }
  std::vector<std::string> isas;  // "amx" of "amx, 2 threads"
  for (const std::string& variant : answer.report.variants) {
    if (std::string isa = variant.substr(0, variant.find(','));
        std::find(isas.begin(), isas.end(), isa) == isas.end()) {
      isas.push_back(std::move(isa));
    }
  }
  std::string names;
  for (const std::string& isa : isas) {
    names += (names.empty() ? "" : ", ") + isa;
  }
  if (answer.vectors == 0) {
    return StrCat("no golden vectors are stored; ", answer.report.records,
                  " records on noise give the same bits on ", names,
                  ", which does not tell whether they are the right ones");
  }
  return StrCat(answer.vectors, answer.vectors == 1 ? " golden vector, " : " golden vectors, ",
                answer.report.records, " records: the stored bits on ", names);
}

}  // namespace plumb
