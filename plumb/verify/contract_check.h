// Whether what a network puts out contradicts its decode contract: an activation applied twice or
// missing, boxes in units where pixels are expected, anchors of another model. Classes and shapes
// that do not fit are refused before anything runs (vision::CheckDecode).
//
//   B1  the activation is applied twice: raw scores are stated, and all lie in 0..1 already
//   B2  the activation is missing: stated as part of the graph, and scores lie outside 0..1
//   B3  boxes in units: pixels are expected, all lie in 0..1; or the other way round
//   B4  anchors of another model: boxes of one object, from different anchors, differ in size
//
// The evidence for B1 to B3 is all values of the outputs, thousands at least; for B4 the boxes of
// objects that several anchors see, which is weaker: it tells relative sizes only.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "plumb/artifact/decode_contract.h"
#include "plumb/artifact/program.h"
#include "plumb/base/status.h"
#include "plumb/base/tensor.h"
#include "plumb/verify/gate.h"
#include "plumb/verify/role_values.h"
#include "plumb/verify/rule_result.h"

namespace plumb::verify {

// Gathered picture by picture.
struct ContractEvidence {
  int pictures = 0;
  double cells = 0;      // boxes that could be, over all pictures
  RoleRanges roles;      // detectors; of a classifier, its row stands under `classes`
  double rows = 0;       // of a classifier
  double worst_sum = 1;  // of these: the sum farthest from 1
  int width = 0, height = 0;
  // Pairs of boxes of one object from different anchors: the greater of width's and height's factor
  // between the two, for the contract's anchors and for each published set.
  std::vector<float> factors;
  std::vector<std::vector<float>> published_factors;
};

// `outputs`, `width`, `height`: as vision::Decode takes them; a classifier's first output.
Status AddEvidence(const artifact::DecodeContract& contract,
                   std::span<const ConstTensorView> outputs, int width, int height,
                   ContractEvidence& evidence);

struct Contradiction {
  std::string code;                                      // "B1"
  std::string text;                                      // the cause in one sentence
  std::string evidence;                                  // numbers
  std::string fix;                                       // what to state instead
  artifact::Source source = artifact::Source::kUnknown;  // of the fact that is contradicted
  bool certain = false;  // so strong that what nobody stated may be replaced
  // What fits instead; boxes are multiplied by the scales.
  artifact::DecodeContract instead;
  float scale_x = 1, scale_y = 1;
};

// In the order B1, B2, B3, B4. `program` tells whether an activation stands before an output; may be
// null.
[[nodiscard]] std::vector<Contradiction> CheckContract(const artifact::DecodeContract& contract,
                                                       const artifact::Program* program,
                                                       const ContractEvidence& evidence,
                                                       const Gate& gate);

// The same as results of rules, for reports: B1 to B4, fine where not contradicted.
[[nodiscard]] std::vector<RuleResult> ContractRules(const artifact::DecodeContract& contract,
                                                    const artifact::Program* program,
                                                    const ContractEvidence& evidence,
                                                    const Gate& gate);

// Whether a sigmoid or softmax is the last function before an output.
[[nodiscard]] bool EndsInActivation(const artifact::Program& program, size_t output);

}  // namespace plumb::verify
