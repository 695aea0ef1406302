// Parts of a program run by themselves on the values that the reference's network has there: which stretch of the program makes
// the difference, and how well one layer does alone.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "plumb/verify/diagnose/diagnosis_case.h"
#include "plumb/verify/diagnose/program_part.h"

namespace plumb::verify {

class PartialRuns {
 public:
  // `values`: the reference's, by name, on the case's probe.
  PartialRuns(Case& c, const artifact::Program& subject,
              const std::map<std::string, std::vector<float>>& values)
      : c_(c), subject_(subject), values_(&values) {}

  // Whether the tensor holds a value that the reference has too.
  [[nodiscard]] bool Known(const artifact::Program& program, int32_t t) const;
  // First and last record of the segment that makes the difference, by two bisections.
  [[nodiscard]] Result<std::pair<size_t, size_t>> Segment();
  // What the block makes of the reference's values: real numbers, and their noise over the variance.
  [[nodiscard]] Result<double> Alone(const artifact::Program& program, const Block& block,
                                     std::vector<float>* made) const;
  [[nodiscard]] int runs() const { return runs_; }

 private:
  // The program from record `cut` on, on the reference's values of everything made before.
  [[nodiscard]] Result<double> DifferenceFrom(size_t cut);
  [[nodiscard]] bool CanCut(size_t cut) const;
  [[nodiscard]] Tensor ValueOf(const artifact::Program& program, int32_t t) const;

  Case& c_;
  const artifact::Program& subject_;
  const std::map<std::string, std::vector<float>>* values_;
  int runs_ = 0;
};

}  // namespace plumb::verify
