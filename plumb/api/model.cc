#include "plumb/api/model.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "plumb/api/recipe_options.h"
#include "plumb/api/selftest.h"
#include "plumb/api/stages.h"
#include "plumb/artifact/reader.h"
#include "plumb/artifact/variants.h"
#include "plumb/base/cpu_count.h"
#include "plumb/base/npy.h"
#include "plumb/compile/compile.h"
#include "plumb/import/onnx/import.h"
#include "plumb/import/rknn/rknn_file.h"
#include "plumb/passes/infer_types.h"
#include "plumb/runtime/binding.h"

namespace plumb {
namespace {

bool StatesContract(const contract::Options& options) {
  const contract::PictureOptions& p = options.picture;
  return p.color || p.mean || p.std || p.resize || p.pad || options.decode || options.labels;
}

std::vector<std::string> Explain(const artifact::IoContract& io,
                                 const artifact::DecodeContract& decode, const std::string& why) {
  std::vector<std::string> lines;
  if (!why.empty()) {
    lines.push_back(why);
  }
  for (const contract::Fact& fact : contract::Facts(io, decode)) {
    lines.push_back(StrCat(fact.what, ": ", fact.value, " (", contract::SourceName(fact.source),
                           ")", fact.note.empty() ? "" : ", " + fact.note));
  }
  return lines;
}

bool SelfTestInEnvironment() {
  const char* asked = std::getenv("PLUMB_SELFTEST");
  return asked != nullptr && *asked != '\0' && std::string_view(asked) != "0";
}

// Operators that only another release runs. Binding finds them too, but does not know the file.
Status CheckOperators(const std::string& path, const artifact::Program& program) {
  for (size_t i = 0; i < program.records.size(); ++i) {
    const artifact::Record& record = program.records[i];
    if (runtime::FindRecordKind(record.op, record.version) == nullptr) {
      return Incompatible("'", path, "': record ", i, " '", record.name, "' is of kind '",
                          record.op, "' version ", record.version,
                          ", which this release of Plumb does not know; install the release that "
                          "made it, or newer");
    }
  }
  return {};
}

// The variant that has the shapes asked for, complete in itself.
Result<std::shared_ptr<const artifact::Artifact>> ChooseVariant(
    const std::string& path, const std::shared_ptr<const artifact::Artifact>& whole,
    const std::map<std::string, Shape>& shapes) {
  for (size_t v = 0; v < artifact::VariantCount(*whole); ++v) {
    const std::shared_ptr<const artifact::Artifact> variant = artifact::Variant(whole, v);
    const std::vector<Shape> own = artifact::InputShapes(variant->program);
    size_t fit = 0;
    for (size_t i = 0; i < own.size(); ++i) {
      const auto asked = shapes.find(variant->program.inputs[i].name);
      fit += asked != shapes.end() && asked->second == own[i];
    }
    if (fit == shapes.size()) {
      auto chosen = std::make_shared<artifact::Artifact>(*variant);
      chosen->provenance = whole->provenance;
      chosen->quality = whole->quality;
      chosen->variants.clear();
      return std::shared_ptr<const artifact::Artifact>(std::move(chosen));
    }
  }
  return UsageError("--input-shape: '", path,
                    "' has no such shapes; it takes: ", artifact::VariantsText(*whole));
}

Result<Model> LoadArtifact(const std::string& path, const ModelOptions& options) {
  if (!options.cut.empty() || !options.passes.disabled.empty() ||
      StatesContract(options.contract)) {
    return UsageError("'", path,
                      "' is an artifact: its shapes, passes and contracts travel in it. Options "
                      "such as --color or --outputs go to 'plumb convert'");
  }
  Model model;
  model.path = path;
  model.is_artifact = true;
  PLUMB_ASSIGN_OR_RETURN(model.artifact, artifact::ReadArtifact(path));
  if (!options.input_shapes.empty()) {
    PLUMB_ASSIGN_OR_RETURN(model.artifact,
                           ChooseVariant(path, model.artifact, options.input_shapes));
  }
  model.program = artifact::ProgramOf(model.artifact);
  if (model.program->batch > 1) {
    auto one = std::make_shared<artifact::Program>(*model.program);
    one->batch = 1;
    model.program = std::move(one);
  }
  PLUMB_RETURN_IF_ERROR(CheckOperators(path, *model.program));
  model.io = model.artifact->io;
  model.decode = model.artifact->decode;
  model.explanation = Explain(model.io, model.decode, "");
  if (options.self_test || SelfTestInEnvironment()) {
    PLUMB_ASSIGN_OR_RETURN(const SelfTestAnswer answer,
                           RunSelfTest(model.artifact, {.threads = AvailableCpus()}));
    model.self_test = SelfTestSummary(answer);
    if (!answer.passed()) {
      return VerificationFailed(
          "'", path, "': the self-test failed, so it is not run: ", model.self_test, "; ",
          answer.problems[0].cause, ". See 'plumb selftest ", path, "'");
    }
  }
  return model;
}

}  // namespace

Result<Model> LoadModel(const std::string& path, const ModelOptions& options) {
  if (std::error_code ignored; !std::filesystem::is_regular_file(path, ignored)) {
    return UsageError("there is no file '", path, "'; expected a .onnx model or a .plumb artifact");
  }
  if (artifact::LooksLikeArtifact(path) || path.ends_with(".plumb")) {
    return LoadArtifact(path, options);
  }
  if (rknn::VariantOfFile(path) != rknn::Variant::kNone) {
    PLUMB_ASSIGN_OR_RETURN(const rknn::Facts facts, rknn::ReadFile(path));
    return Incompatible("'", path, "' is ", rknn::Describe(facts),
                        "; it cannot be run here: ", rknn::kWhyNotHere,
                        ". What it says of itself: plumb inspect ", path);
  }
  if (options.self_test) {
    return UsageError("--selftest: '", path,
                      "' is a float model; only an artifact carries what it should compute");
  }
  Model model;
  model.path = path;
  onnx::ImportedModel imported;
  if (IsStageFile(path)) {
    if (!options.cut.empty()) {
      return UsageError("'", path,
                        "' is a stage file, cut already or not at all: --inputs, --outputs and "
                        "--constant belong to the model's own file");
    }
    PLUMB_ASSIGN_OR_RETURN(StageFile stage, LoadStage(path));
    model.graph = std::move(stage.graph);
    model.is_integer_stage = stage.stage != "canonical";
  } else {
    model.read_with.input_shapes = options.input_shapes;
    model.read_with.other_shapes = options.other_shapes;
    model.read_with.cut = options.cut;
    model.read_with.infer = [](ir::Graph& graph) { return passes::InferTypes(graph).status(); };
    PLUMB_ASSIGN_OR_RETURN(imported, onnx::ImportOnnx(path, model.read_with));
    model.graph = std::move(imported.graph);
    model.data_files.assign(imported.data_files.begin(), imported.data_files.end());
    PLUMB_RETURN_IF_ERROR(passes::RunPipeline(*model.graph, options.passes));
  }
  PLUMB_ASSIGN_OR_RETURN(auto program, compile::CompileFloat(*model.graph, options.fuse));
  if (imported.symbolic_batch) {
    auto batched = std::make_shared<artifact::Program>(*program);
    batched->symbolic_batch = true;
    program = std::move(batched);
  }
  model.program = std::move(program);
  PLUMB_ASSIGN_OR_RETURN(contract::Contracts contracts,
                         contract::Recognize(*model.graph, options.contract));
  model.io = std::move(contracts.io);
  model.decode = std::move(contracts.decode);
  if (const auto names = imported.metadata.find("names");
      names != imported.metadata.end() && !options.contract.labels) {
    if (std::vector<std::string> labels = LabelsOfMetadata(names->second);
        static_cast<int32_t>(labels.size()) == model.decode.classes) {
      model.decode.labels = std::move(labels);
      model.decode.labels_source = artifact::Source::kRecognized;
    }
  }
  model.explanation = Explain(model.io, model.decode, contracts.why);
  return model;
}

std::vector<std::string> LabelsOfMetadata(const std::string& names) {
  std::vector<std::string> labels;
  size_t at = 0;
  while ((at = names.find_first_of("0123456789'\"", at)) != std::string::npos) {
    if (names[at] != '\'' && names[at] != '"') {  // "7:" must come in its turn
      size_t end = at;
      const unsigned long key = std::stoul(names.substr(at, 9), &end);
      if (key != labels.size()) {
        return {};
      }
      at = names.find_first_of("'\"", at + end);
      if (at == std::string::npos) {
        return {};
      }
    }
    const size_t close = names.find(names[at], at + 1);
    if (close == std::string::npos) {
      return {};
    }
    labels.push_back(names.substr(at + 1, close - at - 1));
    at = close + 1;
  }
  return labels;
}

void ReadAsRecorded(const Model& artifact, ModelOptions& options) {
  if (artifact.artifact == nullptr) {
    return;
  }
  ConvertOptions made;
  TakeKnownOptions(artifact.artifact->provenance.options, made);
  ModelOptions& recorded = made.model_options;
  const auto observer = std::move(options.passes.observer);
  options.passes = std::move(recorded.passes);
  options.passes.observer = observer;
  options.input_shapes.merge(recorded.input_shapes);
  if (options.cut.inputs.empty()) {
    options.cut.inputs = std::move(recorded.cut.inputs);
  }
  if (options.cut.outputs.empty()) {
    options.cut.outputs = std::move(recorded.cut.outputs);
  }
  options.cut.constants.merge(recorded.cut.constants);
}

Result<std::vector<std::string>> ReadLabelFile(const std::string& path) {
  std::ifstream file(path);
  if (!file) {
    return UsageError("--labels ", path, ": cannot be read");
  }
  std::vector<std::string> labels;
  for (std::string line; std::getline(file, line);) {
    line.erase(line.find_last_not_of(" \t\r") + 1);
    labels.push_back(line);
  }
  while (!labels.empty() && labels.back().empty()) {
    labels.pop_back();
  }
  if (labels.empty()) {
    return UsageError("--labels ", path, ": holds no names; expected one a line");
  }
  return labels;
}

Result<std::pair<std::string, Shape>> ParseInputShape(const std::string& text) {
  const size_t equals = text.rfind('=');
  Shape shape;
  bool good = equals != std::string::npos && equals > 0;
  if (good) {
    std::istringstream parts(text.substr(equals + 1));
    for (std::string part; std::getline(parts, part, 'x');) {
      char* end = nullptr;
      const long long size = std::strtoll(part.c_str(), &end, 10);
      good = good && !part.empty() && *end == '\0' && size > 0 && size <= (1LL << 31);
      shape.push_back(size);
    }
  }
  if (!good || shape.empty()) {
    return UsageError("--input-shape ", text, ": expected name=1x3x640x640");
  }
  return std::pair{text.substr(0, equals), shape};
}

Result<std::pair<std::string, Tensor>> ReadConstant(const std::string& text) {
  const size_t equals = text.rfind('=');
  if (equals == std::string::npos || equals == 0) {
    return UsageError("--constant ", text, ": expected name=FILE.npy");
  }
  Result<Tensor> tensor = ReadNpy(text.substr(equals + 1));
  if (!tensor.ok()) {
    return tensor.status().WithContext("--constant " + text.substr(0, equals));
  }
  return std::pair{text.substr(0, equals), std::move(*tensor)};
}

}  // namespace plumb
