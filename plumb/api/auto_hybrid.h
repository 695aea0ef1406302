// --auto-hybrid: which layers get 16 bits, by what they cost at the end of the network.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "plumb/base/status.h"
#include "plumb/base/tensor.h"
#include "plumb/compile/compile.h"
#include "plumb/quant/quantize.h"

namespace plumb {

// How good the hybrid network has to be, against the float one. Measured where the integers end: at the heads, which only
// float arithmetic reads (of a detector: before boxes and scores are made of them), or at the outputs where there are none.
struct AutoHybridTarget {
  enum class Measure {
    kSqnr,  // -10 log10 of the mean of their relative error powers |b - a|^2 / |a|^2 is at least `value` dB
    kCosine,  // the least of their cosines is at least `value`
    // Layers that are off by themselves get 16 bits, however the network ends (RKNN's auto_hybrid): those whose own cosine,
    // alone, is below `layer_cosine`, and those whose Euclidean distance, alone, is above `layer_euclidean`.
    kLayers,
  };
  Measure measure = Measure::kSqnr;
  double value = 0;
  std::optional<double> layer_cosine, layer_euclidean;
};
// "sqnr=35", "cosine=0.999", "layer-cosine=0.98", "layer-euclidean=2.5", "layer-cosine=0.98,layer-euclidean=2.5".
[[nodiscard]] Result<AutoHybridTarget> AutoHybridTargetFromText(const std::string& text);
[[nodiscard]] std::string AutoHybridTargetText(const AutoHybridTarget& target);

// A point of the curve of error against cost.
struct HybridPoint {
  std::vector<std::string>
      layers;        // promoted here, on top of those before; none: the network as it was
  double share = 0;  // of the errors that all layers make alone, that of these
  double sqnr = 0;   // as the target has them
  double cosine = 0;
  int64_t macs_16 = 0,
          macs = 0;   // products on 16 bits, and all that are computed on integers; a run
  int64_t bytes = 0;  // of weights, biases and tables
};

struct AutoHybrid {
  std::string target;  // empty: was not asked for
  bool met = false;
  size_t layers = 0;  // that could be promoted
  std::vector<HybridPoint> curve;
};

struct AutoHybridRequest {
  AutoHybridTarget target;
  const ir::Graph* graph = nullptr;            // canonical
  const compile::NamedStats* stats = nullptr;  // of its values, all of them
  compile::CompileOptions options;
  std::span<const std::vector<Tensor>> samples;  // inputs in port order
  std::function<void(size_t done, size_t total)> progress;
};

// Each layer's error alone: with this layer in 8 bits and all others in 16, what is left at the heads or outputs. The layers
// are promoted to 16 bits in the order of that, largest first, and what comes of it is measured, until the target is met or
// no layer is left. `compiled` is the network as it is and becomes the hybrid one; the layers promoted are added to `hybrid`.
[[nodiscard]] Result<AutoHybrid> FindHybrid(const AutoHybridRequest& request,
                                            compile::Compiled& compiled,
                                            std::map<std::string, quant::LayerType>& hybrid);

}  // namespace plumb
