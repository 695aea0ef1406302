#include "plumb/api/lock_rebuild.h"

#include <algorithm>
#include <filesystem>

#include "plumb/api/golden_vectors.h"
#include "plumb/api/lock_files.h"
#include "plumb/api/recipe.h"
#include "plumb/api/recipe_options.h"
#include "plumb/api/version.h"
#include "plumb/artifact/reader.h"
#include "plumb/artifact/validator.h"
#include "plumb/artifact/writer.h"
#include "plumb/base/mapped_file.h"
#include "plumb/base/sha256.h"
#include "plumb/quant/picture_grid.h"

namespace plumb {
namespace {

namespace fs = std::filesystem;

std::string Joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) {
    text += StrCat(text.empty() ? "'" : ", '", name, "'");
  }
  return text;
}

Status CheckUnedited(const Lock& lock) {
  if (lock.edited.empty()) {
    return {};
  }
  const bool ranges =
      std::find(lock.edited.begin(), lock.edited.end(), "ranges") != lock.edited.end();
  return UsageError(
      "was edited since Plumb wrote it: ", Joined(lock.edited),
      ". A lock rebuilds the very artifact that it was written for; take the file as it was. To "
      "convert with ",
      ranges ? "ranges of your own, give them with samples to check the result by: plumb convert "
               "MODEL --ranges THIS_LOCK --calib SAMPLES -o OUT"
             : "other options, run plumb convert MODEL --calib SAMPLES -o OUT");
}

Status CheckMaker(const Lock& lock) {
  const artifact::Provenance& p = lock.provenance;
  if (p.tool == "plumb" && p.version == Release() && p.commit == Commit() &&
      lock.numerics == artifact::kNumericsVersion && lock.format == artifact::kFormatVersion) {
    return {};
  }
  return Incompatible(
      "was written by ", p.tool, " ", p.version, " (", p.commit, "), numerics ", lock.numerics,
      ", format ", lock.format, "; this is ", VersionText(),
      ". Another release need not make the same bytes: use the one that wrote it, or convert anew "
      "with --calib and compare with 'plumb diff'");
}

// Files of weights beside the model. Their names come from the lock: none may lead out of the folder.
Status CheckModelData(const Lock& lock, const std::string& model) {
  for (const auto& [key, sha256] : lock.provenance.notes) {
    if (!key.starts_with(kModelData)) {
      continue;
    }
    const fs::path name = fs::path(key.substr(kModelData.size())).lexically_normal();
    if (name.empty() || name.is_absolute() || *name.begin() == "..") {
      return UsageError("names a file of weights outside the model's folder: '", name.string(),
                        "'");
    }
    PLUMB_ASSIGN_OR_RETURN(const std::shared_ptr<const MappedFile> file,
                           MappedFile::Open((fs::path(model).parent_path() / name).string()));
    if (const std::string found = ToHex(Sha256::Of(file->bytes())); found != sha256) {
      return UsageError("is for other weights: '", name.string(), "' has SHA-256 ", found,
                        "; the lock states ", sha256);
    }
  }
  return {};
}

Status CheckModel(const Lock& lock, const std::string& path) {
  PLUMB_ASSIGN_OR_RETURN(const std::shared_ptr<const MappedFile> file, MappedFile::Open(path));
  const std::string found = ToHex(Sha256::Of(file->bytes()));
  if (found == lock.provenance.model.sha256) {
    return CheckModelData(lock, path);
  }
  return UsageError("is for another model: it names '", lock.provenance.model.name,
                    "' with SHA-256 ", lock.provenance.model.sha256, "; '", path, "' has ", found);
}

verify::Level LevelOf(artifact::Outcome outcome) {
  return outcome == artifact::Outcome::kFail   ? verify::Level::kFailure
         : outcome == artifact::Outcome::kWarn ? verify::Level::kWarning
                                               : verify::Level::kPass;
}

// What was found then, marked as such.
verify::Verdict VerdictOf(const artifact::Quality& quality) {
  verify::Verdict verdict;
  for (const artifact::RuleResult& rule : quality.rules) {
    const std::string text = rule.evidence + " (from lock)";
    if (rule.rule.starts_with('V')) {
      verdict.AddRung(rule.rule, LevelOf(rule.outcome), text);
    } else {
      verdict.Add(rule.rule, LevelOf(rule.outcome), text);
    }
  }
  verdict.level = LevelOf(quality.verdict);
  verdict.judgement.reason = "nothing is measured with --locked";
  return verdict;
}

// Program and contracts for one set of shapes.
Result<artifact::Artifact> CompileFromLock(const Lock& lock, const std::string& model_path,
                                           const ConvertOptions& options, const ModelOptions& read,
                                           bool first) {
  PLUMB_ASSIGN_OR_RETURN(const Model model, LoadModel(model_path, read));
  if (!model.graph || model.is_integer_stage) {
    return UsageError("'", model_path, "' is quantized already; a lock is for a float model");
  }
  compile::CompileOptions compile_options;
  compile_options.quantize = options.quantize;
  compile_options.threads = options.threads;
  compile_options.fuse = options.model_options.fuse;
  compile_options.other_shapes = !first;
  for (const artifact::PictureInput& picture : model.io.pictures) {
    const std::string& name =
        model.graph->value(model.graph->inputs[static_cast<size_t>(picture.input)].value).name;
    if (!lock.provenance.notes.contains(StrCat(kSampledInput, name))) {
      compile_options.quantize.grids.stated.emplace(name, quant::PictureGrid(picture));
    }
  }
  const auto compile = [&] {
    return options.precision == Precision::kFloat
               ? compile::CompileReal(*model.graph, compile_options.fuse)
               : compile::CompileObserved(*model.graph, lock.ranges, compile_options);
  };
  PLUMB_ASSIGN_OR_RETURN(const compile::Compiled compiled, compile());
  return VariantOf(model, *compiled.program, options.batch);
}

}  // namespace

std::vector<std::string> TakenFromLock(const Lock& lock) {
  std::vector<std::string> taken = {"quality record"};
  if (!lock.golden.empty()) {
    taken.emplace_back("golden inputs");
  }
  return taken;
}

Result<std::string> FindModelBeside(const std::string& file,
                                    const artifact::Provenance& provenance) {
  // The name is that of a file without its folder; a hostile one may lead elsewhere.
  const fs::path name = fs::path(provenance.model.name).filename();
  const fs::path path = fs::path(file).parent_path() / name;
  std::error_code ignored;
  if (name.empty() || !fs::is_regular_file(path, ignored)) {
    return UsageError("'", file, "' was made of '", name.string(), "', which is not beside it; ",
                      "name the model");
  }
  return path.string();
}

Result<artifact::Artifact> RebuildFromLock(const Lock& lock, const std::string& model_path,
                                           int threads) {
  PLUMB_RETURN_IF_ERROR(CheckUnedited(lock));
  PLUMB_RETURN_IF_ERROR(CheckMaker(lock));
  PLUMB_RETURN_IF_ERROR(CheckModel(lock, model_path));
  ConvertOptions options;
  PLUMB_RETURN_IF_ERROR(TakeOptions(lock.provenance.options, options));
  options.threads = threads;
  PLUMB_ASSIGN_OR_RETURN(const std::vector<ModelOptions> read_as,
                         ModelOptionsOfSets(options.model_options, options.shape_sets));
  artifact::Artifact made;
  for (const ModelOptions& read : read_as) {
    const bool first = &read == &read_as.front();
    PLUMB_ASSIGN_OR_RETURN(artifact::Artifact one,
                           CompileFromLock(lock, model_path, options, read, first));
    if (!first) {
      PLUMB_RETURN_IF_ERROR(AddVariant(made, std::move(one), threads));
      continue;
    }
    made = std::move(one);
    made.provenance = lock.provenance;
    made.quality = lock.quality;
    made.golden = lock.golden;
    PLUMB_RETURN_IF_ERROR(artifact::ValidateGolden(made));
    GoldenInputs inputs;
    for (const artifact::GoldenVector& vector : lock.golden.vectors) {
      inputs.push_back(vector.inputs);
    }
    PLUMB_ASSIGN_OR_RETURN(made.golden, MakeGolden(made, inputs, threads, std::nullopt));
  }
  return made;
}

Result<ConvertResult> ConvertLocked(const ConvertOptions& options) {
  PLUMB_ASSIGN_OR_RETURN(const Lock lock, ReadLock(options.locked));
  std::string model = options.model;
  if (model.empty()) {
    PLUMB_ASSIGN_OR_RETURN(model, FindModelBeside(options.locked, lock.provenance));
  }
  const std::string where = StrCat("'", options.locked, "'");
  Result<artifact::Artifact> made = RebuildFromLock(lock, model, options.threads);
  if (!made.ok()) {
    return made.status().WithContext(where);
  }
  PLUMB_ASSIGN_OR_RETURN(const std::string difference, DifferenceFromLock(*made, lock));
  if (!difference.empty()) {
    return VerificationFailed(
        where, ": the artifact made of it is not the one it was written for: ", difference,
        ". The same release made both, so either this machine computes wrongly ('plumb doctor') or "
        "the lock's own digests were changed. Nothing was written");
  }
  ConvertResult result;
  result.verdict = VerdictOf(lock.quality);
  result.samples = lock.provenance.calibration.size();
  result.taken_over = TakenFromLock(lock);
  result.lock = options.lock ? LockPathOf(options.output) : "";
  PLUMB_ASSIGN_OR_RETURN(result.artifact_bytes,
                         WriteArtifactAndLock(*made, options.output, lock.ranges, result.lock));
  result.written = true;
  return result;
}

Result<RebuildReport> RebuildAndCompare(const RebuildRequest& request) {
  PLUMB_ASSIGN_OR_RETURN(const auto original, artifact::ReadArtifact(request.artifact));
  const artifact::Provenance& provenance = original->provenance;
  std::string model = request.model;
  if (model.empty()) {
    PLUMB_ASSIGN_OR_RETURN(model, FindModelBeside(request.artifact, provenance));
  }
  RebuildReport report;
  artifact::Artifact again;
  if (!request.calib.empty()) {
    ConvertOptions options;
    PLUMB_RETURN_IF_ERROR(
        TakeOptions(provenance.options, options).WithContext(StrCat("'", request.artifact, "'")));
    options.model = model;
    options.calib = request.calib;
    options.threads = request.threads;
    options.progress = request.progress;
    options.judge = false;  // its result does not enter the artifact
    PLUMB_ASSIGN_OR_RETURN(Converted made, ConvertInMemory(options));
    again = std::move(made.artifact);
    report.from = StrCat(made.result.samples, " samples of '", request.calib, "'");
  } else {
    const std::string path = request.lock.empty() ? LockPathOf(request.artifact) : request.lock;
    PLUMB_ASSIGN_OR_RETURN(const Lock lock, ReadLock(path));
    Result<artifact::Artifact> made = RebuildFromLock(lock, model, request.threads);
    if (!made.ok()) {
      return made.status().WithContext(StrCat("'", path, "'"));
    }
    again = std::move(made).value();
    report.from = StrCat("lock '", path, "'");
    report.taken_over = TakenFromLock(lock);
  }
  report.difference = FirstDifference(*original, again);
  if (report.difference.empty()) {  // the bytes themselves are what is promised
    PLUMB_ASSIGN_OR_RETURN(const std::vector<std::byte> bytes, artifact::SerializeArtifact(again));
    PLUMB_ASSIGN_OR_RETURN(const std::shared_ptr<const MappedFile> file,
                           MappedFile::Open(request.artifact));
    const bool same =
        std::equal(bytes.begin(), bytes.end(), file->bytes().begin(), file->bytes().end());
    report.difference = same ? "" : "the bytes of the file differ, though not in what they mean";
  }
  report.identical = report.difference.empty();
  return report;
}

}  // namespace plumb
