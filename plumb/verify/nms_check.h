// How another program suppresses boxes: given our decoder's candidates and its boxes, which of the
// rules in use explains them. With equal tensors, what is left between two programs is this.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "plumb/artifact/decode_contract.h"
#include "plumb/vision/detection.h"

namespace plumb::verify {

enum class Suppression {
  kClassAware,     // a box suppresses weaker ones of its own class
  kClassAgnostic,  // and those of every class
  // Class after class, boxes by falling score; but whether a box has its turn is asked of the class
  // that stands at its place in the order of decoding, not of its own. It then suppresses every
  // weaker box, whatever its class. The C demos of RKNN's YOLOv5 did so up to 2.0.
  kUnsortedClasses,
};
[[nodiscard]] std::string_view SuppressionText(Suppression suppression);

struct NmsVariant {
  Suppression suppression = Suppression::kClassAware;
  float score = 0.25f;    // candidates have at least this
  float iou = 0.45f;      // the weaker of two goes above this
  bool plus_one = false;  // sides counted with one pixel more, as of whole pixels
  int cap = 0;            // the strongest so many; 0: all
  bool operator==(const NmsVariant&) const = default;
};
[[nodiscard]] std::string VariantText(const NmsVariant& variant);  // "class-aware, IoU 0.45, ..."

// Plumb's own: what the contract says.
[[nodiscard]] NmsVariant VariantOf(const artifact::DecodeContract& contract);

// Indices of the candidates kept, by falling score. `candidates`: in the decoder's order, which one
// of the rules depends on. Written plainly, to judge vision::Nms by.
[[nodiscard]] std::vector<size_t> Suppress(std::span<const vision::Detection> candidates,
                                           const NmsVariant& variant);

// One picture, all in pixels of the network's input: our candidates down to a low score (best class
// of each cell, decoder's order), and what the other program found.
struct PictureBoxes {
  std::vector<vision::Detection> candidates;
  std::vector<vision::Detection> theirs;
  // Where the picture ends: boxes are often cut off there before they are written down.
  float left = 0, top = 0, right = 0, bottom = 0;
};

struct NmsExplanation {
  int theirs = 0;              // boxes of the other program
  int located = 0;             // of these, candidates of ours: class, score and place agree
  bool tensors_agree = false;  // nearly all of them
  NmsVariant own, best;
  // Boxes kept, and boxes that only one of the two has.
  int own_kept = 0, own_differ = 0;
  int best_kept = 0, best_differ = 0;
  std::vector<Suppression> as_good;  // further ones that explain as much with the same thresholds
  bool same = false;                 // our own rule gives their boxes
  bool explained = false;            // the best rule does, nearly all of them
  std::string sentence;              // what a reader needs, with numbers
};

// When a box of theirs is one of ours: tensors of another quantization differ a little, and boxes
// are written down in whole pixels.
struct NmsTolerance {
  float score = 0.02f;
  float iou = 0.9f;
  float pixels = 1.5f;  // or every side within so many
};
[[nodiscard]] NmsExplanation ExplainSuppression(std::span<const PictureBoxes> pictures,
                                                const artifact::DecodeContract& contract,
                                                const NmsTolerance& tolerance);

}  // namespace plumb::verify
