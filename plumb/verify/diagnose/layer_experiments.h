// The search for the layers to blame: by bisection over cuts, then each layer alone, then layers of the model's own in the
// place of the subject's.
#pragma once

#include <string>
#include <vector>

#include "plumb/verify/diagnose/hypothesis.h"
#include "plumb/verify/diagnose/layer_comparison.h"

namespace plumb::verify {

struct GuiltyLayer {
  std::string name;  // of the tensor it makes
  std::string op;
  double error = 0,
         expected = 0;  // noise over variance of the layer alone; of the model's in its place
  LayerFault fault;     // cause empty: nothing exact is known
};

struct LayerStudy {
  std::string problem;              // why nothing could be searched; else empty
  std::vector<GuiltyLayer> stated;  // exact contradictions, in execution order
  std::vector<Explanation> parameters, operators, rounding;
  std::string evidence;  // of a search without a result
};

// Whether all layers lean alike, of the same search.
[[nodiscard]] Result<HypothesisResult> RoundingOf(Case& c, const CasePaths& paths);

}  // namespace plumb::verify
