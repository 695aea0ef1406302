#include "plumb/api/preprocess_check.h"

#include "plumb/pictures/read_picture.h"

namespace plumb {
namespace {

constexpr size_t kMostPictures = 20;

// The pictures among the samples, at most kMostPictures, spread over all.
Result<std::vector<Picture>> PicturesOf(const SampleList& list) {
  std::vector<std::string> files;
  for (const Sample& sample : list.samples) {
    if (sample.files.size() == 1 && pictures::HasPictureName(sample.files[0])) {
      files.push_back(sample.files[0]);
    }
  }
  std::vector<Picture> pictures;
  const size_t count = std::min(files.size(), kMostPictures);
  for (size_t i = 0; i < count; ++i) {
    PLUMB_ASSIGN_OR_RETURN(Picture picture, pictures::ReadPicture(files[i * files.size() / count]));
    pictures.push_back(std::move(picture));
  }
  return pictures;
}

}  // namespace

Result<verify::PreprocessReport> ScorePreprocessing(const PreprocessCheckOptions& options) {
  PLUMB_ASSIGN_OR_RETURN(const std::vector<Picture> pictures, PicturesOf(*options.samples));
  if (pictures.empty()) {
    verify::PreprocessReport report;
    report.skipped = "the samples are tensors, not pictures";
    return report;
  }
  verify::PreprocessQuestion question;
  question.float_program = options.model->program;
  question.integer_program = options.integer_program;
  question.io = &options.model->io;
  question.decode = &options.model->decode;
  question.pictures = pictures;
  question.runs = options.runs;
  question.macs = options.macs;
  question.threads = options.threads;
  if (options.progress) {
    question.progress = [&](size_t done, size_t total) {
      options.progress("check preprocessing", done, total);
    };
  }
  return verify::ScorePreprocessing(question);
}

Result<verify::RungOutcome> CheckPreprocessing(const PreprocessCheckOptions& options,
                                               verify::Verdict& verdict) {
  PLUMB_ASSIGN_OR_RETURN(verdict.preprocess, ScorePreprocessing(options));
  const verify::PreprocessReport& report = verdict.preprocess;
  verify::RungOutcome outcome;
  if (!report.skipped.empty()) {
    outcome.figure = report.skipped;
    return outcome;
  }
  outcome.ran = true;
  outcome.figure = verify::DescribePreprocessing(report);
  if (report.better > 0) {
    const verify::PreprocessAlternative& other = report.alternatives[report.better];
    outcome.level = verify::Level::kWarning;
    verdict.Add(other.code, verify::Level::kWarning,
                StrCat("pictures prepared as '", other.name,
                       "' fit the network clearly better than as stated"),
                StrCat("plumb convert ", options.model_path, " ... ", other.options),
                outcome.figure);
  }
  return outcome;
}

}  // namespace plumb
