// What a network puts out on pictures or other samples, gathered sample by sample: what the sanity
// rules judge. The float network's outputs on the same samples may stand beside it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "plumb/artifact/decode_contract.h"
#include "plumb/artifact/io_contract.h"
#include "plumb/base/status.h"
#include "plumb/base/tensor.h"
#include "plumb/verify/detections.h"
#include "plumb/verify/gate.h"
#include "plumb/verify/role_values.h"
#include "plumb/vision/detection.h"

namespace plumb::verify {

// The part of the network's input that the picture fills; the rest is padding.
struct ContentRect {
  float x1 = 0, y1 = 0, x2 = 0, y2 = 0;
};
// Of a fitted picture, by what surrounds it: rows and columns that hold nothing but the pad value.
// Empty when the contract pads nothing or the tensor is no picture of its shape.
[[nodiscard]] std::optional<ContentRect> ContentOf(ConstTensorView input,
                                                   const artifact::PictureInput& picture);

// One sample. Everything but `outputs` may be left out.
struct SampleOutputs {
  std::span<const ConstTensorView> inputs;     // in port order
  std::span<const ConstTensorView> outputs;    // of the network judged, f32 where a detector's
  std::span<const ConstTensorView> reference;  // of the float network on the same inputs
  std::span<const ConstTensorView> repeated;   // of a second run on the same inputs
  std::optional<uint64_t> input_hash;          // instead of `inputs`
  std::optional<ContentRect> content;          // instead of what `inputs` shows
  // The boxes that the decoder under test reports; else vision::Nms's of the candidates.
  std::optional<std::vector<vision::Detection>> boxes;
};

// One output over the samples.
struct OutputObservation {
  std::string name;
  double elements = 0, not_finite = 0, reference_not_finite = 0;
  std::vector<uint64_t> hashes, reference_hashes;  // by sample
};

// One network's part in what a classifier, or a map of classes, says.
struct ClassObservation {
  std::vector<int> first;         // the first class, by sample
  std::vector<double> entropies;  // of the probabilities, in nats, by sample
  double outside_unit = 0;        // probabilities outside 0..1, where the graph makes them
  double worst_sum = 1;           // of a row of probabilities: the sum farthest from 1
};

// The same cell of both networks, where float is sure of an object and both name its class.
struct CellPair {
  float shift = 0;  // score - float's score
  float iou = 0;
};
// The only box of a class in a picture, in both networks: centres.
struct CentrePair {
  float x = 0, y = 0, reference_x = 0, reference_y = 0;
};

struct Observations {
  int samples = 0, references = 0;
  std::vector<uint64_t> input_hashes;  // by sample; empty where the inputs are not known
  std::vector<OutputObservation> outputs;
  int repeats = 0;
  std::string unrepeatable;  // the first output that a repeat changed

  // Detectors.
  ScoreStatistics scores, reference_scores;
  RoleRanges roles;
  std::vector<CellPair> cells;
  std::vector<CentrePair> centres;
  int boxes = 0, padded_boxes = 0;  // boxes; those centred in the padding
  int pictures_with_padding = 0;
  int capped = 0, most_boxes = 0;  // pictures with as many boxes as the cap; the most in one
  int overlapping = 0;             // surviving pairs of one class above the overlap threshold
  int unlike_reference_nms = 0;    // boxes more or less than the reference suppression keeps

  // Classifiers, and maps of classes.
  ClassObservation classes, reference_classes;
  double points = 0, points_agree = 0;               // pixels; those of float's class
  std::map<int64_t, double> areas, reference_areas;  // pixels by class
};

class Observer {
 public:
  // `names`: of the outputs, for what is said of them.
  Observer(artifact::DecodeContract decode, artifact::IoContract io, std::vector<std::string> names,
           const Gate& gate);

  Status Add(const SampleOutputs& sample);
  [[nodiscard]] const Observations& observations() const { return seen_; }

 private:
  void AddOutputs(const SampleOutputs& sample);
  Status AddDetections(const SampleOutputs& sample);
  Status AddClasses(const SampleOutputs& sample);
  void AddPoints(const SampleOutputs& sample);
  void AddBoxes(const std::vector<vision::Detection>& candidates, const SampleOutputs& sample,
                const std::vector<vision::Detection>& boxes);

  artifact::DecodeContract decode_;
  artifact::IoContract io_;
  Gate gate_;
  Observations seen_;
};

}  // namespace plumb::verify
