#include "plumb/verify/diagnose/diagnosis.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <utility>

namespace plumb::verify {
namespace {

constexpr std::array kHypotheses = {
    Hypothesis{"H1", "how boxes are read", TestDecoding},
    Hypothesis{"H2", "how pictures go in", TestPreprocessing},
    Hypothesis{"H3", "calibration unlike these pictures", TestCalibration},
    Hypothesis{"H4", "boxes and scores on one scale", TestHeads},
    Hypothesis{"H5", "weights and scales of a layer", TestParameters},
    Hypothesis{"H6", "outliers that stretch a range", TestOutliers},
    Hypothesis{"H7", "a layer that saturates", TestSaturation},
    Hypothesis{"H8", "an operator that computes something else", TestOperators},
    Hypothesis{"H9", "another version or machine", TestVersions},
    Hypothesis{"H10", "another threshold", TestThresholds},
};

constexpr double kWorthNaming = 0.3;  // a lesser share is chance

struct SymptomRow {
  std::string_view name;
  Symptom symptom;
  std::array<int, 4> first;  // hypotheses that come first, by number; 0: none
};
constexpr std::array kSymptoms = {
    SymptomRow{"too-many-boxes", Symptom::kTooManyBoxes, {1, 10, 2, 4}},
    SymptomRow{"no-boxes", Symptom::kNoBoxes, {2, 4, 1, 3}},
    SymptomRow{"shifted", Symptom::kShifted, {1, 2, 8, 0}},
    SymptomRow{"low-score", Symptom::kLowScore, {2, 3, 1, 10}},
    SymptomRow{"nan", Symptom::kNan, {8, 7, 5, 0}},
    SymptomRow{"differs-by-machine", Symptom::kDiffersByMachine, {9, 5, 8, 0}},
};

std::vector<size_t> OrderFor(Symptom symptom) {
  std::vector<size_t> order;
  for (const SymptomRow& row : kSymptoms) {
    for (const int number : row.first) {
      if (row.symptom == symptom && number > 0) {
        order.push_back(static_cast<size_t>(number - 1));
      }
    }
  }
  for (size_t i = 0; i < kHypotheses.size(); ++i) {
    if (std::find(order.begin(), order.end(), i) == order.end()) {
      order.push_back(i);
    }
  }
  return order;
}

std::string DifferenceText(const Diagnosis& d) {
  return StrCat("difference ", FixedText(d.difference.value(), 3),
                d.difference.tensors
                    ? StrCat(" (tensors ", FixedText(*d.difference.tensors, 3), ")")
                    : std::string(),
                ", a sound conversion has up to ", FixedText(d.expected, 3));
}

class Session {
 public:
  Session(Case& c, const CasePaths& paths, const HypothesisProgress& progress)
      : c_(c), paths_(paths), progress_(progress) {}

  // Gives the greatest share explained so far.
  Result<double> Try(size_t index, size_t done, size_t total) {
    const auto start = std::chrono::steady_clock::now();
    const Hypothesis& hypothesis = kHypotheses[index];
    Result<HypothesisResult> result = hypothesis.test(c_, paths_);
    TriedHypothesis tried{
        std::string(hypothesis.code), std::string(hypothesis.title), "", "", 0, 0};
    if (!result.ok()) {
      // An experiment that cannot be made is said, and the others go on.
      tried.evidence = "not tested: " + result.status().message();
    } else if (result->explanations.empty()) {
      tried.evidence = result->evidence;
    } else {
      const Explanation& best = result->explanations[0];
      tried.evidence = best.evidence;
      tried.cause = best.cause;
      tried.explained = best.explained;
      for (const Explanation& e : result->explanations) {
        diagnosis.causes.push_back({tried.code, e, 0});
        best_ = std::max(best_, e.explained);
      }
    }
    tried.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    diagnosis.tried.push_back(std::move(tried));
    if (progress_) {
      progress_(done + 1, total);
    }
    return best_;
  }

  Diagnosis diagnosis;

 private:
  Case& c_;
  const CasePaths& paths_;
  const HypothesisProgress& progress_;
  double best_ = 0;
};

void RankCauses(Diagnosis& diagnosis, bool material) {
  for (NamedCause& cause : diagnosis.causes) {
    const Explanation& e = cause.explanation;
    // A contradiction between exact numbers is there whatever it changes; a share is a measurement on a few pictures.
    cause.confidence = e.certain ? std::max(0.9 * (material ? e.explained : 1.0), e.explained)
                                 : 0.95 * e.explained;
  }
  // What contradicts the model comes before what may follow from it: the ranges of a network that is given wrong pictures, or
  // computes something else, are unlike those of the model too.
  constexpr double kAnEffect = 0.1, kClearly = 0.5;
  double others = 0;
  for (const NamedCause& cause : diagnosis.causes) {
    others = std::max(others, cause.explanation.certain ? 0.0 : cause.explanation.explained);
  }
  const auto first = [&](const NamedCause& cause) {
    return cause.explanation.certain &&
           (cause.explanation.explained >= kAnEffect || others < kClearly);
  };
  std::stable_sort(diagnosis.causes.begin(), diagnosis.causes.end(),
                   [&](const NamedCause& a, const NamedCause& b) {
                     return first(a) != first(b)
                                ? first(a)
                                : a.explanation.explained > b.explanation.explained + 1e-9;
                   });
}

// How far a little calibration set leads from a larger one is chance: within what is put down to the choice of pictures, ranges
// that are unlike these are no fault.
bool IsChoiceOfPictures(const Diagnosis& diagnosis) {
  return !diagnosis.causes.empty() && !diagnosis.causes[0].explanation.certain &&
         diagnosis.causes[0].explanation.cause.starts_with("calibration-") &&
         diagnosis.difference.value() <= kUnexplainedFactor * diagnosis.expected + kSoundSlack;
}

void Conclude(Diagnosis& diagnosis, bool material, const CasePaths& paths) {
  RankCauses(diagnosis, material);
  if (IsChoiceOfPictures(diagnosis)) {
    diagnosis.note = diagnosis.causes[0].explanation.evidence;
    diagnosis.causes.clear();
  }
  const bool found =
      !diagnosis.causes.empty() && (diagnosis.causes[0].explanation.explained >= kWorthNaming ||
                                    diagnosis.causes[0].explanation.certain);
  if (found) {
    const NamedCause& first = diagnosis.causes[0];
    diagnosis.headline = first.explanation.sentence;
    diagnosis.next = first.explanation.remedy;
    if (!material) {
      diagnosis.note = StrCat("On these pictures it changes little: ", DifferenceText(diagnosis));
    } else if (first.explanation.explained < kExplainsEnough) {
      diagnosis.note = StrCat("It explains ", PercentText(first.explanation.explained),
                              " of the difference; something else may add to it");
    }
    return;
  }
  diagnosis.causes.clear();
  if (material && !paths.subject.empty() &&
      diagnosis.difference.value() <= kUnexplainedFactor * diagnosis.expected + kSoundSlack) {
    diagnosis.healthy = true;
    diagnosis.headline = StrCat(
        "No fault found: it does what the model does, a little less well than a conversion "
        "calibrated on these pictures (",
        DifferenceText(diagnosis), ").");
    diagnosis.next = ConvertCommand(paths, "") + "   # with more pictures, more like these";
    return;
  }
  if (!material) {
    diagnosis.healthy = true;
    diagnosis.headline =
        StrCat("No fault found: it does what the model does, as near as integers come (",
               DifferenceText(diagnosis), ").");
    return;
  }
  diagnosis.headline =
      StrCat("It does not do what the model does, and no hypothesis explains why (",
             DifferenceText(diagnosis), ").");
  diagnosis.next = StrCat("plumb verify ", paths.subject.empty() ? "ARTIFACT" : paths.subject,
                          " --against ", paths.model);
}

}  // namespace

std::span<const Hypothesis> Hypotheses() { return kHypotheses; }

Result<Symptom> SymptomFromName(std::string_view name) {
  std::string known;
  for (const SymptomRow& row : kSymptoms) {
    if (row.name == name) {
      return row.symptom;
    }
    known += StrCat(known.empty() ? "" : ", ", row.name);
  }
  return UsageError("symptom '", name, "' is not known; expected one of: ", known);
}

std::string ConvertCommand(const CasePaths& paths, std::string_view options) {
  return StrCat("plumb convert ", paths.model, " -o ",
                paths.subject.empty() ? "ARTIFACT.plumb" : paths.subject, " --calib PICTURES",
                options.empty() ? "" : " ", options);
}

Result<Diagnosis> Diagnose(const CaseInput& input, const CasePaths& paths, Symptom symptom,
                           const HypothesisProgress& progress) {
  PLUMB_ASSIGN_OR_RETURN(const std::unique_ptr<Case> c, Case::Create(input));
  Session session(*c, paths, progress);
  Diagnosis& diagnosis = session.diagnosis;
  diagnosis.difference = c->difference();
  diagnosis.reference_boxes = c->reference().boxes;
  diagnosis.subject_boxes = c->subject().boxes;
  PLUMB_ASSIGN_OR_RETURN(const bool material, c->Material());
  diagnosis.expected = c->sound();
  std::vector<size_t> order = OrderFor(symptom);
  if (!material) {
    // What contradicts the model is a fault even where these pictures do not show it: contracts, layers, versions. How well
    // calibration and heads suit the pictures is what the difference has answered.
    std::erase_if(order, [](size_t i) { return i == 2 || i == 3; });
  }
  for (size_t i = 0; i < order.size(); ++i) {
    PLUMB_ASSIGN_OR_RETURN(const double best, session.Try(order[i], i, order.size()));
    if (!material || best <= kExplainsEnough) {
      continue;
    }
    // Enough is explained. Unless that is a contradiction itself, layers that contradict the model are looked for too: what a
    // measurement blames may follow from them.
    const bool exact =
        std::any_of(diagnosis.causes.begin(), diagnosis.causes.end(), [](const NamedCause& cause) {
          return cause.explanation.certain && cause.explanation.explained > kExplainsEnough;
        });
    const std::vector<size_t> rest(order.begin() + static_cast<long>(i) + 1, order.end());
    for (const size_t later : rest) {
      if (!exact && (later == 4 || later == 7)) {
        PLUMB_RETURN_IF_ERROR(session.Try(later, i, order.size()).status());
      }
    }
    break;
  }
  if (progress) {
    progress(order.size(), order.size());
  }
  Diagnosis result = std::move(diagnosis);
  if (!material) {
    std::erase_if(result.causes,
                  [](const NamedCause& cause) { return !cause.explanation.certain; });
  }
  Conclude(result, material, paths);
  return result;
}

}  // namespace plumb::verify
