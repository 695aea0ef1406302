// Rung V3: the stated preprocessing against its alternatives, by what the network itself makes of real pictures.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "plumb/artifact/decode_contract.h"
#include "plumb/artifact/io_contract.h"
#include "plumb/artifact/program.h"
#include "plumb/base/picture.h"
#include "plumb/base/status.h"
#include "plumb/verify/range_fit.h"

namespace plumb::verify {

// One way to prepare pictures.
struct PreprocessAlternative {
  std::string
      code;  // of the finding, if it wins: "P1" channel order, "P2" mean and std, "P3" resize, "P4" border
  std::string name;     // "bgr", "mean 0 std 1", "stretch"; of the stated one: "as stated"
  std::string options;  // what convert must be told: "--color bgr"
  artifact::PictureInput input;
  // What the network makes of it.
  double quality = 0;      // see PreprocessReport::measure, a mean over the pictures
  double found = 0;        // detections a picture (detectors), or 1
  double sureness = 0;     // mean score of these, or of the first class
  double consistency = 0;  // share of these that the mirrored picture has too
  double gain = 0;         // quality above the stated one's, as a share of it
  double certainty = 0;    // mean gain over its standard error
  bool looked_at = false;  // measured, or at least tried on one picture
  bool better = false;     // clearly: by a tenth, and not by chance
  bool dominates = false;  // the network finds objects, where it finds none as stated
  RangeFit fit;  // of the activations to the calibrated ranges; of no tensors: not measured
};

struct PreprocessReport {
  std::string skipped;  // why the outputs were not measured; empty: they were
  std::string measure;  // what quality is, in words
  size_t pictures = 0;
  std::vector<PreprocessAlternative> alternatives;  // the stated one first
  size_t better = 0;  // index of the one that fits clearly better; 0: none
  size_t closer =
      0;  // index of the one whose ranges are clearly those that were calibrated; 0: none
};

struct PreprocessQuestion {
  std::shared_ptr<const artifact::Program> float_program;
  // Computes alternatives with the stated mean and std in integers, which costs less; null: all in float.
  std::shared_ptr<const artifact::Program> integer_program;
  const artifact::IoContract* io = nullptr;
  const artifact::DecodeContract* decode = nullptr;
  size_t pictures = 0;
  std::function<Result<Picture>(size_t)> picture;  // as read
  // Whose grids the activations are held against; null: that is left out. Grids that were made from these pictures, prepared
  // as stated, can say nothing against it.
  std::shared_ptr<const artifact::Program> ranges_program;
  // What may be spent: runs of the float network (one in integers counts a quarter), or as many as these multiply-adds
  // allow, whichever is more; both 0: no limit. Where that does not suffice for four pictures, each alternative is tried
  // on one, and what looks better is measured all the same.
  double runs = 0;
  int64_t macs = 0;
  int threads = 1;
  std::function<void(size_t done, size_t total)> progress;
};

// The stated one and what differs from it in one thing.
[[nodiscard]] std::vector<PreprocessAlternative> PreprocessAlternatives(
    const artifact::PictureInput& stated);

[[nodiscard]] Result<PreprocessReport> ScorePreprocessing(const PreprocessQuestion& question);

// The outputs' side of the report in one line. Requires that they were measured.
[[nodiscard]] std::string DescribePreprocessing(const PreprocessReport& report);

}  // namespace plumb::verify
