#include "plumb/api/preprocess_check.h"

#include <algorithm>
#include <cmath>

#include "plumb/base/number_text.h"
#include "plumb/pictures/read_picture.h"
#include "plumb/verify/sample_layout.h"

namespace plumb {
namespace {

constexpr size_t kMostPictures = 60, kMostTensors = 8;

bool IsPicture(const Sample& sample) {
  return sample.files.size() == 1 && pictures::HasPictureName(sample.files[0]);
}

// The pictures among the samples, at most kMostPictures, spread over all.
std::vector<std::string> PictureFiles(const SampleList& list) {
  std::vector<std::string> files;
  for (const Sample& sample : list.samples) {
    if (IsPicture(sample)) {
      files.push_back(sample.files[0]);
    }
  }
  const size_t all = files.size(), count = std::min(all, kMostPictures);
  for (size_t i = 0; i < count; ++i) {
    files[i] = files[i * all / count];
  }
  files.resize(count);
  return files;
}

Result<verify::PreprocessReport> Score(const PreprocessCheckOptions& options,
                                       const std::vector<std::string>& files) {
  verify::PreprocessQuestion question;
  question.float_program = options.model->program;
  question.integer_program = options.integer_program;
  question.ranges_program = options.ranges_program;
  question.io = &options.model->io;
  question.decode = &options.model->decode;
  question.pictures = files.size();
  question.picture = [&](size_t i) { return pictures::ReadPicture(files[i]); };
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

std::string SpanText(const verify::ValueSpan& span) {
  return StrCat(FixedText(span.low, 2), " to ", FixedText(span.high, 2));
}

// Tensors that the caller prepared, where a picture is expected: are its pixels in the input's layout, and its values those
// that pictures take as stated?
Result<verify::RungOutcome> CheckTensors(const PreprocessCheckOptions& options,
                                         verify::Verdict& verdict) {
  verify::RungOutcome outcome;
  outcome.figure = "the samples are tensors, not pictures";
  const Model& model = *options.model;
  if (model.io.pictures.size() != 1 || model.program->inputs.size() != 1) {
    return outcome;
  }
  const artifact::PictureInput& input = model.io.pictures[0];
  const Shape& shape =
      model.program->tensors[static_cast<size_t>(model.program->inputs[0].tensor)].shape;
  const bool planar = shape.size() == 4 && shape[1] == input.channels();
  const size_t count = std::min(options.samples->samples.size(), kMostTensors);
  size_t other = 0, told = 0;
  verify::ValueSpan span{INFINITY, -INFINITY};
  for (size_t i = 0; i < count; ++i) {
    PLUMB_ASSIGN_OR_RETURN(const std::vector<Tensor> sample,
                           LoadSample(*options.samples, i * options.samples->samples.size() / count,
                                      *model.program, model.io));
    if (sample[0].dtype() != DType::kF32 || sample[0].size() == 0) {
      return outcome;
    }
    const std::span<const float> values = sample[0].values<float>();
    const verify::PixelLayout layout = verify::LayoutOf(
        verify::MeasureLayout(values, input.width, input.height, input.channels()));
    told += layout != verify::PixelLayout::kUnknown;
    other += layout == (planar ? verify::PixelLayout::kInterleaved : verify::PixelLayout::kPlanar);
    const auto [least, most] = std::minmax_element(values.begin(), values.end());
    span.low = std::min<double>(span.low, *least);
    span.high = std::max<double>(span.high, *most);
  }
  outcome.ran = true;
  const char* const layouts[] = {"channels last (NHWC)", "channels first (NCHW)"};
  outcome.figure = StrCat("tensors of ", SpanText(span),
                          told > 0 ? StrCat(", ", layouts[planar], " as the input") : "");
  if (told > 0 && 2 * other > told) {
    outcome.level = verify::Level::kWarning;
    outcome.figure = StrCat(other, " of ", count, " tensors hold their pixels ", layouts[!planar],
                            ", the input is ", layouts[planar]);
    verdict.Add("P5", verify::Level::kWarning, outcome.figure,
                planar ? "transpose the arrays with (0, 3, 1, 2); a reshape does not"
                       : "transpose the arrays with (0, 2, 3, 1); a reshape does not",
                "rows next to each other are alike only when they are read that way");
  }
  // Pixels reach most of 0 to 255 in a handful of pictures; a wrong normalization is off by a factor, or half the span.
  constexpr double kFits = 0.6, kTimes = 2;
  const auto alternatives = verify::PreprocessAlternatives(input);
  const double stated = span.Overlap(input);
  const verify::PreprocessAlternative* best = nullptr;
  for (const verify::PreprocessAlternative& a : alternatives) {
    if (a.code == "P2" && span.Overlap(a.input) >= std::max(kFits, kTimes * stated) &&
        (best == nullptr || span.Overlap(a.input) > span.Overlap(best->input))) {
      best = &a;
    }
  }
  if (best != nullptr) {
    outcome.level = verify::Level::kWarning;
    const std::string text = StrCat("the tensors hold ", SpanText(span), ", which are ", best->name,
                                    "; pictures as stated give other values");
    outcome.figure = outcome.figure.starts_with("tensors") ? text : outcome.figure + "; " + text;
    verdict.Add(best->code, verify::Level::kWarning, text,
                StrCat("prepare them as stated, or convert with ", best->options));
  }
  return outcome;
}

}  // namespace

Result<verify::RungOutcome> CheckPreprocessing(const PreprocessCheckOptions& options,
                                               verify::Verdict& verdict) {
  const std::vector<std::string> files = PictureFiles(*options.samples);
  if (files.empty()) {
    verdict.preprocess.skipped = "the samples are tensors, not pictures";
    return CheckTensors(options, verdict);
  }
  PLUMB_ASSIGN_OR_RETURN(verdict.preprocess, Score(options, files));
  const verify::PreprocessReport& report = verdict.preprocess;
  verify::RungOutcome outcome;
  const bool scored = report.skipped.empty();
  const bool fitted = !report.alternatives.empty() && report.alternatives[0].fit.tensors > 0;
  outcome.ran = scored || fitted;
  outcome.figure = scored ? verify::DescribePreprocessing(report) : report.skipped;
  if (fitted) {
    const std::string fit = verify::DescribeFit(report.alternatives[0].fit);
    outcome.figure = scored ? StrCat(outcome.figure, "; ", fit) : fit;
  }
  if (report.better > 0) {
    const verify::PreprocessAlternative& other = report.alternatives[report.better];
    outcome.level = verify::Level::kWarning;
    verdict.Add(other.code, verify::Level::kWarning,
                StrCat("pictures prepared as '", other.name,
                       "' fit the network clearly better than as stated"),
                StrCat("convert with ", other.options), outcome.figure);
  }
  if (report.closer > 0 && report.closer != report.better) {
    const verify::PreprocessAlternative& other = report.alternatives[report.closer];
    outcome.level = verify::Level::kWarning;
    verdict.Add(other.code, verify::Level::kWarning,
                StrCat("pictures prepared as '", other.name,
                       "' fit the calibrated ranges clearly better than as stated"),
                StrCat("convert with ", other.options),
                StrCat("as '", other.name, "': ", verify::DescribeFit(other.fit),
                       "; as stated: ", verify::DescribeFit(report.alternatives[0].fit)));
  }
  return outcome;
}

}  // namespace plumb
