#include "plumb/api/diagnose.h"

#include <algorithm>
#include <cmath>

#include "plumb/api/given_results.h"
#include "plumb/api/report_diagnosis.h"
#include "plumb/api/samples.h"
#include "plumb/api/selftest.h"
#include "plumb/api/shape_sets.h"
#include "plumb/artifact/reader.h"
#include "plumb/pictures/read_picture.h"
#include "plumb/verify/diagnose/reconcile.h"

namespace plumb {
namespace {

verify::Side SideOf(const Model& model) { return {model.program, model.io, model.decode}; }

bool IsInteger(const artifact::Program& program) {
  return std::any_of(program.tensors.begin(), program.tensors.end(), [](const auto& tensor) {
    return tensor.constant < 0 && (tensor.dtype == DType::kS8 || tensor.dtype == DType::kS16) &&
           !tensor.quantization.empty();
  });
}

// The model is read as the artifact's recipe says, so that their layers are the same.
ModelOptions ReferenceOptions(const DiagnoseOptions& options, const std::optional<Model>& subject) {
  ModelOptions made = options.model_options;
  if (subject && !artifact::LooksLikeArtifact(options.against)) {
    ReadAsRecorded(*subject, made);
    ReadForShapesOf(*subject, made);
  }
  return made;
}

// A file of another version: that is the answer.
verify::Diagnosis OtherVersion(const DiagnoseOptions& options, const Status& status) {
  verify::Diagnosis diagnosis;
  diagnosis.headline = StrCat(
      "The result differs by machine: the artifact is of another version than this program: ",
      status.message());
  const std::string next = StrCat("plumb convert ", options.against, " -o ", options.subject,
                                  " --calib PICTURES   # with this release");
  diagnosis.causes.push_back(
      {"H9", {"other-version", diagnosis.headline, status.message(), next, 1, true}, 1});
  diagnosis.tried.push_back(
      {"H9", "another version or machine", status.message(), "other-version", 1, 0});
  diagnosis.next = next;
  return diagnosis;
}

// The file of each sample; empty where it has none, or several.
std::vector<std::string> FilesOf(const SampleList& list) {
  std::vector<std::string> files;
  for (const Sample& sample : list.samples) {
    files.push_back(sample.files.size() == 1 ? sample.files[0] : "");
  }
  return files;
}

// What travels with the artifact against what this machine computes.
Result<verify::StoredBits> CompareStoredBits(
    const std::shared_ptr<const artifact::Artifact>& artifact, int threads) {
  using Blame = verify::StoredBits::Blame;
  runtime::SelfTestOptions options;
  options.threads = threads;
  PLUMB_ASSIGN_OR_RETURN(const SelfTestAnswer answer, RunSelfTest(artifact, options));
  verify::StoredBits bits;
  bits.vectors = answer.vectors;
  if (answer.passed()) {
    return bits;
  }
  const SelfTestProblem& problem = answer.problems[0];
  bits.difference = problem.text;
  bits.meaning = problem.cause;
  const bool arithmetic = problem.part == "result" ||
                          (problem.part == "record" && answer.report.difference &&
                           answer.report.difference->cause == runtime::DifferenceCause::kProgram);
  bits.blame = arithmetic                 ? Blame::kArithmetic
               : problem.part == "record" ? Blame::kMachine
                                          : Blame::kFile;
  return bits;
}

Status LoadData(const DiagnoseOptions& options, const Model& reference, verify::CaseInput& input,
                SampleList& list) {
  const bool dumped = !options.outputs.empty();
  PLUMB_ASSIGN_OR_RETURN(list, ListSamples(options.data, reference.program->inputs.size(),
                                           dumped || !options.boxes.empty() ? 0 : options.limit));
  if (dumped) {
    std::vector<std::string> known;
    for (const artifact::Port& port : reference.program->outputs) {
      known.push_back(port.name);
    }
    for (size_t v = 0; reference.graph && v < reference.graph->value_count(); ++v) {
      known.push_back(reference.graph->value(static_cast<ir::ValueId>(v)).name);
    }
    PLUMB_ASSIGN_OR_RETURN(input.given.outputs, ReadGivenOutputs(options.outputs, known));
    const size_t count = input.given.outputs.size();
    if (list.samples.size() < count) {
      return UsageError("--outputs ", options.outputs, ": holds ", count, " pictures, --data has ",
                        list.samples.size(), "; give the pictures it was made of, in its order");
    }
    const size_t used = options.limit == 0 ? count : std::min(count, options.limit);
    input.given.outputs.resize(used);
    list.samples.resize(used);
  }
  if (!options.boxes.empty()) {
    const std::vector<std::string> names = FilesOf(list);
    PLUMB_ASSIGN_OR_RETURN(auto boxes, ReadGivenBoxes(options.boxes, names, reference.decode));
    // Pictures with boxes first: without any there is little to learn.
    std::vector<size_t> order(names.size());
    for (size_t i = 0; i < order.size(); ++i) {
      order[i] = i;
    }
    std::stable_sort(order.begin(), order.end(),
                     [&](size_t a, size_t b) { return !boxes[a].empty() && boxes[b].empty(); });
    if (options.limit > 0 && order.size() > options.limit) {
      order.resize(options.limit);
    }
    std::vector<Sample> samples;
    for (const size_t i : order) {
      samples.push_back(list.samples[i]);
      input.given.boxes.push_back(boxes[i]);
    }
    list.samples = std::move(samples);
  }
  const bool pictures =
      reference.io.pictures.size() == 1 && reference.program->inputs.size() == 1 && !list.archive &&
      std::all_of(list.samples.begin(), list.samples.end(),
                  [](const Sample& s) { return pictures::HasPictureName(s.files[0]); });
  for (size_t i = 0; i < list.samples.size(); ++i) {
    if (pictures) {
      PLUMB_ASSIGN_OR_RETURN(Picture picture, pictures::ReadPicture(list.samples[i].files[0]));
      input.pictures.push_back(std::move(picture));
    } else {
      PLUMB_ASSIGN_OR_RETURN(std::vector<Tensor> sample,
                             LoadSample(list, i, *reference.program, reference.io));
      input.samples.push_back(std::move(sample));
    }
  }
  return {};
}

}  // namespace

Result<DiagnoseResult> Diagnose(const DiagnoseOptions& options) {
  const int sources = !options.subject.empty() + !options.outputs.empty() + !options.boxes.empty();
  if (sources != 1) {
    return UsageError(
        "what is wrong? Expected an artifact, or --outputs DUMP.npz, or --boxes "
        "RESULT.json; found ",
        sources == 0 ? "none" : "more than one");
  }
  std::optional<Model> subject;
  if (!options.subject.empty()) {
    Result<Model> loaded = LoadModel(options.subject, {});
    if (!loaded.ok() && loaded.status().code() == Code::kIncompatible) {
      return DiagnoseResult{OtherVersion(options, loaded.status()), nullptr};
    }
    if (!loaded.ok()) {
      return loaded.status();
    }
    subject = std::move(*loaded);
  }
  PLUMB_ASSIGN_OR_RETURN(Model reference,
                         LoadModel(options.against, ReferenceOptions(options, subject)));
  verify::CaseInput input;
  input.threads = options.threads;
  input.reference = SideOf(reference);
  input.graph = reference.graph ? &*reference.graph : nullptr;
  if (subject) {
    input.subject = SideOf(*subject);
    input.subject_is_integer = IsInteger(*subject->program);
    if (subject->artifact != nullptr) {
      input.recipe = subject->artifact->provenance.options;
      if (!subject->artifact->golden.empty()) {
        input.stored_bits = [&] { return CompareStoredBits(subject->artifact, options.threads); };
      }
    }
  }
  SampleList samples;
  PLUMB_RETURN_IF_ERROR(LoadData(options, reference, input, samples));
  if (input.subject) {
    PLUMB_ASSIGN_OR_RETURN(const std::vector<std::string> notes, verify::ReconcileContracts(input));
    for (const std::string& note : notes) {
      if (options.note) {
        options.note(note);
      }
    }
  }
  const verify::CasePaths paths{options.subject, options.against, FilesOf(samples)};
  DiagnoseResult result;
  PLUMB_ASSIGN_OR_RETURN(
      result.diagnosis,
      verify::Diagnose(input, paths, options.symptom, [&](size_t done, size_t total) {
        if (options.progress) {
          options.progress("hypotheses", done, total);
        }
      }));
  if (options.keep_for_report) {
    reference.io = input.reference.io;  // as reconciled
    reference.decode = input.reference.decode;
    result.report = std::make_shared<DiagnosisSource>(
        DiagnosisSource{options.subject + options.outputs + options.boxes, std::move(reference),
                        std::move(subject), std::move(samples), std::move(input.pictures)});
  }
  return result;
}

}  // namespace plumb
