#include "plumb/verify/preprocess_score.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <optional>
#include <tuple>

#include "plumb/base/number_text.h"
#include "plumb/runtime/session.h"
#include "plumb/verify/box_match.h"
#include "plumb/vision/classify.h"
#include "plumb/vision/decode.h"
#include "plumb/vision/nms.h"
#include "plumb/vision/preprocess.h"

namespace plumb::verify {
namespace {

using artifact::Color;
using artifact::PictureInput;
using artifact::Program;
using artifact::ResizeRule;

// Mean and std in the order R, G, B.
struct Normalization {
  const char* name;
  std::array<float, 3> mean, std;
};
constexpr std::array<Normalization, 5> kNormalizations = {{
    {"0 to 1", {0, 0, 0}, {255, 255, 255}},
    {"0 to 255", {0, 0, 0}, {1, 1, 1}},
    {"-1 to 1", {127.5f, 127.5f, 127.5f}, {127.5f, 127.5f, 127.5f}},
    {"ImageNet", {123.675f, 116.28f, 103.53f}, {58.395f, 57.12f, 57.375f}},
    {"ImageNet mean alone", {123.68f, 116.78f, 103.94f}, {1, 1, 1}},
}};

std::string List(const std::vector<float>& values) {
  std::string text;
  for (const float v : values) {
    text += StrCat(text.empty() ? "" : ",", v);
  }
  return text;
}

// Whether the two give nearly the same numbers for every pixel: within 2 % of the range.
bool NearlySame(const PictureInput& a, const PictureInput& b) {
  for (size_t c = 0; c < a.mean.size(); ++c) {
    for (const float pixel : {0.0f, 255.0f}) {
      const float x = (pixel - a.mean[c]) / a.std[c], y = (pixel - b.mean[c]) / b.std[c];
      if (std::fabs(x - y) > 0.02f * 255.0f / std::min(a.std[c], b.std[c])) {
        return false;
      }
    }
  }
  return true;
}

// What one prepared picture gives.
struct Answer {
  std::vector<vision::Detection> boxes;  // detectors, in coordinates of the picture
  std::vector<float> classes;            // classifiers: probabilities
};

class Network {
 public:
  static Result<Network> Create(std::shared_ptr<const Program> program,
                                const artifact::DecodeContract& decode, int threads) {
    Network network;
    network.decode_ = &decode;
    runtime::SessionOptions options;
    options.threads = threads;
    PLUMB_ASSIGN_OR_RETURN(network.session_, runtime::Session::Create(std::move(program), options));
    return network;
  }

  Result<Answer> Run(const Picture& picture, const PictureInput& input) {
    PLUMB_ASSIGN_OR_RETURN(const vision::Fitted fitted, vision::Fit(picture, input));
    const artifact::Port& port = session_->program().inputs[static_cast<size_t>(input.input)];
    Tensor tensor = vision::ToFloat(fitted.picture, input);
    tensor.Reshape(session_->program().tensors[static_cast<size_t>(port.tensor)].shape);
    const runtime::NamedTensor named{port.name, std::move(tensor)};
    PLUMB_ASSIGN_OR_RETURN(const auto outputs, runtime::RunNamed(*session_, {&named, 1}));
    std::vector<ConstTensorView> views;
    for (const runtime::NamedTensor& output : outputs) {
      views.push_back(output.tensor.view());
    }
    Answer answer;
    if (vision::IsDetector(decode_->family)) {
      PLUMB_ASSIGN_OR_RETURN(auto boxes,
                             vision::Boxes(*decode_, views, input.width, input.height, {}));
      answer.boxes = vision::ToPicture(std::move(boxes), fitted.placement);
    } else {
      PLUMB_ASSIGN_OR_RETURN(const auto top, vision::TopClasses(*decode_, views[0],
                                                                static_cast<int>(views[0].size())));
      answer.classes.resize(top.size());
      for (const vision::ClassScore& score : top) {
        answer.classes[static_cast<size_t>(score.label)] = score.score;
      }
    }
    return answer;
  }

  [[nodiscard]] int64_t Macs() const {
    int64_t macs = 0;
    for (size_t i = 0; i < session_->program().records.size(); ++i) {
      macs += session_->cost(i).macs;
    }
    return macs;
  }

 private:
  const artifact::DecodeContract* decode_ = nullptr;
  std::unique_ptr<runtime::Session> session_;
};

Picture Mirrored(const Picture& picture) {
  Picture mirrored(picture.width, picture.height, picture.channels);
  for (int y = 0; y < picture.height; ++y) {
    for (int x = 0; x < picture.width; ++x) {
      std::copy_n(picture.At(picture.width - 1 - x, y), picture.channels, mirrored.At(x, y));
    }
  }
  return mirrored;
}

// One picture's part of the sums.
struct Judged {
  double quality = 0, found = 0, sureness = 0, consistent = 0;
};

// The scores of the boxes that the mirrored picture has too, at the mirrored place, less half of the others' scores: a flood
// of boxes, some of which meet by chance, is worth nothing.
Judged JudgeBoxes(const Answer& plain, const Answer& mirrored, int width) {
  constexpr float kSame = 0.5f;
  constexpr double kDoubt = 0.5;
  Judged judged;
  BoxMatcher matcher(mirrored.boxes, kSame);
  for (const vision::Detection& box : plain.boxes) {
    ++judged.found;
    judged.sureness += box.score;
    vision::Detection there = box;
    there.x1 = static_cast<float>(width) - box.x2;
    there.x2 = static_cast<float>(width) - box.x1;
    if (const auto found = matcher.Take(there)) {
      ++judged.consistent;
      judged.quality += std::min(box.score, mirrored.boxes[found->index].score);
    } else {
      judged.quality -= kDoubt * box.score;
    }
  }
  judged.quality = std::max(0.0, judged.quality);
  return judged;
}

double Shared(const std::vector<float>& a, const std::vector<float>& b) {
  double shared = 0;
  for (size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    shared += std::min(a[i], b[i]);
  }
  return shared;
}

// What a picture and its mirror image say of the same classes, less what the picture says of the same classes as other
// pictures do: a network that answers the same to everything knows nothing.
Judged JudgeClasses(const std::vector<Answer>& plain, const Answer& mirrored, size_t at) {
  Judged judged;
  judged.found = 1;
  judged.sureness = *std::max_element(plain[at].classes.begin(), plain[at].classes.end());
  judged.consistent = Shared(plain[at].classes, mirrored.classes);
  double others = 0;
  for (size_t i = 0; i < plain.size(); ++i) {
    others += i == at ? 0 : Shared(plain[at].classes, plain[i].classes);
  }
  judged.quality = judged.consistent - others / std::max<double>(1, plain.size() - 1.0);
  return judged;
}

// Student's t that is exceeded by chance once in 200, by degrees of freedom from 1.
double Critical(size_t degrees) {
  constexpr std::array<double, 20> kTable = {63.66, 9.92, 5.84, 4.60, 4.03, 3.71, 3.50,
                                             3.36,  3.25, 3.17, 3.11, 3.05, 3.01, 2.98,
                                             2.95,  2.92, 2.90, 2.88, 2.86, 2.85};
  return degrees == 0 ? 1e9 : kTable[std::min(degrees, kTable.size()) - 1];
}

bool IsOfAnotherRange(const PreprocessAlternative& alternative) { return alternative.code == "P2"; }

class Scorer {
 public:
  explicit Scorer(const PreprocessQuestion& question)
      : question_(question), detector_(vision::IsDetector(question.decode->family)) {}

  Result<PreprocessReport> Run() {
    if (question_.io->pictures.size() != 1 || question_.float_program->inputs.size() != 1) {
      report_.skipped = "the network takes no pictures";
    } else if (!detector_ && question_.decode->family != artifact::Family::kClassifier) {
      report_.skipped =
          "neither a detector nor a classifier: its outputs do not say how sure it is";
    } else if (question_.pictures < (detector_ ? 1 : kFewest)) {
      report_.skipped =
          StrCat("needs ", detector_ ? 1 : kFewest, " pictures; found ", question_.pictures);
    }
    if (!report_.skipped.empty()) {
      PLUMB_RETURN_IF_ERROR(MeasureRanges());
      return std::move(report_);
    }
    report_.measure = detector_ ? "scores of the boxes that the mirrored picture has too, less "
                                  "half of the others' scores"
                                : "probability that the mirrored picture gives to the same "
                                  "classes and other pictures do not";
    report_.alternatives = PreprocessAlternatives(question_.io->pictures[0]);
    PLUMB_ASSIGN_OR_RETURN(
        float_, Network::Create(question_.float_program, *question_.decode, question_.threads));
    if (question_.integer_program != nullptr) {
      PLUMB_ASSIGN_OR_RETURN(integer_, Network::Create(question_.integer_program, *question_.decode,
                                                       question_.threads));
    }
    PLUMB_RETURN_IF_ERROR(Measure());
    Decide();
    PLUMB_RETURN_IF_ERROR(MeasureRanges());
    return std::move(report_);
  }

 private:
  static constexpr size_t kFewest = 4;  // pictures that say anything
  static constexpr size_t kUsual = 20;  // pictures for each alternative, where they can be afforded
  static constexpr size_t kSuspected =
      12;  // pictures for an alternative that looks better at first sight
  // Standard errors from which an alternative that few pictures do not decide about is measured on all of them: one that
  // is no better rarely gets there, so that this costs little where nothing is wrong.
  static constexpr double kPromising = 0.7;
  static constexpr double kIntegerCost = 0.25;  // of a float run
  static constexpr double kLeastGain = 0.10;
  // Another resize shows objects in other sizes and shapes, which alone moves the measure: on yolo-fastestv2 letterboxed
  // pictures score a quarter more, though average precision is a tenth less.
  static constexpr double kLeastResizeGain = 0.50;

  [[nodiscard]] bool InIntegers(const PreprocessAlternative& a) const {
    return integer_.has_value() && !IsOfAnotherRange(a);
  }
  Network& NetworkFor(bool integers) { return integers ? *integer_ : *float_; }

  // Picture `p`, read once.
  Result<const Picture*> Read(size_t p) {
    if (const auto known = read_.find(p); known != read_.end()) {
      return &known->second;
    }
    PLUMB_ASSIGN_OR_RETURN(Picture picture, question_.picture(p));
    return &read_.emplace(p, std::move(picture)).first->second;
  }

  // What the network says of picture `p`, asked once.
  Result<const Answer*> Ask(size_t alternative, bool integers, size_t p, bool mirrored) {
    const auto key = std::tuple(alternative, integers, p, mirrored);
    if (const auto known = answers_.find(key); known != answers_.end()) {
      return &known->second;
    }
    PLUMB_ASSIGN_OR_RETURN(const Picture* picture, Read(p));
    PLUMB_ASSIGN_OR_RETURN(Answer answer,
                           NetworkFor(integers).Run(mirrored ? Mirrored(*picture) : *picture,
                                                    report_.alternatives[alternative].input));
    return &answers_.emplace(key, std::move(answer)).first->second;
  }

  // Quality of an alternative on the first `count` pictures, one number each.
  Result<std::vector<Judged>> Qualities(size_t alternative, bool integers, size_t count) {
    std::vector<Answer> plain;
    std::vector<Judged> judged;
    for (size_t p = 0; p < count; ++p) {
      PLUMB_ASSIGN_OR_RETURN(const Answer* answer, Ask(alternative, integers, p, false));
      plain.push_back(*answer);
    }
    for (size_t p = 0; p < count; ++p) {
      PLUMB_ASSIGN_OR_RETURN(const Answer* mirrored, Ask(alternative, integers, p, true));
      PLUMB_ASSIGN_OR_RETURN(const Picture* picture, Read(p));
      judged.push_back(detector_ ? JudgeBoxes(plain[p], *mirrored, picture->width)
                                 : JudgeClasses(plain, *mirrored, p));
    }
    return judged;
  }

  Status Measure() {
    double in_float = 1, in_integers = integer_ ? 1 : 0;  // alternatives, the stated one included
    for (const PreprocessAlternative& a : report_.alternatives) {
      if (!a.code.empty()) {
        (InIntegers(a) ? in_integers : in_float) += 1;
      }
    }
    const double runs =
        std::max(question_.runs, static_cast<double>(question_.macs) /
                                     std::max<double>(1, static_cast<double>(float_->Macs())));
    const double each = 2 * (in_float + kIntegerCost * in_integers);  // float runs for a picture
    const size_t affordable =
        question_.macs == 0 && question_.runs == 0 ? kUsual : static_cast<size_t>(runs / each);
    if (affordable >= kFewest) {
      report_.pictures = std::min({affordable, kUsual, question_.pictures});
      for (size_t a = 1; a < report_.alternatives.size(); ++a) {
        PLUMB_RETURN_IF_ERROR(CompareUntilCertain(a, report_.pictures));
      }
      return {};
    }
    return Glance(runs);
  }

  // What little can be afforded: one look at each, and a closer one at what looks better.
  Status Glance(double runs) {
    report_.pictures = 1;
    PLUMB_RETURN_IF_ERROR(Ask(0, false, 0, false).status());
    runs -= 1;
    for (size_t a = 1; a < report_.alternatives.size(); ++a) {
      const bool integers = InIntegers(report_.alternatives[a]);
      const double cost = integers ? kIntegerCost : 1;
      if (runs < cost) {
        continue;
      }
      runs -= cost;
      PLUMB_ASSIGN_OR_RETURN(const Answer* stated, Ask(0, false, 0, false));
      PLUMB_ASSIGN_OR_RETURN(const Answer* other, Ask(a, integers, 0, false));
      PreprocessAlternative& alternative = report_.alternatives[a];
      alternative.looked_at = true;
      if (LooksBetter(*stated, *other)) {
        report_.pictures = std::max(report_.pictures, std::min(kSuspected, question_.pictures));
        PLUMB_RETURN_IF_ERROR(CompareUntilCertain(a, std::min(kSuspected, question_.pictures)));
      }
    }
    return {};
  }

  [[nodiscard]] bool IsFlood(double boxes) const {
    constexpr double kFlood = 0.5;  // of the most detections: nobody's picture
    return boxes > kFlood * static_cast<double>(question_.decode->max_detections);
  }

  // Whether the stated values leave a detector blind that sees with others: what takes no statistics, so that one picture is
  // enough where the blind one floods it, and four where it finds nothing (which may be all there is in one).
  [[nodiscard]] bool Dominates(const std::vector<Judged>& stated,
                               const std::vector<Judged>& other) const {
    constexpr double kObject = 0.3, kNothing = 0.05, kMostPictures = 0.75, kConsistent = 0.5;
    double with_objects = 0, floods = 0, found = 0, consistent = 0;
    for (size_t p = 0; p < stated.size(); ++p) {
      if (stated[p].quality > kNothing * std::max(other[p].quality, kObject)) {
        return false;
      }
      with_objects += other[p].quality >= kObject;
      floods += IsFlood(stated[p].found);
      found += other[p].found, consistent += other[p].consistent;
    }
    const auto count = static_cast<double>(stated.size());
    return with_objects >= kMostPictures * count && consistent >= kConsistent * found &&
           (floods == count || stated.size() >= kFewest);
  }

  [[nodiscard]] bool LooksBetter(const Answer& stated, const Answer& other) const {
    if (!detector_) {
      return *std::max_element(other.classes.begin(), other.classes.end()) >
             *std::max_element(stated.classes.begin(), stated.classes.end());
    }
    const auto sum = [](const Answer& answer) {
      double scores = 0;
      for (const vision::Detection& box : answer.boxes) {
        scores += box.score;
      }
      return scores;
    };
    return !IsFlood(static_cast<double>(other.boxes.size())) && !other.boxes.empty() &&
           (IsFlood(static_cast<double>(stated.boxes.size())) ||
            sum(other) > (1 + kLeastGain) * sum(stated));
  }

  // On `count` pictures, and where that does not decide about what looks better, on all.
  Status CompareUntilCertain(size_t a, size_t count) {
    PLUMB_RETURN_IF_ERROR(Compare(a, count));
    const PreprocessAlternative& alternative = report_.alternatives[a];
    if (!alternative.better && alternative.gain >= LeastGain(alternative) &&
        alternative.certainty >= kPromising && count < question_.pictures) {
      report_.pictures = question_.pictures;
      return Compare(a, question_.pictures);
    }
    return {};
  }

  static double LeastGain(const PreprocessAlternative& alternative) {
    return alternative.code == "P3" ? kLeastResizeGain : kLeastGain;
  }

  Status Compare(size_t a, size_t count) {
    const bool integers = InIntegers(report_.alternatives[a]);
    PLUMB_ASSIGN_OR_RETURN(const std::vector<Judged> stated, Qualities(0, integers, count));
    PLUMB_ASSIGN_OR_RETURN(const std::vector<Judged> other, Qualities(a, integers, count));
    if (!report_.alternatives[0].looked_at || !integers) {
      Summarize(stated, report_.alternatives[0]);
    }
    PreprocessAlternative& alternative = report_.alternatives[a];
    Summarize(other, alternative);
    const auto n = static_cast<double>(count);
    double mean = 0, square = 0, base = 0;
    for (size_t p = 0; p < count; ++p) {
      const double d = other[p].quality - stated[p].quality;
      mean += d / n, square += d * d / n, base += stated[p].quality / n;
    }
    const double error = std::sqrt(std::max(0.0, square - mean * mean) / std::max(1.0, n - 1));
    alternative.gain = base > 0 ? mean / base : mean > 0 ? kAll : 0;
    alternative.certainty = error > 0 ? mean / error : mean > 0 ? kAll : 0;
    alternative.dominates = detector_ && IsOfAnotherRange(alternative) && Dominates(stated, other);
    alternative.better = alternative.gain >= LeastGain(alternative) &&
                         (alternative.dominates || alternative.certainty >= Critical(count - 1));
    if (question_.progress) {
      question_.progress(a, report_.alternatives.size() - 1);
    }
    return {};
  }

  static void Summarize(const std::vector<Judged>& judged, PreprocessAlternative& to) {
    double found = 0, sureness = 0, consistent = 0, quality = 0;
    for (const Judged& one : judged) {
      found += one.found, sureness += one.sureness;
      consistent += one.consistent, quality += one.quality;
    }
    const auto n = static_cast<double>(judged.size());
    to.looked_at = true;
    to.quality = quality / n;
    to.found = found / n;
    to.sureness = found > 0 ? sureness / found : 0;
    to.consistency = found > 0 ? consistent / found : 0;
  }

  void Decide() {
    for (size_t a = 1; a < report_.alternatives.size(); ++a) {
      const PreprocessAlternative& alternative = report_.alternatives[a];
      if (alternative.better &&
          (report_.better == 0 ||
           alternative.quality > report_.alternatives[report_.better].quality)) {
        report_.better = a;
      }
    }
  }

  // The activations against the calibrated ranges, as stated and with what gives other values.
  Status MeasureRanges() {
    constexpr size_t kPictures = 4;
    if (question_.ranges_program == nullptr || question_.pictures == 0 ||
        question_.io->pictures.size() != 1 || question_.float_program->inputs.size() != 1) {
      return {};
    }
    if (report_.alternatives.empty()) {
      report_.alternatives = PreprocessAlternatives(question_.io->pictures[0]);
    }
    runtime::SessionOptions options;
    options.threads = question_.threads;
    PLUMB_ASSIGN_OR_RETURN(const auto session,
                           runtime::Session::Create(question_.float_program, options));
    for (PreprocessAlternative& a : report_.alternatives) {
      if (!a.code.empty() && !IsOfAnotherRange(a)) {
        continue;
      }
      std::vector<Tensor> inputs;
      for (size_t p = 0; p < std::min(kPictures, question_.pictures); ++p) {
        PLUMB_ASSIGN_OR_RETURN(const Picture* picture, Read(p));
        PLUMB_ASSIGN_OR_RETURN(const vision::Fitted fitted, vision::Fit(*picture, a.input));
        inputs.push_back(vision::ToFloat(fitted.picture, a.input));
      }
      PLUMB_ASSIGN_OR_RETURN(a.fit, FitRanges(*session, *question_.ranges_program, inputs));
    }
    for (size_t a = 1; a < report_.alternatives.size(); ++a) {
      const RangeFit& fit = report_.alternatives[a].fit;
      if (FitsClearlyBetter(fit, report_.alternatives[0].fit) &&
          (report_.closer == 0 || fit.overlap > report_.alternatives[report_.closer].fit.overlap)) {
        report_.closer = a;
      }
    }
    return {};
  }

  static constexpr double kAll = 1e3;  // a gain over nothing

  const PreprocessQuestion& question_;
  bool detector_;
  std::optional<Network> float_, integer_;
  std::map<std::tuple<size_t, bool, size_t, bool>, Answer> answers_;
  std::map<size_t, Picture> read_;
  PreprocessReport report_;
};

}  // namespace

std::vector<PreprocessAlternative> PreprocessAlternatives(const PictureInput& stated) {
  std::vector<PreprocessAlternative> all = {{"", "as stated", "", stated}};
  if (stated.color != Color::kGray) {
    PictureInput other = stated;
    other.color = stated.color == Color::kRgb ? Color::kBgr : Color::kRgb;
    std::reverse(other.mean.begin(), other.mean.end());
    std::reverse(other.std.begin(), other.std.end());
    const std::string name = other.color == Color::kBgr ? "bgr" : "rgb";
    all.push_back({"P1", name, "--color " + name, other});
  }
  for (const Normalization& normalization : kNormalizations) {
    PictureInput other = stated;
    for (size_t c = 0; c < other.mean.size(); ++c) {
      const size_t at = stated.color == Color::kBgr ? 2 - c : stated.color == Color::kGray ? 1 : c;
      other.mean[c] = normalization.mean[at];
      other.std[c] = normalization.std[at];
    }
    if (!NearlySame(stated, other)) {
      all.push_back({"P2", StrCat("values ", normalization.name),
                     StrCat("--mean ", List(other.mean), " --std ", List(other.std)), other});
    }
  }
  const bool boxed =
      stated.resize == ResizeRule::kLetterbox || stated.resize == ResizeRule::kLetterboxCorner;
  for (const auto& [rule, name] :
       {std::pair(ResizeRule::kLetterbox, "letterbox"), std::pair(ResizeRule::kStretch, "stretch"),
        std::pair(ResizeRule::kCrop, "crop")}) {
    PictureInput other = stated;
    other.resize = rule;
    const bool same = rule == stated.resize || (rule == ResizeRule::kLetterbox && boxed);
    if (!same) {
      all.push_back({"P3", name, StrCat("--resize ", name), other});
    }
  }
  if (boxed) {
    for (const int pad : {0, 114}) {
      PictureInput other = stated;
      other.pad = pad;
      if (std::abs(pad - stated.pad) > 16) {
        all.push_back({"P4", StrCat("border ", pad), StrCat("--pad ", pad), other});
      }
    }
  }
  return all;
}

Result<PreprocessReport> ScorePreprocessing(const PreprocessQuestion& question) {
  return Scorer(question).Run();
}

std::string DescribePreprocessing(const PreprocessReport& report) {
  const PreprocessAlternative& stated = report.alternatives[0];
  if (report.better > 0) {
    const PreprocessAlternative& other = report.alternatives[report.better];
    char text[256];
    std::snprintf(text, sizeof(text), "'%s' scores %.3f, as stated %.3f on %zu picture%s",
                  other.name.c_str(), other.quality, stated.quality, report.pictures,
                  report.pictures == 1 ? "" : "s");
    return other.dominates ? StrCat(text, ": as stated the network finds nothing")
                           : StrCat(text, " (", FixedText(other.certainty, 1), " standard errors)");
  }
  size_t looked_at = 0;
  const PreprocessAlternative* next = nullptr;
  for (size_t a = 1; a < report.alternatives.size(); ++a) {
    const PreprocessAlternative& other = report.alternatives[a];
    looked_at += other.looked_at;
    if (other.looked_at && other.quality > 0 && (next == nullptr || other.gain > next->gain)) {
      next = &other;
    }
  }
  char text[256];
  if (next == nullptr) {
    std::snprintf(text, sizeof(text), "none of %zu alternatives looks better on %zu picture%s",
                  looked_at, report.pictures, report.pictures == 1 ? "" : "s");
  } else {
    std::snprintf(text, sizeof(text),
                  "none of %zu alternatives fits clearly better on %zu picture%s; the next is '%s' "
                  "(%+.0f %%, %.1f standard errors)",
                  looked_at, report.pictures, report.pictures == 1 ? "" : "s", next->name.c_str(),
                  100 * next->gain, report.pictures == 1 ? 0.0 : next->certainty);
  }
  return text;
}

}  // namespace plumb::verify
