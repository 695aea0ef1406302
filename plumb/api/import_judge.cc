#include "plumb/api/import_judge.h"

#include <algorithm>
#include <filesystem>
#include <vector>

#include "plumb/api/stages.h"
#include "plumb/import/onnx/import.h"
#include "plumb/pictures/npz.h"

namespace plumb {
namespace {

std::string BaseName(const std::string& path) {
  return std::filesystem::path(path).filename().string();
}

Result<Tensor> ReadProto(const std::string& path) {
  PLUMB_ASSIGN_OR_RETURN(onnx::NamedTensor named, onnx::ReadTensorProto(path));
  return std::move(named.tensor);
}

// Inputs that stand in the reference file replace the sample's.
Status TakeInputs(std::vector<runtime::NamedTensor>& theirs,
                  std::vector<runtime::NamedTensor>& inputs) {
  for (runtime::NamedTensor& input : inputs) {
    const auto found = std::find_if(theirs.begin(), theirs.end(),
                                    [&](const auto& t) { return t.name == input.name; });
    if (found == theirs.end()) {
      return UsageError("--reference: holds no input '", input.name,
                        "'; expected the inputs and the outputs, by name");
    }
    input.tensor = found->tensor;
    theirs.erase(found);
  }
  return {};
}

Status ReadTestData(const std::filesystem::path& folder, const artifact::Program& program,
                    std::vector<runtime::NamedTensor>& inputs,
                    std::vector<runtime::NamedTensor>& theirs) {
  for (size_t i = 0; i < inputs.size(); ++i) {
    PLUMB_ASSIGN_OR_RETURN(inputs[i].tensor,
                           ReadProto((folder / StrCat("input_", i, ".pb")).string()));
  }
  for (size_t i = 0; i < program.outputs.size(); ++i) {
    PLUMB_ASSIGN_OR_RETURN(Tensor tensor,
                           ReadProto((folder / StrCat("output_", i, ".pb")).string()));
    theirs.push_back({program.outputs[i].name, std::move(tensor)});
  }
  return {};
}

// The model as its own program has it: the file, or the part of it that was read.
Result<verify::OnnxRuntimeRun> RunJudge(const Model& model,
                                        std::span<const runtime::NamedTensor> inputs) {
  if (model.read_with.cut.empty()) {
    return verify::RunOnnxRuntime(model.path, inputs);
  }
  PLUMB_ASSIGN_OR_RETURN(const std::string part, onnx::CutModelBytes(model.path, model.read_with));
  return verify::RunOnnxRuntimeOnBytes(part, inputs);
}

}  // namespace

Result<verify::Judgement> JudgeImport(const Model& model, std::span<const Tensor> sample,
                                      const JudgeOptions& options) {
  const std::shared_ptr<const artifact::Program>& program = model.program;
  const bool whole = model.read_with.cut.empty();  // else test_data_set_0 is of other tensors
  std::vector<runtime::NamedTensor> inputs;
  for (size_t i = 0; i < sample.size(); ++i) {
    inputs.push_back({program->inputs[i].name, sample[i]});
  }
  verify::Judgement judgement;
  std::vector<runtime::NamedTensor> theirs;
  std::string judge;
  const std::filesystem::path data_set =
      std::filesystem::path(model.path).parent_path() / "test_data_set_0";
  if (!options.reference.empty()) {
    PLUMB_ASSIGN_OR_RETURN(std::vector<pictures::NpzEntry> given,
                           pictures::ReadNpz(options.reference));
    for (pictures::NpzEntry& entry : given) {
      theirs.push_back({std::move(entry.name), std::move(entry.tensor)});
    }
    judge = "the outputs given (" + BaseName(options.reference) + ")";
    PLUMB_RETURN_IF_ERROR(TakeInputs(theirs, inputs));
  } else if (std::error_code ignored; whole && std::filesystem::is_directory(data_set, ignored)) {
    PLUMB_RETURN_IF_ERROR(ReadTestData(data_set, *program, inputs, theirs));
    judge = "test_data_set_0";
  } else if (options.installed && !IsStageFile(model.path)) {
    PLUMB_ASSIGN_OR_RETURN(verify::OnnxRuntimeRun run, RunJudge(model, inputs));
    if (!run.available || !run.problem.empty()) {
      judgement.reason = run.available
                             ? StrCat("onnxruntime ", run.version, " refused it: ", run.problem)
                             : "no onnxruntime is installed, and neither --reference nor "
                               "test_data_set_0 is given";
      return judgement;
    }
    judge = "onnxruntime " + run.version;
    theirs = std::move(run.outputs);
  } else {
    judgement.reason = "switched off";
    return judgement;
  }
  runtime::SessionOptions session_options;
  session_options.threads = options.threads;
  PLUMB_ASSIGN_OR_RETURN(auto session, runtime::Session::Create(program, session_options));
  PLUMB_ASSIGN_OR_RETURN(const std::vector<runtime::NamedTensor> ours,
                         runtime::RunNamed(*session, inputs));
  return verify::Compare(judge, ours, theirs);
}

}  // namespace plumb
