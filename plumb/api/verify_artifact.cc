#include "plumb/api/verify_artifact.h"

#include <algorithm>
#include <filesystem>

#include "plumb/api/eval.h"
#include "plumb/api/import_judge.h"
#include "plumb/api/labelled_data.h"
#include "plumb/api/lock.h"
#include "plumb/api/preprocess_check.h"
#include "plumb/api/report.h"
#include "plumb/api/samples.h"
#include "plumb/api/selftest.h"
#include "plumb/api/shape_sets.h"
#include "plumb/artifact/reader.h"
#include "plumb/base/npy.h"
#include "plumb/base/sha256.h"
#include "plumb/vision/decode.h"

namespace plumb {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kQuickMacs = 200'000'000'000;  // for the alternatives of the preprocessing
constexpr size_t kQuickSamples = 20, kFullSamples = 100;

Result<std::string> HashOf(const std::string& path) {
  PLUMB_ASSIGN_OR_RETURN(const std::vector<std::byte> bytes, ReadFileBytes(path));
  return ToHex(Sha256::Of(bytes));
}

// What the data is: pictures alone, or pictures with the truth.
struct Data {
  SampleList samples;
  std::string task;    // "coco", "imagenet"; empty: no labels
  std::string labels;  // the file that holds them
  std::string images;  // its folder of pictures
};

std::string FolderFor(const VerifyOptions& options) {
  if (!options.images.empty()) {
    return options.images;
  }
  const fs::path folder = fs::path(options.data).parent_path();
  std::error_code ignored;
  return (fs::is_directory(folder / "images", ignored) ? folder / "images" : folder).string();
}

// Every picture of COCO annotations.
Result<Data> CocoDataOf(const VerifyOptions& options) {
  Data data;
  data.task = "coco";
  data.labels = options.data;
  data.images = FolderFor(options);
  data.samples.source = options.data;
  PLUMB_ASSIGN_OR_RETURN(const CocoData coco, ReadCoco(options.data));
  for (const auto& [id, file] : coco.images) {
    data.samples.samples.push_back({{(fs::path(data.images) / file).string()}, 0});
  }
  return data;
}

// Lines "file index": the class of each picture. Nothing when the file is another kind of list.
std::optional<Data> ClassDataOf(const VerifyOptions& options) {
  const auto labelled = ReadPictureLabels(options.data);
  if (!labelled.ok()) {
    return std::nullopt;
  }
  Data data;
  data.task = "imagenet";
  data.labels = options.data;
  data.images = FolderFor(options);
  data.samples.source = options.data;
  for (const LabelledPicture& one : *labelled) {
    data.samples.samples.push_back({{(fs::path(data.images) / one.file).string()}, 0});
  }
  return data;
}

void Thin(std::vector<Sample>& samples, size_t limit) {
  if (samples.size() <= limit) {
    return;
  }
  for (size_t i = 0; i < limit; ++i) {
    samples[i] = samples[i * samples.size() / limit];
  }
  samples.resize(limit);
}

// One artifact, rung by rung.
class Verification {
 public:
  explicit Verification(const VerifyOptions& options) : options_(options) {}

  Result<VerifyResult> Run() {
    if (std::error_code ignored; !fs::is_regular_file(options_.artifact, ignored)) {
      return UsageError("there is no file '", options_.artifact, "'; expected a .plumb artifact");
    }
    if (!artifact::LooksLikeArtifact(options_.artifact) && !options_.artifact.ends_with(".plumb")) {
      return UsageError("'", options_.artifact,
                        "' is no artifact; verify takes what 'plumb convert' wrote, and the float "
                        "model with --against");
    }
    if (options_.layers) {
      PLUMB_RETURN_IF_ERROR(CompareLayers());
      return std::move(result_);
    }
    result_.container = OpenArtifact();
    if (!result_.container.ok()) {
      Refuse();
      KeepForReport();
      return std::move(result_);
    }
    PLUMB_RETURN_IF_ERROR(ChooseShapes());
    PLUMB_RETURN_IF_ERROR(OpenModel());
    PLUMB_RETURN_IF_ERROR(LoadData());
    PLUMB_RETURN_IF_ERROR(Climb());
    KeepForReport();
    return std::move(result_);
  }

 private:
  Status OpenArtifact() {
    PLUMB_ASSIGN_OR_RETURN(artifact_, LoadModel(options_.artifact, {}));
    return Bind();
  }

  Status Bind() {
    runtime::SessionOptions session;
    session.threads = options_.threads;
    PLUMB_ASSIGN_OR_RETURN(bound_, runtime::Session::Create(artifact_.program, session));
    return {};
  }

  // Of an artifact for several sets of shapes: the one that --input-shape names.
  Status ChooseShapes() {
    if (artifact_.artifact == nullptr || artifact_.artifact->variants.empty() ||
        options_.model_options.input_shapes.empty()) {
      return {};
    }
    ModelOptions shapes;
    shapes.input_shapes = options_.model_options.input_shapes;
    PLUMB_ASSIGN_OR_RETURN(artifact_, LoadModel(options_.artifact, shapes));
    return Bind();
  }

  Status CompareLayers() {
    if (options_.against.empty() || options_.data.empty()) {
      return UsageError(
          "layers are compared on samples, with the float model: give both, --against MODEL and "
          "--data PICTURE");
    }
    LayerTableOptions layers = *options_.layers;
    layers.threads = options_.threads;
    layers.progress = options_.progress;
    if (!layers.folder.empty()) {
      PLUMB_RETURN_IF_ERROR(CheckTableFolder(layers.folder));
    }
    PLUMB_RETURN_IF_ERROR(OpenArtifact());
    PLUMB_RETURN_IF_ERROR(ChooseShapes());
    PLUMB_RETURN_IF_ERROR(OpenModel());
    PLUMB_RETURN_IF_ERROR(LoadData());
    PLUMB_ASSIGN_OR_RETURN(result_.layers,
                           MakeLayerTable(artifact_, *model_, imported_with_, samples_, layers));
    return {};
  }

  // Nothing more can be said of an artifact that cannot be read.
  void Refuse() {
    verify::Verdict& verdict = result_.verdict;
    verdict.level = verify::Level::kFailure;
    verdict.judgement.reason = "the artifact cannot be used";
    verdict.AddRung("V0", verify::Level::kFailure, result_.container.message(), "",
                    "copy the file again, or convert again");
    for (const char* code : {"V1", "V2", "V3", "V4", "V5", "V6", "V7", "V8", "V9"}) {
      verdict.Skip(code, "the artifact cannot be used");
    }
    verdict.next = StrCat("plumb explain V0");
  }

  Result<verify::RungOutcome> DescribeContainer() const {
    PLUMB_ASSIGN_OR_RETURN(const artifact::Container container,
                           artifact::ReadContainer(options_.artifact));
    PLUMB_ASSIGN_OR_RETURN(const std::string hash, HashOf(options_.artifact));
    const artifact::Provenance& made = artifact_.artifact->provenance;
    verify::RungOutcome outcome;
    outcome.ran = true;
    outcome.figure =
        StrCat("format ", container.format_version, ", numerics ", container.numerics_version, ", ",
               container.sections.size(), " sections with good hashes, sha256 ", hash.substr(0, 12),
               ", made by ", made.tool, " ", made.version);
    if (!model_hash_.empty() && !made.model.sha256.empty() && made.model.sha256 != model_hash_) {
      outcome.level = verify::Level::kWarning;
      outcome.worst =
          StrCat("made of another model: sha256 ", made.model.sha256.substr(0, 12), " (",
                 made.model.name, "), '", options_.against, "' has ", model_hash_.substr(0, 12));
      outcome.fix = "give the model that it was made of, or convert again";
    }
    return outcome;
  }

  // The float model as the artifact's was read: its passes and shapes, its contracts.
  Status OpenModel() {
    if (options_.against.empty()) {
      return {};
    }
    ModelOptions model_options = options_.model_options;
    ReadAsRecorded(artifact_, model_options);
    ReadForShapesOf(artifact_, model_options);
    model_options.passes.observer = [this](const passes::PassReport& report) {
      if (report.rewrites > 0 || steps_.empty()) {
        steps_.push_back({std::string(report.name), report.after});
      }
    };
    imported_with_ = model_options;
    PLUMB_ASSIGN_OR_RETURN(model_, LoadModel(options_.against, model_options));
    if (model_->is_artifact || model_->is_integer_stage) {
      return UsageError("--against ", options_.against,
                        ": expected the float model; 'plumb diff' compares two artifacts");
    }
    PLUMB_RETURN_IF_ERROR(CheckPorts());
    model_->io = artifact_.io;
    model_->decode = artifact_.decode;
    model_->explanation = artifact_.explanation;
    PLUMB_ASSIGN_OR_RETURN(model_hash_, HashOf(options_.against));
    return {};
  }

  Status CheckPorts() const {
    const auto names = [](const artifact::Program& program,
                          const std::vector<artifact::Port>& ports) {
      std::string text;
      for (const artifact::Port& port : ports) {
        text += StrCat(text.empty() ? "'" : ", '", port.name, "' ",
                       ShapeToString(program.tensors[static_cast<size_t>(port.tensor)].shape));
      }
      return text;
    };
    const artifact::Program &a = *artifact_.program, &b = *model_->program;
    for (const bool inputs : {true, false}) {
      const std::string ours = names(a, inputs ? a.inputs : a.outputs);
      const std::string theirs = names(b, inputs ? b.inputs : b.outputs);
      if (ours != theirs) {
        return UsageError("--against ", options_.against, ": another network: its ",
                          inputs ? "inputs" : "outputs", " are ", theirs, "; expected ", ours);
      }
    }
    return {};
  }

  Status LoadData() {
    if (options_.data.empty()) {
      return {};
    }
    if (std::error_code ignored; !fs::exists(options_.data, ignored)) {
      return UsageError("--data ", options_.data, ": there is no such file or folder");
    }
    const size_t limit = options_.limit > 0                          ? options_.limit
                         : options_.layers                           ? 1
                         : options_.effort == verify::Effort::kQuick ? kQuickSamples
                                                                     : kFullSamples;
    std::optional<Data> labelled;
    if (options_.data.ends_with(".json")) {
      PLUMB_ASSIGN_OR_RETURN(labelled, CocoDataOf(options_));
    } else if (options_.data.ends_with(".txt") && artifact_.program->inputs.size() == 1) {
      labelled = ClassDataOf(options_);
    }
    if (labelled) {
      data_ = std::move(*labelled);
      pool_ = data_.samples;
      Thin(data_.samples.samples, limit);
    } else {
      Result<SampleList> list = ListSamples(options_.data, artifact_.program->inputs.size(), limit);
      if (!list.ok()) {
        return list.status();
      }
      data_.samples = std::move(list).value();
      PLUMB_ASSIGN_OR_RETURN(
          pool_, ListSamples(options_.data, artifact_.program->inputs.size(), options_.limit));
    }
    data_.samples.raw = pool_.raw = options_.raw_samples;
    if (options_.limit > 0) {
      Thin(pool_.samples, options_.limit);
    }
    for (size_t i = 0; i < data_.samples.samples.size(); ++i) {
      PLUMB_ASSIGN_OR_RETURN(std::vector<Tensor> sample,
                             LoadSample(data_.samples, i, *artifact_.program, artifact_.io));
      samples_.push_back(std::move(sample));
    }
    result_.samples = samples_.size();
    return {};
  }

  Result<verify::Judgement> Judge() const {
    PLUMB_ASSIGN_OR_RETURN(
        verify::Judgement judgement,
        JudgeImport(*model_, samples_[0],
                    {options_.reference, options_.judge != JudgeChoice::kNone, options_.threads}));
    if (options_.judge == JudgeChoice::kOnnxRuntime && !judgement.checked) {
      return EnvironmentError("--judge onnxruntime: ", judgement.reason,
                              ". PLUMB_JUDGE_PYTHON names an interpreter that has it");
    }
    return judgement;
  }

  Result<verify::RungOutcome> MeasureTask(verify::Verdict& verdict) const {
    EvalOptions eval;
    eval.task = data_.task;
    eval.data = data_.labels;
    eval.images = data_.images;
    eval.threads = options_.threads;
    eval.progress = options_.progress;
    PLUMB_ASSIGN_OR_RETURN(const EvalComparison found, Evaluate(artifact_, &*model_, eval));
    verify::RungOutcome outcome;
    outcome.ran = true;
    // The first metric that users quote: AP of detectors, top-1 of classifiers.
    const size_t at = data_.task == "coco" ? 1 : 0;
    const EvalMetric &ours = found.model.metrics[at], &theirs = found.other.metrics[at],
                     &difference = found.difference[at];
    const double drop = -difference.value;
    const bool certain = difference.high < 0;  // the interval of the difference leaves out zero
    outcome.level = drop >= verdict.gate.fail_drop && certain ? verify::Level::kFailure
                    : drop >= verdict.gate.warn_drop          ? verify::Level::kWarning
                                                              : verify::Level::kPass;
    char text[256];
    std::snprintf(text, sizeof(text),
                  "%s %.4f -> %.4f on %zu pictures (%+.4f, 95 %% interval %+.4f to %+.4f)",
                  ours.name.c_str(), theirs.value, ours.value, found.model.pictures,
                  difference.value, difference.low, difference.high);
    outcome.figure = text;
    if (outcome.level != verify::Level::kPass) {
      outcome.fix = "see the layers that lose most; --activations int16 loses least";
    }
    return outcome;
  }

  Result<verify::RungOutcome> CheckGolden() {
    runtime::SelfTestOptions options;
    options.threads = options_.threads;
    options.full = options_.effort == verify::Effort::kFull;
    PLUMB_ASSIGN_OR_RETURN(const SelfTestAnswer answer, RunSelfTest(artifact_.artifact, options));
    verify::RungOutcome outcome;
    outcome.ran = true;
    outcome.figure = SelfTestSummary(answer);
    if (!answer.passed()) {
      outcome.level = verify::Level::kFailure;
      outcome.worst = answer.problems[0].cause;
      outcome.fix = answer.problems[0].fix;
    }
    return outcome;
  }

  Status Climb() {
    verify::VerdictInput input;
    input.effort = options_.effort;
    input.integer_program = artifact_.program;
    input.io = &artifact_.io;
    input.decode = &artifact_.decode;
    input.samples = samples_;
    input.container = [this] { return DescribeContainer(); };
    input.why_no_judge = input.why_no_preprocess = "needs the float model: --against MODEL";
    if (model_) {
      input.graph = &*model_->graph;
      input.float_program = model_->program;
      if (steps_.empty()) {
        steps_.push_back({"canonical", *model_->graph});
      }
      input.steps = verify::StepsThatRun(steps_);
      input.why_no_judge = input.why_no_preprocess = "needs inputs: --data PICTURES";
      if (!samples_.empty()) {
        input.judge = [this] { return Judge(); };
        input.preprocess = [this](verify::Verdict& verdict) {
          const bool quick = options_.effort == verify::Effort::kQuick;
          return CheckPreprocessing(
              {&*model_, quick ? artifact_.program : nullptr, artifact_.program, &pool_, 0,
               quick ? kQuickMacs : 0, options_.threads, options_.progress},
              verdict);
        };
        if (!data_.task.empty()) {
          input.task = [this](verify::Verdict& verdict) { return MeasureTask(verdict); };
        }
      }
    }
    input.why_no_golden = "the artifact holds no golden vectors (convert without --golden none)";
    if (!artifact_.artifact->golden.empty()) {
      input.golden = [this] { return CheckGolden(); };
    }
    input.model_path = options_.against.empty() ? "MODEL" : options_.against;
    input.artifact_path = options_.artifact;
    input.threads = options_.threads;
    input.progress = options_.progress;
    return verify::Decide(input, result_.verdict);
  }

  // A lock that stands beside it by chance, or was made for an older artifact, says nothing of this one.
  [[nodiscard]] bool IsLockOf(const Lock& lock) const {
    const Result<std::string> hash = HashOf(options_.artifact);
    return hash.ok() && *hash == lock.artifact_sha256;
  }

  void KeepForReport() {
    if (!options_.keep_for_report) {
      return;
    }
    auto report = std::make_shared<ReportSource>();
    report->verb = "verify";
    report->artifact = options_.artifact;
    std::error_code ignored;
    const auto bytes = fs::file_size(options_.artifact, ignored);
    report->artifact_bytes = ignored ? 0 : static_cast<size_t>(bytes);
    if (artifact_.artifact != nullptr) {
      report->provenance = artifact_.artifact->provenance;
      report->program = artifact_.program;
    }
    report->lock = LockPathOf(options_.artifact);
    if (std::error_code none; artifact_.artifact != nullptr && fs::exists(report->lock, none)) {
      if (Result<Lock> lock = ReadLock(report->lock); lock.ok() && IsLockOf(*lock)) {
        report->calibrated = std::move(lock->ranges);
      }
    }
    report->model = model_ ? std::move(*model_) : std::move(artifact_);
    report->samples = std::move(data_.samples);
    report->threads = options_.threads;
    result_.report = std::move(report);
  }

  const VerifyOptions& options_;
  VerifyResult result_;
  Model artifact_;
  std::unique_ptr<runtime::Session>
      bound_;  // held, so that every later session shares what it bound
  std::optional<Model> model_;
  ModelOptions imported_with_;  // of model_
  std::string model_hash_;
  std::vector<verify::PassStep> steps_;
  Data data_;
  SampleList pool_;  // all there is, for what a few samples do not decide
  std::vector<std::vector<Tensor>> samples_;
};

}  // namespace

Result<VerifyResult> Verify(const VerifyOptions& options) { return Verification(options).Run(); }

}  // namespace plumb
