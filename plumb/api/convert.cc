#include "plumb/api/convert.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>
#include <map>

#include "plumb/api/golden_vectors.h"
#include "plumb/api/import_judge.h"
#include "plumb/api/lock_files.h"
#include "plumb/api/lock_rebuild.h"
#include "plumb/api/no_effect.h"
#include "plumb/api/preprocess_check.h"
#include "plumb/api/quality_record.h"
#include "plumb/api/recipe.h"
#include "plumb/api/report.h"
#include "plumb/api/samples.h"
#include "plumb/api/stages.h"
#include "plumb/artifact/validator.h"
#include "plumb/artifact/variants.h"
#include "plumb/base/number_text.h"
#include "plumb/compile/compile.h"
#include "plumb/quant/picture_grid.h"
#include "plumb/verify/probe.h"

namespace plumb {
namespace {

// What a conversion for further shapes takes over from the first.
struct FirstVariant {
  compile::NamedStats ranges;
  std::map<std::string, std::string> notes;
  std::vector<Tensor> sample;  // one of its samples, in port order
};

// One conversion, stage by stage.
class Conversion {
 public:
  // `read_as`: how the network is read for each set of shapes.
  Conversion(const ConvertOptions& options, std::vector<ModelOptions> read_as)
      : given_(options), options_(options), read_as_(std::move(read_as)) {}

  Result<Converted> Run() {
    PLUMB_RETURN_IF_ERROR(Import());
    PLUMB_RETURN_IF_ERROR(LoadSamples());
    PLUMB_RETURN_IF_ERROR(Compile());
    PLUMB_RETURN_IF_ERROR(Judge());
    PLUMB_RETURN_IF_ERROR(ConvertOthers());
    return Make();
  }

  // Program and contracts for further shapes, checked as the first's are. `verdict`: of this one alone.
  Result<artifact::Artifact> RunFurther(const FirstVariant& first, verify::Verdict& verdict) {
    first_ = &first;
    PLUMB_RETURN_IF_ERROR(Import());
    PLUMB_RETURN_IF_ERROR(LoadSamples());
    PLUMB_RETURN_IF_ERROR(Compile());
    PLUMB_RETURN_IF_ERROR(Judge());
    verdict = std::move(result_.verdict);
    return VariantOf(model_, *compiled_.program, options_.batch);
  }

 private:
  quant::Progress ProgressOf(std::string stage) const {
    if (!options_.progress) {
      return nullptr;
    }
    return [progress = options_.progress, stage = std::move(stage)](size_t done, size_t total) {
      progress(stage, done, total);
    };
  }

  Status Import() {
    ModelOptions model_options = read_as_.front();
    model_options.passes.observer = [this](const passes::PassReport& report) {
      passes_.emplace_back(report.name);
      if (report.rewrites > 0 || steps_.empty()) {
        steps_.push_back({std::string(report.name), report.after});
      }
    };
    Result<Model> loaded = LoadModel(options_.model, model_options);
    if (!loaded.ok()) {  // further sets: ConvertOthers names them
      return first_ == nullptr && model_options.other_shapes
                 ? loaded.status().WithContext(
                       StrCat("--shape-set ", ShapeSetText(model_options.input_shapes)))
                 : loaded.status();
    }
    model_ = std::move(loaded).value();
    if (model_.is_artifact || model_.is_integer_stage) {
      return UsageError("'", options_.model, "' is quantized already; convert takes a float model");
    }
    result_.explanation = model_.explanation;
    for (const std::string& line : result_.explanation) {
      if (options_.note) {
        options_.note(line);
      }
    }
    PLUMB_RETURN_IF_ERROR(SaveStage(options_.save_stages, "canonical", *model_.graph));
    return {};
  }

  Status LoadSamples() {
    if (options_.calib.empty() && IsFloat()) {
      Explain("no samples were given: the check runs on one synthetic input");
      return {};
    }
    if (options_.calib.empty()) {
      return UsageError(
          "--calib is missing: quantization needs samples (a folder of pictures, a text file with "
          "one sample a "
          "line, or an .npz)");
    }
    PLUMB_ASSIGN_OR_RETURN(
        list_, ListSamples(options_.calib, model_.program->inputs.size(), options_.calib_limit));
    list_.raw = options_.raw_samples;
    result_.samples = list_.samples.size();
    if (read_as_.size() > 1) {
      Explain(StrCat("ranges are calibrated on the set of shapes with the most elements: ",
                     artifact::InputShapesText(*model_.program)));
    }
    if (first_ != nullptr && !Sample(0).ok()) {  // arrays of the first's shape, not pictures
      options_.calib.clear();
      list_ = {};
      for (size_t i = 0; i < first_->sample.size(); ++i) {
        const artifact::Port& port = model_.program->inputs[i];
        const Shape& shape = model_.program->tensors[static_cast<size_t>(port.tensor)].shape;
        if (shape.size() != first_->sample[i].shape().size()) {
          repeated_.clear();
          break;
        }
        repeated_.push_back(Repeated(first_->sample[i], shape));
      }
    }
    return {};
  }

  [[nodiscard]] bool IsFloat() const { return options_.precision == Precision::kFloat; }
  // Of the float network there may be none: then there is a synthetic one.
  [[nodiscard]] size_t SampleCount() const {
    return options_.calib.empty() ? 1 : list_.samples.size();
  }

  Result<std::vector<Tensor>> Sample(size_t index) const {
    if (options_.calib.empty()) {
      return repeated_.empty() ? verify::Probe(*model_.program, model_.io) : repeated_;
    }
    return LoadSample(list_, index, *model_.program, model_.io);
  }

  // False when samples given as tensors hold values that no picture has under an assumed mean and std: the assumption is
  // wrong, and the input's grid comes from the samples.
  Result<bool> SamplesFit(const artifact::PictureInput& picture, const std::string& name) {
    const auto assumed = [](artifact::Source source) {
      return source == artifact::Source::kAssumed || source == artifact::Source::kUnknown;
    };
    if (!assumed(picture.mean_source) || !assumed(picture.std_source)) {
      return true;
    }
    const Quantization grid = quant::PictureGrid(picture);
    const float low = grid.scale[0] * (-128.5f - static_cast<float>(grid.zero_point[0]));
    const float high = grid.scale[0] * (127.5f - static_cast<float>(grid.zero_point[0]));
    const auto input = static_cast<size_t>(picture.input);
    for (size_t i = 0; i < list_.samples.size(); ++i) {
      if (!list_.archive && !list_.samples[i].files[input].ends_with(".npy")) {
        continue;
      }
      PLUMB_ASSIGN_OR_RETURN(const std::vector<Tensor> sample, Sample(i));
      if (sample[input].dtype() != DType::kF32) {
        continue;
      }
      const std::span<const float> x = sample[input].values<float>();
      const auto outside =
          std::find_if(x.begin(), x.end(), [&](float v) { return v < low || v > high; });
      if (outside != x.end()) {
        Explain(
            StrCat("input '", name, "': the samples hold ", *outside,
                   ", which no picture has under the assumed mean and std; "
                   "its range comes from the samples. To give pictures, state --mean and --std"));
        return false;
      }
    }
    return true;
  }

  void Explain(std::string line) {
    if (options_.note) {
      options_.note(line);
    }
    result_.explanation.push_back(std::move(line));
  }

  Status Compile() {
    if (IsFloat()) {
      PLUMB_ASSIGN_OR_RETURN(compiled_,
                             compile::CompileReal(*model_.graph, options_.model_options.fuse));
      PLUMB_RETURN_IF_ERROR(ObserveInputs());
    } else {
      PLUMB_RETURN_IF_ERROR(CompileIntegers());
    }
    result_.notes = compiled_.quantized.notes;
    if (first_ != nullptr) {
      return {};
    }
    result_.no_effect = OptionsWithoutEffect({given_, model_, list_, compile_options_, compiled_});
    PLUMB_RETURN_IF_ERROR(SaveStage(options_.save_stages, "quantized", compiled_.quantized.graph));
    return SaveStage(options_.save_stages, "fused", compiled_.fused);
  }

  // What golden vectors need to know of the inputs, and no more.
  Status ObserveInputs() {
    for (const size_t index : CheckedSamples()) {
      PLUMB_ASSIGN_OR_RETURN(const std::vector<Tensor> sample, Sample(index));
      for (size_t i = 0; i < sample.size(); ++i) {
        if (sample[i].dtype() != DType::kF32 || sample[i].size() == 0) {
          continue;
        }
        const auto [low, high] = std::ranges::minmax(sample[i].values<float>());
        quant::ValueStats& stats =
            compiled_.stats[static_cast<size_t>(model_.graph->inputs[i].value)];
        stats.min = stats.seen ? std::min(stats.min, low) : low;
        stats.max = stats.seen ? std::max(stats.max, high) : high;
        stats.seen = true;
      }
    }
    return {};
  }

  Status CompileIntegers() {
    compile::CompileOptions& compile_options = compile_options_;
    compile_options.quantize = options_.quantize;
    compile_options.threads = options_.threads;
    compile_options.fuse = options_.model_options.fuse;
    compile_options.progress = ProgressOf("calibrate");
    for (const artifact::PictureInput& picture : model_.io.pictures) {
      const std::string& name =
          model_.graph->value(model_.graph->inputs[static_cast<size_t>(picture.input)].value).name;
      bool pictures = first_ != nullptr && !first_->notes.contains(StrCat(kSampledInput, name));
      if (first_ == nullptr) {
        PLUMB_ASSIGN_OR_RETURN(pictures, SamplesFit(picture, name));
      }
      if (pictures) {
        compile_options.quantize.grids.stated.emplace(name, quant::PictureGrid(picture));
      } else {
        notes_[StrCat(kSampledInput, name)] = "samples";
      }
    }
    if (first_ != nullptr) {
      compile_options.other_shapes = true;
      PLUMB_ASSIGN_OR_RETURN(
          compiled_, compile::CompileObserved(*model_.graph, first_->ranges, compile_options));
      return {};
    }
    if (!options_.ranges.empty()) {
      PLUMB_ASSIGN_OR_RETURN(const Lock lock, ReadLock(options_.ranges));
      notes_["ranges"] = "taken over, SHA-256 " + RangesDigest(lock.ranges);
      PLUMB_ASSIGN_OR_RETURN(compiled_,
                             compile::CompileObserved(*model_.graph, lock.ranges, compile_options));
    } else {
      const std::vector<size_t> checked = CheckedSamples();
      const quant::SampleSource source{
          list_.samples.size(), [this](size_t i) { return Sample(i); },
          [&](size_t i, std::vector<Tensor> outputs) {
            if (std::find(checked.begin(), checked.end(), i) != checked.end()) {
              KeepOutputs(i, std::move(outputs));
            }
          }};
      PLUMB_ASSIGN_OR_RETURN(compiled_,
                             compile::CompileInteger(*model_.graph, source, compile_options));
    }
    for (size_t i = 0; i < compiled_.stats.size(); ++i) {
      if (const auto chosen = compiled_.stats[i].chosen) {
        const std::string name(quant::ObserverName(*chosen));
        ++result_.observers[name];
        notes_[StrCat(kChosenObserver, compiled_.names[i])] = name;
      }
    }
    return options_.auto_hybrid ? AddHybrid() : Status();
  }

  Status AddHybrid() {
    std::vector<std::vector<Tensor>> samples;
    for (const size_t i : CheckedSamples()) {
      PLUMB_ASSIGN_OR_RETURN(std::vector<Tensor> sample, Sample(i));
      samples.push_back(std::move(sample));
    }
    const compile::NamedStats stats = compile::AllStatsOf(compiled_);
    AutoHybridRequest request;
    request.target = *options_.auto_hybrid;
    request.graph = &*model_.graph;
    request.stats = &stats;
    request.options = compile_options_;
    request.samples = samples;
    request.progress = ProgressOf("auto-hybrid");
    PLUMB_ASSIGN_OR_RETURN(result_.auto_hybrid,
                           FindHybrid(request, compiled_, options_.quantize.hybrid));
    compile_options_.quantize.hybrid = options_.quantize.hybrid;
    return {};
  }

  // Which samples the verdict is measured on: `check_limit` of them, spread over all.
  [[nodiscard]] std::vector<size_t> CheckedSamples() const {
    const size_t all = SampleCount();
    const size_t count = options_.check_limit == 0 ? all : std::min(options_.check_limit, all);
    std::vector<size_t> indices;
    for (size_t i = 0; i < count; ++i) {
      indices.push_back(i * all / count);
    }
    return indices;
  }

  // The float network's outputs on the checked samples are known from the calibration, which need not be run again: where
  // they are what the model's user sees, and do not take much memory.
  void KeepOutputs(size_t index, std::vector<Tensor> outputs) {
    constexpr size_t kMostBytes = size_t{512} << 20;
    const auto is_f32 = [&](const artifact::Port& port) {
      return port.dtype == DType::kF32 &&
             model_.program->tensors[static_cast<size_t>(port.tensor)].dtype == DType::kF32;
    };
    const auto& ports = model_.program->outputs;
    if (!std::all_of(ports.begin(), ports.end(), is_f32)) {
      return;
    }
    std::vector<runtime::NamedTensor> named;
    for (size_t i = 0; i < outputs.size(); ++i) {
      kept_bytes_ += outputs[i].bytes();
      named.push_back({ports[i].name, std::move(outputs[i])});
    }
    if (kept_bytes_ <= kMostBytes) {
      outputs_[index] = std::move(named);
    }
  }

  Status Judge() {
    std::vector<std::vector<Tensor>> samples;
    std::vector<std::vector<runtime::NamedTensor>> float_outputs;
    for (const size_t i : CheckedSamples()) {
      PLUMB_ASSIGN_OR_RETURN(std::vector<Tensor> sample, Sample(i));
      samples.push_back(std::move(sample));
      if (const auto known = outputs_.find(i);
          known != outputs_.end() && !compiled_.model_states_grids) {
        float_outputs.push_back(std::move(known->second));
      }
    }
    if (steps_.empty()) {  // from a stage file: the passes ran when it was made
      steps_.push_back({"canonical", *model_.graph});
    }
    const std::vector<Tensor> probe =
        !options_.calib.empty() && verify::CoversLittle(compiled_.stats, *model_.graph, model_.io)
            ? verify::Probe(*model_.program, model_.io)
            : std::vector<Tensor>{};
    verify::VerdictInput input;
    input.graph = &*model_.graph;
    input.float_program = model_.program;
    input.integer_program = compiled_.program;
    input.io = &model_.io;
    input.decode = &model_.decode;
    input.samples = samples;
    input.calibration = !IsFloat();
    input.float_outputs = float_outputs;
    input.probe = probe;
    input.steps = verify::StepsThatRun(steps_);
    input.why_no_container = "the artifact is not written yet; 'plumb verify' reads it";
    input.judge = [&] {
      return JudgeImport(model_, samples[0],
                         {options_.reference, options_.judge, options_.threads});
    };
    const auto preprocess = [&](verify::Verdict& verdict) {
      // A share of what the calibration cost, or about a second. A classifier's single answer says little, so that one
      // look at a picture would not show anything.
      constexpr double kShare = 0.05;
      const bool classifier = model_.decode.family == artifact::Family::kClassifier;
      const int64_t macs = classifier ? 60'000'000'000 : 16'000'000'000;
      // Ranges from elsewhere can tell; those of this conversion were made of these pictures as stated.
      const bool theirs = compiled_.model_states_grids || !options_.ranges.empty();
      return CheckPreprocessing({&model_, compiled_.program, theirs ? compiled_.program : nullptr,
                                 &list_, kShare * 2 * static_cast<double>(list_.samples.size()),
                                 macs, options_.threads, options_.progress},
                                verdict);
    };
    if (!options_.calib.empty() && first_ == nullptr) {
      input.preprocess = preprocess;
    }
    input.why_no_preprocess =
        first_ == nullptr ? "needs pictures: --calib PICTURES" : "as for the first set of shapes";
    input.synthetic = options_.calib.empty();
    input.why_no_golden = "made on this machine; 'plumb selftest' checks others";
    input.model_path = options_.model;
    input.artifact_path = options_.output;
    input.threads = options_.threads;
    input.progress = options_.progress;
    PLUMB_RETURN_IF_ERROR(verify::Decide(input, result_.verdict));
    ReportStatedGrids();
    return {};
  }

  // Of a model that comes quantized: which layers are not its integers.
  void ReportStatedGrids() {
    if (!compiled_.model_states_grids) {
      return;
    }
    constexpr size_t kNamed = 3;
    size_t layers = 0, anew = 0;
    std::string names;
    for (const quant::LayerNote& note : result_.notes) {
      layers += note.integer;
      if (note.anew && ++anew <= kNamed) {
        names += StrCat(anew > 1 ? ", '" : "; computed anew: '", note.name, "'");
      }
    }
    result_.verdict.findings.push_back(
        {"Q1", verify::Level::kPass,
         StrCat("the model comes quantized: ", layers - anew, " of ", layers,
                " integer layers compute the original's integers", names,
                anew > kNamed ? StrCat(" and ", anew - kNamed, " more") : "")});
  }

  // The further sets of shapes: same ranges, same options. Where the samples are arrays that do not have their shapes, the
  // first is repeated or cut to them.
  Status ConvertOthers() {
    result_.variants = {artifact::InputShapesText(*model_.program)};
    if (read_as_.size() == 1) {
      return {};
    }
    FirstVariant first;
    first.notes = notes_;
    PLUMB_ASSIGN_OR_RETURN(first.sample, Sample(0));
    if (!IsFloat()) {
      first.ranges = compile::ObservedOf(compiled_);
    }
    for (size_t i = 1; i < read_as_.size(); ++i) {
      constexpr size_t kMostChecked = 5;
      ConvertOptions options = options_;
      options.auto_hybrid.reset();  // what it chose stands in the layers' types
      options.reference.clear();
      options.save_stages.clear();
      options.note = nullptr;
      options.check_limit =
          options.check_limit == 0 ? kMostChecked : std::min(options.check_limit, kMostChecked);
      verify::Verdict verdict;
      Result<artifact::Artifact> made =
          Conversion(options, {read_as_[i]}).RunFurther(first, verdict);
      if (!made.ok()) {
        return made.status().WithContext(
            StrCat("--shape-set ", ShapeSetText(read_as_[i].input_shapes)));
      }
      result_.variants.push_back(artifact::InputShapesText(made->program));
      AddVerdict(result_.variants.back(), verdict);
      others_.push_back(std::move(made).value());
    }
    return {};
  }

  // What the check of further shapes found: one line in any case, and every finding that is no pass.
  void AddVerdict(const std::string& shapes, const verify::Verdict& other) {
    double sqnr = std::numeric_limits<double>::infinity();
    for (const verify::OutputError& output : other.outputs) {
      sqnr = std::min(sqnr, output.sqnr);
    }
    verify::Verdict& verdict = result_.verdict;
    const size_t line = verdict.findings.size();
    size_t findings = 0;
    verdict.Add("X1", verify::Level::kPass, "");
    for (const verify::Finding& finding : other.findings) {
      if (finding.level != verify::Level::kPass) {
        findings += DependsOnHost(finding.code) ? 0 : 1;
        verdict.Add(finding.code, finding.level, StrCat(shapes, ": ", finding.text), finding.fix,
                    finding.evidence);
      }
    }
    verdict.findings[line].text = StrCat(
        shapes, ": ",
        std::isfinite(sqnr) ? StrCat("outputs against float at least ", FixedText(sqnr, 1), " dB, ")
                            : "",
        findings == 0   ? "nothing found"
        : findings == 1 ? "one finding, which names these shapes"
                        : StrCat(findings, " findings, which name these shapes"));
    verdict.level = std::max(verdict.level, other.level);
  }

  Result<Converted> Make() {
    Converted made;
    artifact::Artifact& artifact = made.artifact =
        VariantOf(model_, *compiled_.program, options_.batch);
    PLUMB_ASSIGN_OR_RETURN(artifact.provenance, MakeProvenance(options_, model_, list_, passes_));
    artifact.provenance.notes.merge(notes_);
    artifact.quality = MakeQuality(result_.verdict, result_.notes);
    PLUMB_RETURN_IF_ERROR(AddGolden(artifact));
    for (artifact::Artifact& other : others_) {
      PLUMB_RETURN_IF_ERROR(AddVariant(artifact, std::move(other), options_.threads));
    }
    if (!IsFloat()) {
      made.ranges = compile::ObservedOf(compiled_);
    }
    if (options_.keep_for_report) {
      KeepForReport(made);
    }
    made.result = std::move(result_);
    return made;
  }

  void KeepForReport(Converted& made) {
    auto report = std::make_shared<ReportSource>();
    report->verb = "convert";
    report->artifact = options_.output;
    report->provenance = made.artifact.provenance;
    report->model = std::move(model_);
    report->program = compiled_.program;
    report->samples = std::move(list_);
    report->check_limit = options_.check_limit;
    report->calibration = true;
    report->notes = result_.notes;
    report->auto_hybrid = result_.auto_hybrid;
    report->threads = options_.threads;
    result_.report = std::move(report);
  }

  Status AddGolden(artifact::Artifact& made) {
    if (options_.golden == 0) {
      return {};
    }
    std::vector<quant::ValueStats> input_stats;
    for (const ir::Input& input : model_.graph->inputs) {
      input_stats.push_back(compiled_.stats[static_cast<size_t>(input.value)]);
    }
    GoldenRequest request;
    request.artifact = &made;
    request.input_stats = input_stats;
    request.samples = SamplesByCoverage(compiled_.stats, SampleCount());
    request.load = [this](size_t i) { return Sample(i); };
    request.count = options_.golden.value_or(artifact::kMaxGoldenVectors);
    PLUMB_ASSIGN_OR_RETURN(const GoldenInputs inputs, ChooseGoldenInputs(request));
    const std::optional<size_t> budget =
        options_.golden ? std::nullopt : std::optional(kGoldenBudget);
    PLUMB_ASSIGN_OR_RETURN(made.golden, MakeGolden(made, inputs, options_.threads, budget));
    return {};
  }

  const ConvertOptions& given_;
  ConvertOptions options_;  // with what --auto-hybrid adds
  std::vector<ModelOptions> read_as_;
  const FirstVariant* first_ = nullptr;     // of a further set of shapes
  std::vector<Tensor> repeated_;            // in place of its samples
  std::vector<artifact::Artifact> others_;  // of the further sets
  ConvertResult result_;
  Model model_;
  std::vector<std::string> passes_;
  std::map<std::string, std::string> notes_;  // of the provenance
  std::vector<verify::PassStep> steps_;
  SampleList list_;
  compile::CompileOptions compile_options_;
  compile::Compiled compiled_;
  std::map<size_t, std::vector<runtime::NamedTensor>> outputs_;  // of the float network, by sample
  size_t kept_bytes_ = 0;
};

// Before the work is done: an output that cannot be written is said at once.
Status CheckOutput(const ConvertOptions& options) {
  for (const std::string& path : {options.output, LockPathOf(options.output)}) {
    const std::filesystem::path folder = std::filesystem::path(path).parent_path();
    std::error_code ignored;
    if (!folder.empty() && !std::filesystem::is_directory(folder, ignored)) {
      return EnvironmentError("-o ", path, ": there is no folder '", folder.string(), "'");
    }
    if (std::filesystem::is_directory(path, ignored) && (options.lock || path == options.output)) {
      return UsageError(path == options.output ? "-o " : "the lock of -o ", path,
                        ": is a folder; name a file");
    }
  }
  return {};
}

}  // namespace

Status CheckCustomString(std::string_view text) {
  return text.size() <= kMostCustomString
             ? Status()
             : UsageError("--custom-string has ", text.size(), " bytes; expected at most ",
                          kMostCustomString);
}

Result<Precision> PrecisionFromName(std::string_view name) {
  if (name == "integer" || name == "fp32") {
    return name == "fp32" ? Precision::kFloat : Precision::kInteger;
  }
  return UsageError("precision '", name, "' is not known; expected integer or fp32");
}

Result<Converted> ConvertInMemory(const ConvertOptions& options) {
  if (options.batch < 1 || options.batch > artifact::kMaxBatch) {
    return UsageError("--batch ", options.batch, ": expected 1 to ", artifact::kMaxBatch);
  }
  PLUMB_ASSIGN_OR_RETURN(std::vector<ModelOptions> read_as,
                         ModelOptionsOfSets(options.model_options, options.shape_sets));
  return Conversion(options, std::move(read_as)).Run();
}

Result<ConvertResult> Convert(const ConvertOptions& options) {
  PLUMB_RETURN_IF_ERROR(CheckOutput(options));
  if (!options.locked.empty()) {
    return ConvertLocked(options);
  }
  PLUMB_ASSIGN_OR_RETURN(Converted made, ConvertInMemory(options));
  ConvertResult& result = made.result;
  if (result.verdict.level != verify::Level::kFailure || options.keep_failed) {
    if (options.progress) {  // the last moment to stop without a file
      options.progress("write", 0, 1);
    }
    result.lock = options.lock ? LockPathOf(options.output) : "";
    PLUMB_ASSIGN_OR_RETURN(
        result.artifact_bytes,
        WriteArtifactAndLock(made.artifact, options.output, made.ranges, result.lock));
    result.written = true;
    if (result.report != nullptr) {
      result.report->artifact_bytes = result.artifact_bytes;
    }
  }
  return std::move(result);
}

}  // namespace plumb
