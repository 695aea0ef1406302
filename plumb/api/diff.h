// plumb diff: how two artifacts, or an artifact and a float model, differ, and which difference moves
// the result most.
#pragma once

#include <string>
#include <vector>

#include "plumb/api/model.h"
#include "plumb/api/progress.h"
#include "plumb/base/status.h"
#include "plumb/verify/program_diff.h"

namespace plumb {

struct DiffOptions {
  std::string a, b;   // .plumb, or a float model
  std::string data;   // pictures (folder, list, .npz) to measure on; empty: what a carries, else
                      // a drawn picture or seeded noise
  size_t limit = 4;   // samples of it
  size_t layers = 8;  // that are measured alone, those whose own result differs most
  int threads = 1;
  ModelOptions model_options;  // of the float models
  Progress progress;
};

// What a change does to the result, over all samples; the first artifact is the reference.
struct Effect {
  double sqnr = 0;         // dB, of the output that moves most; 200: not at all
  bool comparable = true;  // the outputs are; else sqnr is 0
  bool has_boxes = false;
  int boxes_a = 0, boxes_b = 0;
  int boxes_changed = 0;  // without a partner of the same class and half the area, on either side
  bool has_classes = false;
  int classes_changed = 0;  // samples whose first class is another
  [[nodiscard]] bool None() const {
    return sqnr >= 200 && boxes_changed == 0 && classes_changed == 0;
  }
  [[nodiscard]] std::string Text() const;
};

// One change alone: made in the first, everything else as the first has it.
struct AloneEffect {
  std::string
      what;  // "I/O contract: color rgb -> bgr", "layer 'conv_3': weights 12 of 864 elements"
  Effect effect;
  bool together = false;  // of several layers: no change of its own
};

struct DiffSection {
  std::string title;  // "recipe", "I/O contract", "passes", ...
  std::vector<std::string> lines;
};

struct DiffReport {
  bool same_file = false;    // byte for byte
  bool same_result = false;  // program and contracts are the same: only records about it differ
  std::string summary;       // one line: what differs
  std::string most;          // one line: which change moves the result most; empty: none measured
  std::vector<DiffSection> sections;  // only those with differences
  verify::ProgramDiff program;
  std::string measured_on;  // "4 pictures of 'val'"
  size_t samples = 0;
  Effect whole;                        // everything, each with its own contracts
  std::vector<AloneEffect> alone;      // by falling effect
  std::vector<std::string> not_alone;  // what could not be measured alone, and why
};

[[nodiscard]] Result<DiffReport> Diff(const DiffOptions& options);

}  // namespace plumb
