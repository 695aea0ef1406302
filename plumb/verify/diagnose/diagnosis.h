// Why are the boxes wrong? Hypotheses H1 to H10, each with a cheap experiment on real inputs, until one explains more than 80 %
// of the difference between a subject and its reference.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "plumb/verify/diagnose/hypothesis.h"

namespace plumb::verify {

enum class Symptom { kNone, kTooManyBoxes, kNoBoxes, kShifted, kLowScore, kNan, kDiffersByMachine };
[[nodiscard]] Result<Symptom> SymptomFromName(std::string_view name);  // "too-many-boxes"...

struct TriedHypothesis {
  std::string code, title;
  std::string evidence;  // one line
  std::string cause;     // empty: nothing speaks for it
  double explained = 0;
  double seconds = 0;
};

struct NamedCause {
  std::string code;
  Explanation explanation;
  double confidence = 0;  // 0..1
};

struct Diagnosis {
  bool healthy = false;            // no fault found
  std::string headline;            // one sentence for a newcomer
  std::vector<NamedCause> causes;  // most likely first
  std::vector<TriedHypothesis> tried;
  std::string next;  // a command
  Difference difference;
  double expected = 0;  // what a sound conversion differs by
  // What both sides found, by picture, in its pixels; empty where that is not known.
  std::vector<std::vector<vision::Detection>> reference_boxes, subject_boxes;
  std::string note;  // what the numbers cannot say; may be empty
};

using HypothesisProgress = std::function<void(size_t done, size_t total)>;

[[nodiscard]] Result<Diagnosis> Diagnose(const CaseInput& input, const CasePaths& paths,
                                         Symptom symptom, const HypothesisProgress& progress);

// The share of the difference at which no other hypothesis is tried.
inline constexpr double kExplainsEnough = 0.8;
// Up to this many times what a sound conversion differs by, a difference that nothing explains is put down to the choice of
// calibration pictures.
inline constexpr double kUnexplainedFactor = 2;

}  // namespace plumb::verify
